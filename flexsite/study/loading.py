"""From a study file to a `Study`, with messages that name the line."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from flexsite.errors import InputError, InputErrors
from flexsite.study.base import nearest
from flexsite.study.column import COLUMN_TAGS
from flexsite.study.expanding import expand, refuse_other_province, set_apart
from flexsite.study.inheriting import Origin, fill, refuse_late
from flexsite.study.kinds import fill_kinds
from flexsite.study.models import Study
from flexsite.study.overrides import apply
from flexsite.study.owners import fill_lead_times
from flexsite.study.rule import EFFECTS
from flexsite.study.untested import untested
from flexsite.study.yaml_source import Document, KeyPath, read

_UNION_TAGS = {
    *EFFECTS,
    "to",
    "count",
    "sum",
    "value",
    "share",
    "standard",
    "basket",
    "catchment",
    "character",
    "reach",
    "route",
    "field",
    "any",
    "test",
    *COLUMN_TAGS,
}


OF_SEVERAL_RUNS = ("variants", "sweep", "sensitivity")
"""Keys of a study that ask for it to be counted again with other values."""


def load(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Study:
    """Load and validate a study file.

    Parameters
    ----------
    path
        The study, a YAML file. Paths in it are taken from its folder.
    overrides
        Values to change, by key of the resolved study such as `profiles.starter.requires.supermarket.at_most`; items
        of lists go by their id.

    Returns
    -------
    Study

    Raises
    ------
    InputErrors
        The file is no study; every problem that can be seen without opening the data, each with its line.

    Examples
    --------
    >>> study = load("study.yaml", {"term": 10})  # doctest: +SKIP
    """
    path = Path(path)
    document = read(path)
    if not isinstance(document.data, dict):
        raise InputError("a study is a mapping of keys, such as 'flexsite: 1'", where=document.place())
    tree = copy.deepcopy(document.data)
    if overrides and "province" in overrides:  # rules of the library are written out for a province
        tree["province"] = overrides["province"]
    document = expand(tree, document)
    origins = fill(tree, document, written=True)
    kinds = fill_kinds(tree, document)
    fill_lead_times(tree)
    if overrides:
        refuse_late(overrides, document.path.name)
        tree = apply(tree, overrides, place=document.path.name)
        document = expand(tree, document)
        origins |= fill(tree, document, written=False)
        kinds |= fill_kinds(tree, document)
        fill_lead_times(tree)
    return resolve(tree, document, origins, kinds)


def vary(study: Study, overrides: Mapping[str, Any], *, place: str) -> Study:
    """The same study with some values changed, and alone; `place` names the change in messages."""
    own = {key: value for key, value in study.tree.items() if key not in OF_SEVERAL_RUNS}
    refuse_late(overrides, place)
    tree = apply({**own, "variants": {}}, overrides, place=place)
    refuse_other_province(study.tree, tree, place)
    document = expand(tree, Document(study.path, tree, {}))
    origins = fill(tree, document, written=False)
    fill_lead_times(tree)
    return resolve(tree, document, origins, fill_kinds(tree, document))


def resolve(
    tree: dict[str, Any], document: Document, origins: dict[int, Origin], kinds: dict[int, Document] | None = None
) -> Study:
    """Validate a resolved tree; document, origins of profiles and files of kinds give the lines. Raises InputErrors."""
    given, told, waiting = set_apart(tree, document)
    try:
        study = Study.model_validate(given, context={"folder": document.path.parent})
    except ValidationError as error:
        raise InputErrors([_explain(detail, given, told, origins, kinds or {}) for detail in error.errors()]) from None
    study._path = document.path
    study._tree = tree
    study._untested, study._elsewhere = untested(study, waiting, document)
    return study


def _explain(
    detail: ErrorDetails,
    tree: dict[str, Any],
    document: Document,
    origins: dict[int, Origin],
    kinds: dict[int, Document],
) -> InputError:
    """One clear sentence for one of pydantic's errors."""
    where = _key_path(detail["loc"], tree)
    if "at" in detail.get("ctx", {}):
        where = _from_names(str(detail["ctx"]["at"]), tree)
    if detail["type"] == "unknown_key":
        where = (*where, str(detail["ctx"]["key"]))
    place = document.place(where)
    if len(where) >= 2 and where[0] == "profiles" and isinstance(where[1], int) and where[1] in origins:
        place = origins[where[1]].place(where[2:])
    if len(where) >= 2 and where[0] == "kinds" and isinstance(where[1], int) and where[1] in kinds:
        place = kinds[where[1]].place(where[2:])
    words = ".".join(_name(tree, where[: i + 1]) for i in range(len(where)))
    place += f", {words}" if words else ""
    message, remedy = _message(detail)
    return InputError(message, where=place, remedy=remedy)


