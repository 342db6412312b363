"""YAML 1.2 core, read with the line of every key.

PyYAML's own loaders follow YAML 1.1, where `no` is false and `07:30` a number in base 60; here plain scalars get the
types of the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema) and nothing else. Tags that would
build objects are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from flexsite.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

KeyPath: TypeAlias = tuple[str | int, ...]

_NULL = re.compile(r"^(~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_INF = re.compile(r"^([-+]?)\.(inf|Inf|INF)$")
_NAN = re.compile(r"^\.(nan|NaN|NAN)$")
_TAG = "tag:yaml.org,2002:"
_UNTAGGED = "flexsite:untagged"
"""Tag of a plain scalar that has none, so that `!!str 12` stays text."""
_PLAIN_TAGS = {f"{_TAG}str", f"{_TAG}map", f"{_TAG}seq"}
_TYPES: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,), "null": (type(None),)}
_LONGEST_INTEGER = 300
"""Digits; no number of a study is longer, and Python refuses to convert text of thousands."""
_MAX_NODES = 200_000
"""Bound on nodes after aliases are followed: a study has hundreds, a bomb of nested aliases billions."""


class _Loader(yaml.SafeLoader):
    """A loader without YAML 1.1's implicit types: plain scalars stay text until the core schema types them."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  (the base class's own name)

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            return _UNTAGGED
        return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Document:
    """A YAML file: its data and, per key path, the line (1-based) where it stands."""

    path: Path
    data: Any
    lines: dict[KeyPath, int]

    def place(self, where: KeyPath = ()) -> str:
        """File name and line of a key path, or of its nearest parent that the file holds."""
        for length in range(len(where), -1, -1):
            if (line := self.lines.get(where[:length])) is not None:
                return f"{self.path.name}, line {line}"
        return self.path.name


def read(path: Path) -> Document:
    """Read one YAML file.

    Raises
    ------
    InputError
        The file is missing, is no UTF-8 text, is no YAML, holds a key twice, or asks for a Python object.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path), remedy="check the path") from None
    except IsADirectoryError:
        raise InputError("this is a folder, not a file", where=str(path), remedy="give the YAML file itself") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the file cannot be read as UTF-8 text ({error})", where=str(path)) from error
    return parse(text, path)


def parse(text: str, path: Path) -> Document:
    """Parse YAML text; `path` names it in messages. Raises as `read`."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"this is no YAML: {error.problem}", where=f"{path.name}{line}") from error
    except RecursionError:
        raise InputError("this is no study: its values are nested too deep", where=path.name) from None
    except yaml.YAMLError as error:
        raise InputError(f"this is no YAML: {str(error).splitlines()[0]}", where=path.name) from error
    lines: dict[KeyPath, int] = {}
    builder = _Builder(path, lines)
    data = builder.build(node, ()) if node is not None else None
    return Document(path, data, lines)


class _Builder:
    """Turns composed nodes into plain values and notes their lines."""

    def __init__(self, path: Path, lines: dict[KeyPath, int]) -> None:
        self.path = path
        self.lines = lines
        self.count = 0
        self.open: set[int] = set()

    def build(self, node: yaml.Node, where: KeyPath) -> Any:
        self.count += 1
        if self.count > _MAX_NODES or id(node) in self.open:
            raise InputError("aliases in this file repeat without end", where=self._at(node))
        if node.tag not in _PLAIN_TAGS and not isinstance(node, yaml.ScalarNode):
            raise InputError(f"the tag {node.tag!r} is not allowed", where=self._at(node), remedy="remove the tag")
        self.lines.setdefault(where, node.start_mark.line + 1)
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, where)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(child, (*where, i)) for i, child in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self.open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, where: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise InputError("a key must be a word", where=self._at(key_node))
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in first:
                raise InputError(
                    f"the key '{key}' stands here twice (first on line {first[key]})",
                    where=f"{self.path.name}, line {line}",
                    remedy="remove one of the two",
                )
            first[key] = line
            self.lines[(*where, key)] = line
            result[key] = self.build(value_node, (*where, key))
        return result

    def _scalar(self, node: yaml.Node) -> str | int | float | bool | None:
        text = str(node.value)
        if node.tag in _PLAIN_TAGS:
            return text
        value = core_value(text)
        if node.tag == _UNTAGGED:
            return value
        wanted = _TYPES.get(node.tag.removeprefix(_TAG))
        if wanted is None:
            raise InputError(f"the tag {node.tag!r} is not allowed", where=self._at(node), remedy="remove the tag")
        if type(value) not in wanted:
            raise InputError(
                f"{text!r} is no {node.tag.removeprefix(_TAG)}", where=self._at(node), remedy="remove the tag"
            )
        return float(value) if node.tag == f"{_TAG}float" and isinstance(value, int) else value

    def _at(self, node: yaml.Node) -> str:
        return f"{self.path.name}, line {node.start_mark.line + 1}"


def core_value(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar in the YAML 1.2 core schema.

    Examples
    --------
    >>> core_value("no"), core_value("0x10"), core_value("1e3"), core_value("2026-01-01"), core_value("~")
    ('no', 16, 1000.0, '2026-01-01', None)
    """
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text.lower() == "true"
    if _INT.match(text) and len(text) <= _LONGEST_INTEGER:
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FLOAT.match(text):
        return float(text)
    if match := _INF.match(text):
        return float(f"{match[1]}inf")
    return float("nan") if _NAN.match(text) else text
