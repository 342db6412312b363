"""`flexsite rules`: what the rule library holds, rule by rule, and the permits."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flexsite.cli.application import app
from flexsite.errors import InputError

if TYPE_CHECKING:
    from flexsite.study.library import Bundle, Row

_HEAD = ("id", "theme", "class", "effect", "role", "certainty")
_PERMITS = ("permit", "routes", "weeks", "extension", "objection", "appeal", "valid", "certainty")


@app.command()
def rules(
    id_: Annotated[str | None, typer.Argument(metavar="[ID]", help="a rule, such as nl/natura2000: all of it")] = None,
    theme: Annotated[str | None, typer.Option("--theme", help="only rules of a theme, such as water")] = None,
    province: Annotated[
        str | None,
        typer.Option("--province", help="only rules that hold in a province, such as nl-nh, as they are there"),
    ] = None,
    routes: Annotated[bool, typer.Option("--routes", help="the permits by permit route instead")] = False,
) -> None:
    """List the rules of the library, or show one of them; a study names them under 'rules'."""
    from flexsite.study.base import nearest
    from flexsite.study.library import PROVINCES, library

    if province is not None and province not in PROVINCES:
        remedy = nearest(province, list(PROVINCES))
        raise InputError(f"there is no province '{province}'", where="--province", remedy=remedy)
    if routes:
        _print_permits()
        return
    rows, bundles = library()
    if id_ is not None:
        if id_ in bundles:
            _print_bundle(bundles[id_], rows, province)
        elif id_ in rows:
            typer.echo(_described(rows[id_], province))
        else:
            near = nearest(id_, [*rows, *bundles])
            remedy = near if near.startswith("did you") else "`flexsite rules` lists what it has"
            raise InputError(f"the rule library has no '{id_}'", where="flexsite rules", remedy=remedy)
        return
    themes = sorted({row.theme for row in rows.values()})
    if theme is not None and theme not in themes:
        raise InputError(f"there is no theme '{theme}'", where="--theme", remedy=nearest(theme, themes))
    listed = [
        row for row in rows.values()
        if theme in {None, row.theme} and (province is None or row.province in {None, province})
    ]  # fmt: skip
    _print_table(_HEAD, [_cells(row, province) for row in listed])
    shown = {row.id for row in listed}
    together = [bundle for bundle in bundles.values() if shown.intersection(bundle.rows)]
    if together:
        typer.echo("\nseveral rules under one name:")
        for bundle in together:
            typer.echo(f"  {bundle.id}: {', '.join(bundle.rows)}")


def _cells(row: Row, province: str | None) -> list[str]:
    told = row.in_province(province)
    return [row.id, row.theme, str(told.get("class", "")), row.effect, row.role, str(told.get("certainty", ""))]


def _print_bundle(bundle: Bundle, rows: dict[str, Row], province: str | None) -> None:
    typer.echo(f"{bundle.id}: {bundle.label['en']} / {bundle.label['nl']}")
    _print_table(_HEAD, [_cells(rows[name], province) for name in bundle.rows])


def _described(row: Row, province: str | None) -> str:
    """All of a rule, and the source it cites."""
    from flexsite.study.library import sources

    told = dict(row.in_province(province))
    label = told.pop("label")
    lines = [row.id, f"  {label['en']} / {label['nl']}", f"  theme: {row.theme}", f"  effect: {row.effect}"]
    if row.province:
        lines.append(f"  only in: {row.province}")
    lines.append(f"  role: {row.role}: {row.holds}")
    lines += [f"    column {name}: {meaning}" for name, meaning in row.columns.items()]
    lines += [f"  {key}: {_text(value)}" for key, value in {**row.measure, **told}.items()]
    lines += [f"  in {where}: {_text(changes)}" for where, changes in row.by_province.items()]
    source = sources().get(str(told.get("source")), {})
    if source:
        year = f", {source['year']}" if source.get("year") else ""
        read = "" if source.get("seen", True) else " (not read by us)"
        lines += [
            "",
            f"  {source['title']}",
            f"  {source['publisher']}{year}{read}",
            f"  supports: {source['supports']}",
        ]
    lines += ["", f"  in a study:  rules: [{row.id}]", f"               layers: {{{row.role}: ...}}"]
    return "\n".join(lines)


def _print_permits() -> None:
    from datetime import date

    from flexsite.study.permits import permits

    table = []
    for permit in permits():
        valid = f"from {permit.valid_from}" if permit.valid_from != date.min else f"until {permit.valid_until}"
        weeks = "years" if permit.weeks is None else str(permit.weeks)
        numbers = [weeks, _text(permit.extension), _text(permit.objection), _text(permit.appeal)]
        table.append([permit.id, " ".join(permit.routes), *numbers, valid, str(permit.certainty)])
    _print_table(_PERMITS, table)


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table with borders on a terminal, in plain columns elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        table = Table(*head)
        for row in rows:
            table.add_row(*row)
        Console().print(table)
        return
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
    for row in [head, *rows]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _text(value: Any) -> str:
    """A value as a study would write it, on one line."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(one) for one in value) + "]"
    return " ".join(str(value).split())
