"""Rules that a study names by the library: bound to its layers and written out in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flexsite.errors import InputError
from flexsite.study.base import nearest
from flexsite.study.library import SCORE, Row, library
from flexsite.study.rule import EFFECTS
from flexsite.study.yaml_source import Document, KeyPath


def expand(tree: dict[str, Any], document: Document) -> Document:
    """Write out the rules that a study names by the library; changes the tree.

    A rule whose layer the study lacks, or that is not for its province, stays as it is named, with an id of its own.

    Parameters
    ----------
    tree
        The study as plain values.
    document
        The file it was read from.

    Returns
    -------
    Document
        The same, with the lines where the rules now stand.

    Raises
    ------
    InputError
        The library has no such rule, the province is needed and not said, or several layers have the role.
    """
    listed = tree.get("rules")
    if not isinstance(listed, list) or not any(_is_named(entry) for entry in listed):
        return document
    rules: list[Any] = []
    measures: list[dict[str, Any]] = []
    origins: dict[str, list[int]] = {"rules": [], "measures": []}
    for index, entry in enumerate(listed):
        if not _is_named(entry):
            rules.append(entry)
            origins["rules"].append(index)
            continue
        for one, row in _named(entry, tree, document.place(("rules", index))):
            is_measure = row.effect == SCORE and "use" not in one
            (measures if is_measure else rules).append(one)
            origins["measures" if is_measure else "rules"].append(index)
    tree["rules"] = rules
    lines = _moved(document, origins["rules"])
    before = _measures(tree) if measures else []
    for place, (one, index) in enumerate(zip(measures, origins["measures"], strict=True), start=len(before)):
        before.append(one)
        lines["access", "measures", place] = document.lines.get(("rules", index), 1)
    return Document(document.path, document.data, lines)


def refuse_other_province(before: dict[str, Any], after: dict[str, Any], place: str) -> None:
    """Refuse another province for rules that were written out for the first. Raises InputError."""
    if before.get("province") == after.get("province"):
        return
    if any(isinstance(rule, dict) and ("library" in rule or "use" in rule) for rule in after.get("rules", [])):
        raise InputError(
            "rules of the library are written out for the province of the study, which a variant cannot change",
            where=place,
            remedy="make a study of its own for the other province",
        )


def set_apart(tree: dict[str, Any], document: Document) -> tuple[dict[str, Any], Document, dict[int, dict[str, Any]]]:
    """The tree without the rules that `expand` could not write out, its document, and those rules by position."""
    listed = tree.get("rules")
    rules: list[Any] = listed if isinstance(listed, list) else []
    waiting = {index: entry for index, entry in enumerate(rules) if _is_named(entry)}
    if not waiting:
        return tree, document, {}
    kept = [index for index in range(len(rules)) if index not in waiting]
    given = {**tree, "rules": [rules[index] for index in kept]}
    return given, Document(document.path, document.data, _moved(document, kept)), waiting


def _is_named(entry: Any) -> bool:
    """A word without a slash is no name in the library, but a rule gone wrong."""
    return (isinstance(entry, str) and "/" in entry) or (isinstance(entry, dict) and "use" in entry)


def _measures(tree: dict[str, Any]) -> list[Any]:
    """The measures of a tree, to add to."""
    access = tree.setdefault("access", {})
    measures = access.setdefault("measures", []) if isinstance(access, dict) else []
    return measures if isinstance(measures, list) else []


def _named(entry: Any, tree: dict[str, Any], place: str) -> Iterator[tuple[dict[str, Any], Row]]:
    """What an entry stands for, written out where it can be, and the rows of the library."""
    given = {"use": entry} if isinstance(entry, str) else dict(entry)
    name = given.pop("use")
    rows, bundles = library()
    if name not in rows and name not in bundles:
        near = nearest(str(name), [*rows, *bundles])
        remedy = near if near.startswith("did you") else "`flexsite rules` lists what it has"
        raise InputError(f"the rule library has no '{name}'", where=place, remedy=remedy)
    effects = [key for key in given if key in EFFECTS]
    if effects:
        raise InputError(
            f"the library says what '{name}' does: '{effects[0]}' cannot stand beside 'use'",
            where=place,
            remedy="name the layer with 'layer'",
        )
    if name in bundles and "id" in given:
        raise InputError(
            f"'{name}' stands for {len(bundles[name].rows)} rules, which cannot share one id",
            where=place,
            remedy=f"leave the id out, or name them one by one: {', '.join(bundles[name].rows)}",
        )
    for member in bundles[name].rows if name in bundles else (name,):
        yield _bound(rows[member], given, tree, place), rows[member]


def _bound(row: Row, given: dict[str, Any], tree: dict[str, Any], place: str) -> dict[str, Any]:
    """A row written out with its layer, or as it is named where it cannot be."""
    province = tree.get("province")
    if province is None and (row.province is not None or row.by_province):
        raise InputError(
            f"'{row.id}' is not the same in every province, and the study names none",
            where=place,
            remedy=f"add 'province: {row.province or next(iter(row.by_province))}', or that of the study",
        )
    changes = {key: value for key, value in given.items() if key != "layer"}
    waits = {"use": row.id, "id": row.rule_id, **changes}
    if row.province not in {None, province}:
        return waits
    layer = given.get("layer") or _layer_of(row, tree, place)
    if layer is None:
        return waits
    return row.written_out(layer, province, changes)


def _layer_of(row: Row, tree: dict[str, Any], place: str) -> str | None:
    """The layer with the role of a row, or else the one that is named like it."""
    layers = tree.get("layers")
    if not isinstance(layers, dict):
        return None
    roles = {name: layer.get("role") if isinstance(layer, dict) else None for name, layer in layers.items()}
    named = [str(name) for name, role in roles.items() if role == row.role]
    if len(named) > 1:
        raise InputError(
            f"{len(named)} layers have the role '{row.role}' that '{row.id}' needs: {', '.join(named)}",
            where=place,
            remedy=f"say which: {{use: {row.id}, layer: {named[0]}}}",
        )
    if named:
        return named[0]
    return row.role if row.role in roles and roles[row.role] is None else None


def _moved(document: Document, origins: list[int]) -> dict[KeyPath, int]:
    """The lines of a document whose rules now stand elsewhere; `origins`: for each the position it had."""
    lines: dict[KeyPath, int] = {
        path: line for path, line in document.lines.items() if path[:1] != ("rules",) or len(path) == 1
    }
    by_rule: dict[str | int, list[tuple[KeyPath, int]]] = {}
    for path, line in document.lines.items():
        if path[:1] == ("rules",) and len(path) > 1:
            by_rule.setdefault(path[1], []).append((path[2:], line))
    for now, before in enumerate(origins):
        for rest, line in by_rule.get(before, []):
            lines[("rules", now, *rest)] = line
    return lines


__all__ = ["expand", "refuse_other_province", "set_apart"]
