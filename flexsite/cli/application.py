"""The application to which the commands belong, and the options that several of them share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flexsite import __version__

app = typer.Typer(
    help="Where can temporary homes go, for whom, how many, for how long, on whose land, and why not elsewhere?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

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
