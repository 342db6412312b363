"""`flexsite run` and `flexsite demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flexsite.cli.application import NoCacheOption, OutOption, QuietOption, SetOption, app
from flexsite.cli.surroundings import hands, memory, overrides, progress, report, stoppable
from flexsite.errors import InputError


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
    loaded = load(study, overrides(set_))
    folder = out or Path(slug(loaded.name))
    refuse_foreign(folder)
    refuse_unbuilt(loaded)
    shared = folder if scheduler and no_cache else None
    with (
        stoppable(keeps=not no_cache),
        memory(no_cache, shared) as cache,
        hands(scheduler, workers) as cluster,
        progress(quiet, step_count(loaded)) as told,
    ):
        result = run_study(loaded, progress=told, crew=Crew(workers, cache, cluster))
        told("outputs")
        with stored(folder) as stage:
            write_into(result, stage)
    if resume:
        typer.echo(f"{result.timings['tiles_kept']:.0f} of {result.timings['tiles']:.0f} tiles were ready", err=True)
    report(result, folder)


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

    with progress(quiet) as told, stored(out) as stage:
        told("the invented region")
        result = run_study(load(write_region(stage)), progress=told)
        told("outputs")
        write_into(result, stage)
    report(result, out)
