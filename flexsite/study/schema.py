"""JSON Schema of the study format, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Any

from flexsite.study.models import Study
from flexsite.study.owners import BUILT_IN
from flexsite.study.rule import EFFECTS


def study_schema() -> dict[str, Any]:
    """The schema of a study file as written: profiles may be named, layers and streets given by their path alone."""
    schema = Study.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "flexsite study, format 1"
    definitions = schema["$defs"]
    for name in ("Layer", "StreetsSource", "Local"):
        definitions[f"{name}Mapping"] = definitions[name]
        definitions[name] = {"anyOf": [{"type": "string", "description": "path"}, {"$ref": f"#/$defs/{name}Mapping"}]}
    definitions["MatchMapping"] = definitions["Match"]
    values = definitions["Match"]["properties"]["in"]["anyOf"][0]
    definitions["Match"] = {"anyOf": [values, {"$ref": "#/$defs/MatchMapping"}]}
    rules = schema["properties"]["rules"]
    definitions["LibraryRule"] = _library_rule(definitions)
    rules["items"] = {"anyOf": [_LIBRARY_ID, {"$ref": "#/$defs/LibraryRule"}, rules["items"]]}
    profiles = schema["properties"]["profiles"]
    definitions["ProfileVariant"] = _variant(definitions["Profile"])
    profiles["items"] = {
        "anyOf": [
            {"type": "string", "description": "profile or flexmilieu, built in or the path of a file"},
            profiles["items"],
            {"$ref": "#/$defs/ProfileVariant"},
        ]
    }
    kinds = next(form for form in schema["properties"]["kinds"]["anyOf"] if form.get("type") == "array")
    definitions["KindVariant"] = _kind_variant(definitions["Kind"])
    kinds["items"] = {
        "anyOf": [
            {"type": "string", "description": "kind of sites, built in or the path of a file"},
            kinds["items"],
            {"$ref": "#/$defs/KindVariant"},
        ]
    }
    definitions["LeadTimesMapping"] = definitions["LeadTimes"]
    built_in = {"const": BUILT_IN, "description": "months that come with flexsite"}
    definitions["LeadTimes"] = {"anyOf": [built_in, {"$ref": "#/$defs/LeadTimesMapping"}]}
    definitions["ParameterMapping"] = definitions["Parameter"]
    number = {"type": "number", "minimum": 0, "description": "a number without a reason"}
    definitions["Parameter"] = {"anyOf": [number, {"$ref": "#/$defs/ParameterMapping"}]}
    listed = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    definitions["Test"]["properties"]["route"]["anyOf"] += [
        {**listed, "description": "routes that pass"},
        {"type": "object", "properties": {"in": listed}, "required": ["in"], "additionalProperties": False},
    ]
    for name, short in (("Steps", {"type": "array", "minItems": 1}), ("Range", {"type": "string", "minLength": 1})):
        definitions[f"{name}Mapping"] = definitions[name]
        definitions[name] = {"anyOf": [short, {"$ref": f"#/$defs/{name}Mapping"}]}
    _close(schema)
    return schema


_LIBRARY_ID = {
    "type": "string",
    "pattern": "^[a-z-]+/[a-z0-9_-]+$",
    "description": "a rule of the library, such as nl/natura2000; flexsite rules lists them",
}


def _library_rule(definitions: dict[str, Any]) -> dict[str, Any]:
    """A rule of the library with changes: any key of a rule but its effect, which the library gives."""
    models = [definitions[model.__name__] for model in EFFECTS.values()]
    keys: dict[str, Any] = {key: {} for model in models for key in model["properties"] if key not in EFFECTS}
    layer = {"type": "string", "description": "instead of the one with the role, or named like it"}
    return {
        "type": "object",
        "description": "a rule of the library with changes",
        "properties": {**keys, "use": _LIBRARY_ID, "layer": layer},
        "required": ["use"],
        "additionalProperties": False,
    }


def _variant(profile: dict[str, Any]) -> dict[str, Any]:
    """A profile that takes over the keys it leaves out: from the one that it extends, or from its groups."""
    told = {
        key: {"description": part["description"]}
        for key, part in profile["properties"].items()
        if "description" in part
    }
    return {
        "type": "object",
        "description": "a variant of another profile, or a flexmilieu: a bundle of groups",
        "properties": {
            **{key: told.get(key, {}) for key in profile["properties"]},
            "extends": {"type": "string", "minLength": 1},
            "groups": {"type": "object", "minProperties": 1},
        },
        "anyOf": [{"required": ["extends"]}, {"required": ["id", "groups"]}],
        "additionalProperties": False,
    }


def _kind_variant(kind: dict[str, Any]) -> dict[str, Any]:
    """A kind that says only what differs from the one it extends."""
    return {
        "type": "object",
        "description": "a kind that says only what differs from another",
        "properties": {**{key: {} for key in kind["properties"]}, "extends": {"type": "string", "minLength": 1}},
        "required": ["extends"],
        "additionalProperties": False,
    }


def _close(node: Any) -> None:
    """Refuse names that match no pattern, as the models do; changes the schema."""
    if isinstance(node, dict):
        if "patternProperties" in node:
            node.setdefault("additionalProperties", False)
        for child in node.values():
            _close(child)
    elif isinstance(node, list):
        for child in node:
            _close(child)
