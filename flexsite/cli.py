"""The command line: thin, it loads, runs and writes."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flexsite import __version__
from flexsite.errors import FlexsiteError, InputError, InputErrors

if TYPE_CHECKING:
    from flexsite.availability.cluster import Cluster
    from flexsite.cache import Cache
    from flexsite.outputs.result import Result

app = typer.Typer(
    help="Where can temporary homes go, for whom, how many, for how long, on whose land, and why not elsewhere?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

cache_app = typer.Typer(rich_markup_mode=None)
app.add_typer(cache_app, name="cache")

OutOption = Annotated[Path | None, typer.Option("--out", help="folder for the results")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="change one value: key=value, such as term=10")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="threads; default: all cores")]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="compute everything anew and keep nothing")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="no progress on the screen")]


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="print the version and stop")] = False,
) -> None:
    if version:
        typer.echo(f"flexsite {__version__}")
        raise typer.Exit


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="study file (YAML)")],
    out: OutOption = None,
    set_: SetOption = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="threads, or processes of '--scheduler local'; default: all cores"),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="address of a Dask scheduler, or 'local' for processes here")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with a run that was stopped")] = False,
    no_cache: NoCacheOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run a study and write its outputs."""
    from flexsite.availability.work import Crew
    from flexsite.outputs.folder import refuse_foreign, slug
    from flexsite.outputs.storing import stored
    from flexsite.outputs.writing import refuse_unbuilt, write_into
    from flexsite.pipeline import run as run_study
    from flexsite.pipeline import step_count
    from flexsite.study.loading import load

    if resume and no_cache:
        raise InputError(
            "a run that keeps nothing cannot be gone on with", where="--resume", remedy="leave out --no-cache"
        )
    loaded = load(study, _overrides(set_))
    folder = out or Path(slug(loaded.name))
    refuse_foreign(folder)
    refuse_unbuilt(loaded)
    shared = folder if scheduler and no_cache else None
    with (
        _stoppable(keeps=not no_cache),
        _memory(no_cache, shared) as cache,
        _hands(scheduler, workers) as hands,
        _progress(quiet, step_count(loaded)) as told,
    ):
        result = run_study(loaded, progress=told, crew=Crew(workers, cache, hands))
        told("outputs")
        with stored(folder) as stage:
            write_into(result, stage)
    if resume:
        typer.echo(f"{result.timings['tiles_kept']:.0f} of {result.timings['tiles']:.0f} tiles were ready", err=True)
    _report(result, folder)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="folder for the results")] = Path("flexsite-demo"),
    quiet: QuietOption = False,
) -> None:
    """Run the embedded invented region, end to end."""
    from flexsite.demo import write as write_region
    from flexsite.outputs.storing import stored
    from flexsite.outputs.writing import write_into
    from flexsite.pipeline import run as run_study
    from flexsite.study.loading import load

    with _progress(quiet) as told, stored(out) as stage:
        told("the invented region")
        result = run_study(load(write_region(stage)), progress=told)
        told("outputs")
        write_into(result, stage)
    _report(result, out)


@app.command()
def check(study: Annotated[Path, typer.Argument(help="study file (YAML)")], set_: SetOption = None) -> None:
    """Report every problem in a study and its data, without running it."""
    from flexsite.checking import check as check_study

    problems, remarks = check_study(study, _overrides(set_))
    for remark in remarks:
        typer.echo(f"note: {remark}")
    if problems:
        raise InputErrors(problems)
    typer.echo(f"{study.name}: no problems found")


