"""What commands work in: the cache, the cluster, progress on the screen, and the figures at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from flexsite.availability.cluster import Cluster
    from flexsite.cache import Cache
    from flexsite.outputs.result import Result


def overrides(assignments: list[str] | None) -> dict[str, object]:
    """Keys and values of `--set`."""
    from flexsite.study.overrides import parse_assignment

    return dict(parse_assignment(text) for text in assignments or [])


@contextmanager
def memory(nothing: bool, shared: Path | None = None) -> Iterator[Cache | None]:
    """The cache of this user, trimmed to its limit at the end; None for a run that keeps nothing.

    Parameters
    ----------
    shared
        Results of a run that keeps nothing but works on a cluster: its cache stands beside them, for this run only.
    """
    if nothing and shared is not None:
        from flexsite.outputs.storing import cache_beside

        with cache_beside(shared) as cache:
            yield cache
        return
    if nothing:
        yield None
        return
    from flexsite.cache import Cache

    with Cache.default() as cache:
        yield cache
        cache.finish()
        cache.tell(lambda _, text: typer.echo(f"warning: {text}", err=True))


@contextmanager
def hands(scheduler: str | None, workers: int | None) -> Iterator[Cluster | None]:
    """The cluster that deals with tiles, reached before anything is read; None for threads."""
    if scheduler is None:
        yield None
        return
    from flexsite.availability.cluster import reached

    with reached(scheduler, workers) as cluster:
        yield cluster


@contextmanager
def stoppable(*, keeps: bool) -> Iterator[None]:
    """Let Ctrl-C end a run with a message and the exit code that shells expect."""
    try:
        yield
    except KeyboardInterrupt:
        kept = "finished tiles are kept: the same command with --resume goes on" if keeps else "nothing is kept"
        typer.echo(f"stopped; {kept}", err=True)
        raise typer.Exit(130) from None


@contextmanager
def progress(quiet: bool, steps: int | None = None) -> Iterator[Callable[[str], None]]:
    """Tell the steps on stderr, with a bar on a terminal; elsewhere only why nothing seems to happen."""
    if quiet:
        yield lambda _: None
        return
    from flexsite.kernel.compiling import announced

    if not sys.stderr.isatty():
        with announced(lambda text: typer.echo(text, err=True)):
            yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<32}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading the study", total=steps)
        with announced(progress.print):
            yield lambda step: progress.update(task, description=step, advance=1)


def report(result: Result, folder: Path) -> None:
    """Counts on stdout: what there is per profile, never one number alone."""
    for warning in result.warnings:
        typer.echo(f"warning: {warning}", err=True)
    from flexsite.availability.projects import TABLE as KNOWN_PROJECTS
    from flexsite.availability.projects import summary
    from flexsite.outputs.owners import owners_lines
    from flexsite.standing import things as noun

    things = noun(result.study)
    hectares = result.sites["area_m2"].sum() / 1e4
    typer.echo(f"{len(result.sites)} {things} available, {hectares:,.2f} ha")
    last = result.waterfall[(result.waterfall["variant"] == "base") & (result.waterfall["stage"] == "suitability")]
    for profile in result.study.profiles:
        row = last[last["profile"] == profile.id].iloc[-1]
        area = profile.unit.floor_area
        floor = "floor area not given" if area is None else f"{row['homes'] * area:,.0f} m2 of floor"
        suitable = f"{row['sites']} {things} suitable, {row['area_ha']:,.2f} ha"
        typer.echo(f"  {profile.id}: {suitable}, {row['homes']:,} homes, {floor}")
    if "owners" in result.tables:
        for line in owners_lines(result.tables["owners"], things):
            typer.echo(line)
    if KNOWN_PROJECTS in result.tables:
        planned = summary(result.tables[KNOWN_PROJECTS])
        unsaid = f", of which {planned['without_homes']} do not say how many" if planned["without_homes"] else ""
        typer.echo(f"already planned as flex: {planned['homes']:,} homes in {planned['projects']} projects{unsaid}")
    if result.assumed_complete:
        typer.echo(f"assumed complete: {', '.join(result.assumed_complete)}")
    typer.echo(str(folder / "map.html" if (folder / "map.html").is_file() else folder))
