"""What a public study keeps out of its outputs (design, Audience)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from flexsite.layers.plans import ROLE
from flexsite.study.access import output_columns
from flexsite.study.kinds import withheld_kind_columns
from flexsite.study.local import hide_local, withheld_local_columns

if TYPE_CHECKING:
    from flexsite.outputs.result import Result
    from flexsite.study.layer import Layer
    from flexsite.study.models import Study
    from flexsite.study.profile import Test

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
    if study.audience != "public":
        return result
    hidden_rules = {rule for rule, word in shown.items() if word != rule}
    sites = result.sites.drop(columns=columns)
    for name in ("marks", "unknown"):
        sites[name] = sites[name].map(lambda ids: _renamed(ids, shown)).astype("str")
    excluded = result.excluded
    if excluded is not None:
        excluded = excluded[~excluded["rule"].isin(hidden_rules)].reset_index(drop=True)
    return replace(
        result,
        sites=sites,
        notes=(),
        waterfall=result.waterfall.assign(rule=_column(result.waterfall, shown)),
        taken=result.taken.assign(rule=_column(result.taken, shown)),
        excluded=excluded,
        gone=result.gone.without(hidden_rules, shown) if hidden_rules else result.gone,
        assumed_complete=[name for name in result.assumed_complete if name not in layers],
        layers=told_layers(study, result.layers),
        access=_told_access(study, result.access),
        warnings=told_warnings(study, result.warnings),
    )


def told_warnings(study: Study, warnings: Iterable[str]) -> list[str]:
    """Warnings as the audience may read them: whatever names something private says that it is withheld."""
    shown = shown_rules(study)
    names = _secret_names(study, {rule for rule, word in shown.items() if word != rule})
    return list(warnings) if names is None else list(dict.fromkeys(names.sub(WITHHELD, text) for text in warnings))


def told_layers(study: Study, reports: Mapping[str, Any]) -> dict[str, Any]:
    """What was read of each layer, as the audience may know it.

    Of plans the texts that mean nothing to us are only counted: those of a confidential plan may be among them.
    """
    hidden = set(private_layers(study))
    found = {name: report for name, report in reports.items() if name.removesuffix(" coverage") not in hidden}
    for name, report in found.items():
        odd = report.get("not_understood") if study.audience == "public" else None
        if odd and study.layers[name].role == ROLE:
            found[name] = report | {
                "not_understood": {column: {WITHHELD: sum(texts.values())} for column, texts in odd.items()}
            }
    return found


def _told_access(study: Study, access: dict[str, Any]) -> dict[str, Any]:
    """What was counted of access, without what names a private layer or a measure of one."""
    layers, columns = set(private_layers(study)), set(private_columns(study))
    told = dict(access)
    if "measures" in told:
        told["measures"] = {name: one for name, one in told["measures"].items() if name not in columns}
    if "places" in told:
        told["places"] = {name: one for name, one in told["places"].items() if name.rpartition(", ")[0] not in layers}
    return told


def is_withheld(test: Test, study: Study) -> bool:
    """Whether a requirement looks at what a public study keeps to itself."""
    if test.measure is not None:
        return any(measure.id == test.measure for measure in study.withheld_measures())
    return test.column is not None and test.column in private_columns(study)


def public_study(study: Study) -> dict[str, Any]:
    """The resolved study as its audience may read it: private layers and what names them are left out."""
    tree = study.resolved()
    layers, shown = set(private_layers(study)), shown_rules(study)
    _hide_owners(tree, layers)
    if study.audience != "public":
        return tree
    hide_local(tree)
    hidden = {measure.id for measure in study.withheld_measures()}
    tree["layers"] = {name: layer for name, layer in tree["layers"].items() if name not in layers}
    if study.area.private:
        tree["area"] = {"path": WITHHELD, "private": True}
    tree["rules"] = [
        {"id": shown[rule["id"]]} if shown.get(rule["id"], rule["id"]) != rule["id"] else rule
        for rule in tree.get("rules", [])
    ]
    tree["columns"] = {name: c for name, c in tree.get("columns", {}).items() if name not in study.withheld_columns()}
    for candidates in [tree["candidates"], *tree["candidates"].get("also", [])]:
        if candidates.get("layer") in layers:
            candidates["layer"] = WITHHELD
            for key in ("id", "join", "columns"):
                candidates.pop(key, None)
    _hide_tests(tree, hidden, private_columns(study))
    if "boundaries" in tree:
        tree["boundaries"] = [one for one in tree["boundaries"] if not set(one["layers"].values()) & layers]
        if not tree["boundaries"]:
            del tree["boundaries"]
    access = tree["access"]
    access["measures"] = [measure for measure in access.get("measures", []) if measure["id"] not in hidden]
    for key in ("barriers", "closed"):
        access[key] = [name for name in access.get(key, []) if not isinstance(name, str) or name not in layers]
    access["shown"] = [
        one for one in access.get("shown", []) if one.get("field") not in hidden and one.get("route") not in layers
    ]
    if layers or private_columns(study):
        # What a variant changes names rules, layers and columns by their keys: where some are private, its name is
        # enough.
        tree["variants"] = {name: {} for name in tree.get("variants", {})}
    return tree


def _hide_tests(tree: dict[str, Any], measures: set[str], columns: Iterable[str]) -> None:
    """Leave out on what private measure or column a requirement of a profile looks, and for which of its values."""
    hidden = set(columns)
    for profile in tree.get("profiles", []):
        for requirement in profile.get("requires", {}).values():
            for test in requirement.get("any", [requirement]):
                if test.get("measure") in measures or test.get("column") in hidden:
                    test.pop("measure", None)
                    test["column"] = WITHHELD
                    if "in" in test:
                        test["in"] = [WITHHELD]


def study_hash(tree: dict[str, Any]) -> str:
    """What tells a study from others: twelve signs of the SHA-256 of the resolved study, as its audience may read it.

    Examples
    --------
    >>> study_hash({"term": 10}) == study_hash({"term": 10}) != study_hash({"term": 15})
    True
    """
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()[:12]


def _hide_owners(tree: dict[str, Any], layers: set[str]) -> None:
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


def _secret_names(study: Study, rules: set[str]) -> re.Pattern[str] | None:
    """Finds names of private layers, of their files and of what is made of them, as whole words."""
    names = {*rules, *private_columns(study), *(measure.id for measure in study.withheld_measures())}
    for name in private_layers(study):
        names |= {name, *_files(study.layers[name])}
    if not names:
        return None
    longest = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")


def _files(layer: Layer) -> Iterator[str]:
    yield layer.path.name
    if isinstance(layer.coverage, Path):
        yield layer.coverage.name
    if layer.table is not None:
        yield layer.table.path.name