@app.command()
def screen(
    plots: Annotated[Path, typer.Argument(help="file with the plots (polygons)")],
    study: Annotated[Path, typer.Option("--study", help="study file (YAML)")],
    out: OutOption = None,
    id_: Annotated[str | None, typer.Option("--id", help="column with the id of a plot")] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="layer in the file with plots")] = None,
    set_: SetOption = None,
    workers: WorkersOption = None,
    no_cache: NoCacheOption = False,
    quiet: QuietOption = False,
) -> None:
    """Screen a list of plots: each rule's verdict, reasons, measures and ranks."""
    from flexsite.availability.work import Crew
    from flexsite.outputs.folder import refuse_foreign, slug
    from flexsite.pipeline import step_count
    from flexsite.screening import screen as screen_plots
    from flexsite.screening import write as write_screening
    from flexsite.study.loading import load

    loaded = load(study, _overrides(set_))
    folder = out or Path(f"{slug(loaded.name)}-screen")
    refuse_foreign(folder)
    with _memory(no_cache) as cache, _progress(quiet, step_count(loaded)) as told:
        crew = Crew(workers, cache)
        screening = screen_plots(plots, loaded, id_column=id_, layer=layer, progress=told, crew=crew)
        told("outputs")
        write_screening(screening, folder)
    for warning in screening.result.warnings:
        typer.echo(f"warning: {warning}", err=True)
    counts = screening.plots["verdict"].value_counts().sort_index()
    typer.echo(f"{len(screening.plots)} plots: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    typer.echo(str(folder))


@app.command()
def whatif(
    study: Annotated[Path, typer.Argument(help="study file (YAML)")],
    off: Annotated[list[str] | None, typer.Option("--off", help="id of a rule that does not act")] = None,
    order: Annotated[str | None, typer.Option("--order", help="ids of rules that come first, with commas")] = None,
    min_area: Annotated[float | None, typer.Option("--min-area", min=0, help="m2 that a candidate must keep")] = None,
    set_: SetOption = None,
    workers: WorkersOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Print the waterfall with rules off or in another order; the first time takes a while, then it is at once."""
    from flexsite.availability.work import Crew
    from flexsite.study.loading import load
    from flexsite.whatif import as_text, what_if

    loaded = load(study, _overrides(set_))
    with _memory(no_cache) as cache:
        found = what_if(loaded, Crew(workers, cache))
    names = None if order is None else [name.strip() for name in order.split(",")]
    typer.echo(as_text(found.rows(off=off or [], order=names, min_area=min_area)))


@app.command()
def preview(
    study: Annotated[Path, typer.Argument(help="study file (YAML)")],
    cell: Annotated[float, typer.Option("--cell", help="side of the cells in metres")] = 10.0,
    centres: Annotated[bool, typer.Option("--centres", help="whole cells by their centres, not exact shares")] = False,
    exact: Annotated[bool, typer.Option("--exact", help="also run exactly, and report the difference")] = False,
    out: OutOption = None,
    set_: SetOption = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="threads; default: all cores")] = None,
    quiet: QuietOption = False,
) -> None:
    """Look quickly at what the rules leave of the cells of a grid; cells are not locations."""
    from flexsite.outputs.folder import PREVIEW_RECORD, refuse_foreign, slug
    from flexsite.preview.looking import preview as look
    from flexsite.preview.looking import story
    from flexsite.study.loading import load

    loaded = load(study, _overrides(set_))
    folder = out or Path(f"{slug(loaded.name)}-preview")
    refuse_foreign(folder, PREVIEW_RECORD)
    with _progress(quiet, len(loaded.rules) + 4) as told:
        way: Literal["shares", "centres"] = "centres" if centres else "shares"
        found = look(loaded, folder, cell=cell, way=way, exact=exact, progress=told, workers=workers)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(story(found))
    typer.echo(str(folder))


@app.command()
def schema() -> None:
    """Print the JSON Schema of the study format."""
    from flexsite.study.schema import study_schema

    typer.echo(json.dumps(study_schema(), indent=2, ensure_ascii=False))


@app.command()
def init(
    template: Annotated[str, typer.Argument(help="which study to start from")] = "study",
    out: Annotated[Path | None, typer.Option("--out", help="file to write; default: print")] = None,
) -> None:
    """Print (or write) a commented study to start from."""
    from flexsite.study.templates import template_text

    text = template_text(template)
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise InputError("there is a file already", where=f"--out {out}", remedy="choose another name")
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", where=f"--out {out}") from error
    typer.echo(str(out))


@cache_app.callback(invoke_without_command=True)
def _cache(context: typer.Context) -> None:
    """Show what the cache holds, or trim or clear it."""
    if context.invoked_subcommand is not None:
        return
    from flexsite.cache import Cache, size_text, table

    cache = Cache.default()
    lines = table(cache.entries())
    typer.echo("\n".join([str(cache.folder), *lines]))
    typer.echo(f"trimmed to {size_text(cache.limit)} after a run (FLEXSITE_CACHE_LIMIT)")


@cache_app.command("trim")
def cache_trim(
    size: Annotated[str | None, typer.Argument(help="what may stay, such as 5GB; default: the limit")] = None,
) -> None:
    """Remove what was not used for longest, until the rest fits."""
    from flexsite.cache import Cache, size_from

    cache = Cache.default()
    removed = cache.trim(cache.limit if size is None else size_from(size, where="flexsite cache trim"))
    typer.echo(str(removed))


@cache_app.command("clear")
def cache_clear() -> None:
    """Remove everything that no running process uses."""
    from flexsite.cache import Cache

    typer.echo(str(Cache.default().clear()))


def main() -> None:
    """Entry point: 0 done, 2 the user's input is wrong, 1 our fault."""
    try:
        app(standalone_mode=True)
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except InputErrors as several:
        for one in several.errors:
            typer.echo(f"error: {one}", err=True)
        sys.exit(2)
    except FlexsiteError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    finally:
        gc.freeze()  # Python looks for garbage as it ends: four tenths of a second, for memory that goes anyway


def _overrides(assignments: list[str] | None) -> dict[str, object]:
    from flexsite.study.overrides import parse_assignment

    return dict(parse_assignment(text) for text in assignments or [])


@contextmanager
def _memory(nothing: bool, shared: Path | None = None) -> Iterator[Cache | None]:
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
def _hands(scheduler: str | None, workers: int | None) -> Iterator[Cluster | None]:
    """The cluster that deals with tiles, reached before anything is read; None for threads."""
    if scheduler is None:
        yield None
        return
    from flexsite.availability.cluster import reached

    with reached(scheduler, workers) as cluster:
        yield cluster


@contextmanager
def _stoppable(*, keeps: bool) -> Iterator[None]:
    """Let Ctrl-C end a run with a message and the exit code that shells expect."""
    try:
        yield
    except KeyboardInterrupt:
        kept = "finished tiles are kept: the same command with --resume goes on" if keeps else "nothing is kept"
        typer.echo(f"stopped; {kept}", err=True)
        raise typer.Exit(130) from None


@contextmanager
def _progress(quiet: bool, steps: int | None = None) -> Iterator[Callable[[str], None]]:
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


def _report(result: Result, folder: Path) -> None:
    """Counts on stdout: what there is per profile, never one number alone."""
    for warning in result.warnings:
        typer.echo(f"warning: {warning}", err=True)
    from flexsite.pipeline import things as noun

    things = noun(result.study)
    hectares = result.sites["area_m2"].sum() / 1e4
    typer.echo(f"{len(result.sites)} {things} available, {hectares:,.2f} ha")
    last = result.waterfall[(result.waterfall["variant"] == "base") & (result.waterfall["stage"] == "suitability")]
    for profile in result.study.profiles:
        row = last[last["profile"] == profile.id].iloc[-1]
        typer.echo(
            f"  {profile.id}: {row['sites']} {things} suitable, {row['area_ha']:,.2f} ha, {row['homes']:,} homes"
        )
    if result.assumed_complete:
        typer.echo(f"assumed complete: {', '.join(result.assumed_complete)}")
    typer.echo(str(folder / "map.html" if (folder / "map.html").is_file() else folder))
