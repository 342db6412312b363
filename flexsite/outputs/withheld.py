"""What a public study keeps out of its outputs (design, Audience)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from flexsite.study.access import output_columns
from flexsite.study.kinds import withheld_kind_columns
from flexsite.study.local import hide_local, withheld_local_columns

if TYPE_CHECKING:
    from flexsite.outputs.result import Result
    from flexsite.study.models import Study

PLANNED = "planned"
"""What a public reader sees of a rule on a confidential plan."""
WITHHELD = "withheld"
"""What a public reader sees of a rule on any other private layer."""


def private_layers(study: Study) -> list[str]:
    """Layers that a public study withholds."""
    return [name for name, layer in study.layers.items() if study.audience == "public" and layer.private]


def private_columns(study: Study) -> list[str]:
    """Output columns that a public study withholds."""
    names = [name for column in study.withheld_columns() for name in (column, f"{column}_share")]
    names += withheld_kind_columns(study)
    names += withheld_local_columns(study)
    return [*names, *(name for measure in study.withheld_measures() for name in output_columns(measure))]


def shown_rules(study: Study) -> dict[str, str]:
    """The id under which each rule appears in the outputs: its own, or a word where its layer is private."""
    hidden = private_layers(study)
    return {
        rule.id: (PLANNED if getattr(rule, "until", None) else WITHHELD) if rule.layer in hidden else rule.id
        for rule in study.rules
    }


def withhold(result: Result) -> Result:
    """The result without what its audience may not see."""
    study = result.study
    layers, columns, shown = private_layers(study), private_columns(study), shown_rules(study)
    if not layers and not columns:
        return result
    hidden_rules = {rule for rule, word in shown.items() if word != rule}
    sites = result.sites.drop(columns=columns)
    for name in ("marks", "unknown"):
        sites[name] = sites[name].map(lambda ids: _renamed(ids, shown)).astype("str")
    excluded = result.excluded
    if excluded is not None:
        excluded = excluded[~excluded["rule"].isin(hidden_rules)].reset_index(drop=True)
    words = {f"'{name}'": f"'{WITHHELD}'" for name in [*layers, *hidden_rules]}
    return replace(
        result,
        sites=sites,
        notes=() if study.audience == "public" else result.notes,
        waterfall=result.waterfall.assign(rule=_column(result.waterfall, shown)),
        taken=result.taken.assign(rule=_column(result.taken, shown)),
        excluded=excluded,
        gone=result.gone.without(hidden_rules, shown) if hidden_rules else result.gone,
        assumed_complete=[name for name in result.assumed_complete if name not in layers],
        layers={name: report for name, report in result.layers.items() if name.removesuffix(" coverage") not in layers},
        warnings=list(dict.fromkeys(_worded(text, words) for text in result.warnings)),
    )


def public_study(study: Study) -> dict[str, Any]:
    """The resolved study as its audience may read it: private layers and what names them are left out."""
    tree = study.resolved()
    layers, shown = private_layers(study), shown_rules(study)
    _hide_owners(tree, layers)
    if study.audience == "public":
        hide_local(tree)
    if not layers:
        return tree
    tree["layers"] = {name: layer for name, layer in tree["layers"].items() if name not in layers}
    tree["rules"] = [
        {"id": shown[rule["id"]]} if shown.get(rule["id"], rule["id"]) != rule["id"] else rule
        for rule in tree.get("rules", [])
    ]
    tree["columns"] = {
        name: c for name, c in tree.get("columns", {}).items() if c.get("layer", c.get("context")) not in layers
    }
    if "boundaries" in tree:
        tree["boundaries"] = [one for one in tree["boundaries"] if not set(one["layers"].values()) & set(layers)]
    hidden = {measure.id for measure in study.withheld_measures()}
    access = tree["access"]
    access["measures"] = [measure for measure in access.get("measures", []) if measure["id"] not in hidden]
    for key in ("barriers", "closed"):
        access[key] = [name for name in access.get(key, []) if not isinstance(name, str) or name not in layers]
    access["shown"] = [
        one for one in access.get("shown", []) if one.get("field") not in hidden and one.get("route") not in layers
    ]
    # What a variant changes names rules, layers and columns by their keys: where some are private, its name is enough.
    tree["variants"] = {name: {} for name in tree.get("variants", {})}
    return tree


def study_hash(tree: dict[str, Any]) -> str:
    """What tells a study from others: twelve signs of the SHA-256 of the resolved study, as its audience may read it.

    Examples
    --------
    >>> study_hash({"term": 10}) == study_hash({"term": 10}) != study_hash({"term": 15})
    True
    """
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()[:12]


def _hide_owners(tree: dict[str, Any], layers: list[str]) -> None:
    """Leave out what may be names of owners, whoever reads it, and what names a private layer; changes the tree.

    The values of a class column may be names, so that only their number per class is said.
    """
    for one in [tree, *tree.get("variants", {}).values()]:
        for key in [key for key in one if key == "owners.classes" or key.startswith("owners.classes.")]:
            del one[key]
        owners = one.get("owners")
        if not isinstance(owners, dict):
            continue
        listed = owners.get("classes")
        if isinstance(listed, dict):
            owners["classes"] = {name: list(listed.values()).count(name) for name in dict.fromkeys(listed.values())}
        if owners.get("layer") in layers:
            for key in ("layer", "name", "class", "right"):
                owners.pop(key, None)
        if owners.get("preemption") in layers:
            del owners["preemption"]


def _renamed(ids: str, shown: dict[str, str]) -> str:
    return ";".join(dict.fromkeys(shown.get(name, name) for name in ids.split(";"))) if ids else ""


def _column(table: pd.DataFrame, shown: dict[str, str]) -> pd.Series[str]:
    return table["rule"].map(lambda name: shown.get(name, name)).astype("str")


def _worded(text: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(name, word)
    return text
