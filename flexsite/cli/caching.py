"""`flexsite cache`: what is kept between runs."""

from __future__ import annotations

from typing import Annotated

import typer

from flexsite.cli.application import app

cache_app = typer.Typer(rich_markup_mode=None)
app.add_typer(cache_app, name="cache")


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
