"""Changing single values of a study: `--set`, variants."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from flexsite.errors import InputError
from flexsite.study.base import nearest
from flexsite.study.yaml_source import parse


def parse_assignment(text: str) -> tuple[str, Any]:
    """Key and value of `--set key=value`; the value is read as YAML.

    Examples
    --------
    >>> parse_assignment("rules.built.buffer=10")
    ('rules.built.buffer', 10)
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise InputError(f"'{text}' is no assignment", where="--set", remedy="write key=value, such as term=10")
    return key.strip(), parse(value, Path("--set")).data


def apply(tree: Mapping[str, Any], overrides: Mapping[str, Any], *, place: str) -> dict[str, Any]:
    """A copy of the tree with values set; items of lists go by their id, and `null` removes a key.

    Raises
    ------
    InputError
        A key leads nowhere; the message names the nearest right one.
    """
    result: dict[str, Any] = copy.deepcopy(dict(tree))
    for key, value in overrides.items():
        parts = key.split(".")
        node: Any = result
        named = False
        for depth, part in enumerate(parts[:-1]):
            node = _step(node, part, ".".join(parts[: depth + 1]), place, named=named)
            named = part in _NAMED and not named
        _set(node, parts[-1], copy.deepcopy(value), key, place)
    return result


class Given(NamedTuple):
    """A value of the study, and the certainty of what it is part of, where that is said."""

    value: Any
    certainty: str | None


def given(tree: Mapping[str, Any], key: str, *, place: str) -> Given:
    """What stands under a key; the tree holds the defaults too, as `Study.resolved` gives it.

    Raises
    ------
    InputError
        There is nothing; the message names the nearest right key.

    Examples
    --------
    >>> rules = [{"id": "built", "buffer": 5, "certainty": "assumption"}]
    >>> given({"rules": rules}, "rules.built.buffer", place="study.yaml")
    Given(value=5, certainty='assumption')
    """
    node: Any = tree
    certainty: str | None = None
    parts = key.split(".")
    for depth, part in enumerate(parts):
        so_far = ".".join(parts[: depth + 1])
        if isinstance(node, list):
            node = node[_index(node, part, so_far, place)]
        elif not isinstance(node, dict):
            raise InputError(f"'{so_far}' leads into a single value", where=place, remedy="check the key")
        elif part not in node:
            raise InputError(f"there is no '{so_far}'", where=place, remedy=nearest(part, list(node)))
        else:
            node = node[part]
        if isinstance(node, dict) and isinstance(node.get("certainty"), str):
            certainty = node["certainty"]
    return Given(node, certainty)


_NAMED = frozenset({"layers", "columns", "requires", "criteria"})
"""Mappings whose keys are names of the study's own: one that is not there is a slip, not a default left out."""


def _step(node: Any, part: str, key: str, place: str, *, named: bool) -> Any:
    if isinstance(node, dict):
        if part not in node:
            if named:
                raise InputError(f"there is no '{key}'", where=place, remedy=nearest(part, list(node)))
            node[part] = {}  # a key left out has its default; the models refuse it when unknown
        child = node[part]
        if isinstance(child, str):  # a layer given by its path alone
            child = node[part] = {"path": child}
        return child
    if isinstance(node, list):
        return node[_index(node, part, key, place)]
    raise InputError(f"'{key}' leads into a single value", where=place, remedy="check the key")


def _set(node: Any, part: str, value: Any, key: str, place: str) -> None:
    if isinstance(node, list):
        index = _index(node, part, key, place)
        if value is None:
            del node[index]
        else:
            node[index] = value
    elif isinstance(node, dict):
        if value is None:
            if part not in node:
                raise InputError(f"there is no '{key}' to remove", where=place, remedy=nearest(part, list(node)))
            del node[part]
        else:
            node[part] = value
    else:
        raise InputError(f"'{key}' leads into a single value", where=place, remedy="check the key")


def _index(items: list[Any], part: str, key: str, place: str) -> int:
    ids = [str(item["id"]) if isinstance(item, dict) and "id" in item else str(i) for i, item in enumerate(items)]
    if part in ids:
        return ids.index(part)
    kinds = [item.get("kind") if isinstance(item, dict) else None for item in items]
    if kinds.count(part) == 1:  # candidates of further layers: their `id` is a column
        return kinds.index(part)
    raise InputError(f"there is no '{key}'", where=place, remedy=nearest(part, ids))
