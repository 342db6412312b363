"""`flexsite report`: the report of a finished run again, or a page for each of some sites, from its folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flexsite.cli.application import app
from flexsite.errors import InputError


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="folder of a finished run")],
    site: Annotated[
        list[str] | None, typer.Option("--site", help="id of a site: a page about it; may be given again")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="file to write; default: report.html, or sheets.html, in the folder")
    ] = None,
) -> None:
    """Write the report of a run again, or sheets of its sites; only the folder is read."""
    from flexsite.outputs.report import facts_in, report_page, sheets_page

    target = out or run / ("sheets.html" if site else "report.html")
    if target.is_dir():
        raise InputError("this is a folder, not a file", where=f"--out {target}", remedy="give the name of a file")
    facts = facts_in(run)
    for name in facts.lacking:
        typer.echo(f"note: the run has no {name}, so the small maps go without", err=True)
    page = sheets_page(facts, site) if site else report_page(facts)
    try:
        target.write_bytes(page.encode("utf-8"))
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", where=f"--out {target}") from error
    typer.echo(str(target))
