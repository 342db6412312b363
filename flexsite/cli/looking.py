"""Commands that look at a study without running it whole, or with other eyes: check, screen, whatif, preview."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from flexsite.cli.application import NoCacheOption, OutOption, QuietOption, SetOption, WorkersOption, app
from flexsite.cli.surroundings import memory, overrides, progress
from flexsite.errors import InputErrors


@app.command()
def check(study: Annotated[Path, typer.Argument(help="study file (YAML)")], set_: SetOption = None) -> None:
    """Report every problem in a study and its data, without running it."""
    from flexsite.checking import check as check_study

    problems, remarks = check_study(study, overrides(set_))
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

    loaded = load(study, overrides(set_))
    folder = out or Path(f"{slug(loaded.name)}-screen")
    refuse_foreign(folder)
    with memory(no_cache) as cache, progress(quiet, step_count(loaded, alone=True)) as told:
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
    from flexsite.outputs.not_tested import untested_text
    from flexsite.study.loading import load
    from flexsite.whatif import as_text, what_if

    loaded = load(study, overrides(set_))
    with memory(no_cache) as cache:
        found = what_if(loaded, Crew(workers, cache))
    if text := untested_text(loaded):
        typer.echo(f"warning: {text}", err=True)
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

    loaded = load(study, overrides(set_))
    folder = out or Path(f"{slug(loaded.name)}-preview")
    refuse_foreign(folder, PREVIEW_RECORD)
    with progress(quiet, len(loaded.rules) + 4) as told:
        way: Literal["shares", "centres"] = "centres" if centres else "shares"
        found = look(loaded, folder, cell=cell, way=way, exact=exact, progress=told, workers=workers)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(story(found))
    typer.echo(str(folder))
