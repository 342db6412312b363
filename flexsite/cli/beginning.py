"""Commands to begin with: the schema of the study format, and a study to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from flexsite.cli.application import app
from flexsite.errors import InputError


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