def _message(detail: ErrorDetails) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return "this key is required", "add it"
    if kind == "string_pattern_mismatch" and "[a-z]" in str(context.get("pattern")):
        return f"{detail['input']!r} is no valid id", "use lower case letters, digits and underscores, a letter first"
    if kind == "literal_error":
        expected = re.findall(r"'([^']*)'", str(context.get("expected", ""))) or [str(context.get("expected", ""))]
        return f"{detail['input']!r} is not one of the allowed values", nearest(str(detail["input"]), expected)
    if kind.startswith("date"):
        return f"{detail['input']!r} is no date", "write it as 2026-01-31"
    message, _, remedy = detail["msg"].partition("; ")
    message = message[0].lower() + message[1:]
    shown = detail["input"]
    if (
        isinstance(shown, str | int | float | bool | None)
        and not isinstance(detail.get("ctx", {}).get("value"), str)
        and ("should" in message)
    ):
        message += f", not {shown!r}"
    return message, remedy


def _key_path(loc: tuple[int | str, ...], tree: dict[str, Any]) -> KeyPath:
    """Pydantic's location without the tags of unions, as far as the tree knows it."""
    result: list[str | int] = []
    node: Any = tree
    tagged = -1  # a union has one tag; what follows may be a key of the same name
    for part in loc:
        if part == "[key]":
            continue
        if tagged != len(result) and _is_tag(part, result):
            tagged = len(result)
            continue
        if isinstance(node, dict) and part in node:
            node = node[str(part)]
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        elif isinstance(node, dict) and part == loc[-1]:
            node = None
        else:
            continue
        result.append(part)
    return tuple(result)


def _from_names(names: str, tree: dict[str, Any]) -> KeyPath:
    """A path of keys and ids, such as `rules.built.exclude`, as keys and positions."""
    result: list[str | int] = []
    node: Any = tree
    for name in names.split("."):
        part: str | int = name
        if isinstance(node, list):
            found = [i for i, item in enumerate(node) if isinstance(item, dict) and item.get("id") == name]
            if not found:
                break
            part = found[-1]
        elif not isinstance(node, dict) or name not in node:
            break
        result.append(part)
        node = node[part]
    return tuple(result)


def _is_tag(part: int | str, before: list[str | int]) -> bool:
    """Whether a part of pydantic's location names a member of a union instead of a key."""
    if part not in _UNION_TAGS or len(before) < 2:
        return False
    in_list = before[-2] in {"rules", "measures", "shown"} and isinstance(before[-1], int)
    return in_list or before[-2] in {"requires", "columns"}


def _name(tree: dict[str, Any], where: KeyPath) -> str:
    """A list item goes by its id, anything else by its key."""
    node: Any = tree
    for part in where[:-1]:
        node = node[int(part)] if isinstance(node, list) else (node or {}).get(part)
    last = where[-1]
    if isinstance(last, int) and isinstance(node, list) and last < len(node):
        item = node[last]
        return str(item["id"]) if isinstance(item, dict) and "id" in item else str(last)
    return str(last)
