"""The command line: thin, it loads, runs and writes."""

from __future__ import annotations

import gc
import sys

import typer

from flexsite.cli import threads  # noqa: F401 isort: skip  before anything loads numpy

# Each adds its commands, and the help lists them in this order.
from flexsite.cli import running, looking, reporting, ruling, beginning, caching  # noqa: F401 isort: skip
from flexsite.cli.application import app
from flexsite.errors import FlexsiteError, InputError, InputErrors


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


__all__ = ["app", "main"]
