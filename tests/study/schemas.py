"""A validator for the part of JSON Schema that the study's schema uses; a word it does not know is an error."""

from __future__ import annotations

import math
import re
from typing import Any

SILENT = {"title", "description", "default", "$schema", "$defs", "examples", "format", "discriminator"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "number": (int, float), "integer": (int,),
}  # fmt: skip


def faults(value: Any, schema: Any, root: dict[str, Any], at: str = "") -> list[str]:
    """What is wrong with a value, in words; none when it is valid."""
    if schema is True or schema == {}:
        return []
    if schema is False:
        return [f"{at}: not allowed"]
    found: list[str] = []
    for word, rule in schema.items():
        if word in SILENT:
            continue
        if word not in CHECKS:
            raise NotImplementedError(f"the validator does not know {word!r}")
        found += CHECKS[word](value, rule, schema, root, at)
    return found


def _type(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    names = [rule] if isinstance(rule, str) else rule
    fits = any(isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool)) for name in names)
    whole = "integer" in names and isinstance(value, float) and value.is_integer()
    return [] if fits or whole else [f"{at}: {value!r} is no {rule}"]


def _ref(value: Any, rule: str, schema: Any, root: Any, at: str) -> list[str]:
    node = root
    for part in rule.removeprefix("#/").split("/"):
        node = node[part]
    return faults(value, node, root, at)


def _some(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    results = [faults(value, one, root, at) for one in rule]
    return [] if any(not result for result in results) else [fault for result in results for fault in result]


def _one(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    results = [faults(value, one, root, at) for one in rule]
    fitting = sum(not result for result in results)
    if fitting > 1:
        return [f"{at}: fits {fitting} alternatives of one"]
    return [] if fitting == 1 else [fault for result in results for fault in result]


def _properties(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [
        fault for name, one in rule.items() if name in value for fault in faults(value[name], one, root, f"{at}.{name}")
    ]


def _patterns(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [
        fault
        for pattern, one in rule.items()
        for name, item in value.items()
        if re.search(pattern, name)
        for fault in faults(item, one, root, f"{at}.{name}")
    ]


def _additional(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    patterns = schema.get("patternProperties", {})
    rest = [
        name
        for name in value
        if name not in schema.get("properties", {}) and not any(re.search(pattern, name) for pattern in patterns)
    ]
    return [fault for name in rest for fault in faults(value[name], rule, root, f"{at}.{name}")]


def _names(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [fault for name in value for fault in faults(name, rule, root, f"{at}.{name}")]


def _items(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    if not isinstance(value, list):
        return []
    first = len(schema.get("prefixItems", []))
    return [fault for i, item in enumerate(value[first:], first) for fault in faults(item, rule, root, f"{at}[{i}]")]


def _prefix(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
    if not isinstance(value, list):
        return []
    return [
        fault
        for i, (item, one) in enumerate(zip(value, rule, strict=False))
        for fault in faults(item, one, root, f"{at}[{i}]")
    ]


def _number(test: Any) -> Any:
    def check(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            return []
        return [] if test(value, rule) else [f"{at}: {value!r} against {rule!r}"]

    return check


def _sized(kind: type, test: Any) -> Any:
    def check(value: Any, rule: Any, schema: Any, root: Any, at: str) -> list[str]:
        return [] if not isinstance(value, kind) or test(len(value), rule) else [f"{at}: {len(value)} against {rule}"]

    return check


CHECKS: dict[str, Any] = {
    "type": _type,
    "$ref": _ref,
    "anyOf": _some,
    "oneOf": _one,
    "properties": _properties,
    "patternProperties": _patterns,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "items": _items,
    "prefixItems": _prefix,
    "required": lambda v, r, s, root, at: [f"{at}: lacks {n!r}" for n in r if isinstance(v, dict) and n not in v],
    "enum": lambda v, r, s, root, at: [] if v in r else [f"{at}: {v!r} is none of {r}"],
    "const": lambda v, r, s, root, at: [] if v == r else [f"{at}: {v!r} is not {r!r}"],
    "pattern": lambda v, r, s, root, at: (
        [f"{at}: {v!r} does not match {r}"] if isinstance(v, str) and not re.search(r, v) else []
    ),
    "minimum": _number(lambda value, bound: value >= bound),
    "maximum": _number(lambda value, bound: value <= bound),
    "exclusiveMinimum": _number(lambda value, bound: value > bound),
    "minLength": _sized(str, lambda length, bound: length >= bound),
    "minItems": _sized(list, lambda length, bound: length >= bound),
    "maxItems": _sized(list, lambda length, bound: length <= bound),
    "minProperties": _sized(dict, lambda length, bound: length >= bound),
    "maxProperties": _sized(dict, lambda length, bound: length <= bound),
}
