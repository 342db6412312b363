"""The rule library: rules of law and practice as data, and the catalogue of their sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from flexsite.rulebook import rule_files, sources_path
from flexsite.study.base import Label
from flexsite.study.yaml_source import read

Province = Literal[
    "nl-dr", "nl-fl", "nl-fr", "nl-ge", "nl-gr", "nl-li", "nl-nb", "nl-nh", "nl-ov", "nl-ut", "nl-ze", "nl-zh"
]
"""ISO 3166-2 code in small letters."""
PROVINCES: tuple[str, ...] = get_args(Province)
SCORE = "score"
"""Effect of a row that stands for a measure instead of a rule."""
_OF_ROW = ("id", "effect", "role", "holds", "columns", "by_province", "untested", "measure")
_ROLE = "role"
"""What the measure of a row says where the layer's name belongs."""


@dataclass(frozen=True)
class Row:
    """A rule of the library.

    Attributes
    ----------
    id
        In the library, such as `nl/natura2000`.
    theme
        Name of the file it stands in.
    province
        The only province it is for; None: all.
    effect
        That of a rule, or `score` for one that stands for a measure.
    role
        What the layer that it needs is; `holds` and `columns` say what must be in it.
    by_province
        Keys that differ in a province.
    untested
        What people read where a study has no such layer, instead of the label.
    measure
        Of `score`: the keys of the measure.
    rule
        The other keys, as a study would write them.
    """

    id: str
    theme: str
    province: str | None
    effect: str
    role: str
    holds: str
    columns: dict[str, str]
    by_province: dict[str, dict[str, Any]]
    untested: Label | None
    measure: dict[str, Any]
    rule: dict[str, Any]

    @property
    def rule_id(self) -> str:
        """Id of the rule in a study."""
        return self.id.rpartition("/")[2].replace("-", "_")

    def in_province(self, province: Any) -> dict[str, Any]:
        """The keys of the rule as they are in a province; None: as they are in general."""
        return {**self.rule, **self.by_province.get(str(province), {})}

    def written_out(self, layer: str, province: Any, changes: dict[str, Any]) -> dict[str, Any]:
        """The rule, or the measure of `score`, as a study would write it, with changes; a change to None removes."""
        told = self.in_province(province)
        if self.effect == SCORE:
            own = {key: layer if value == _ROLE else value for key, value in self.measure.items()}
            kept = ("label", "basis", "source", "certainty", "note")
            full = {"id": self.rule_id, **{key: told[key] for key in kept if key in told}, **own, "library": self.id}
        else:
            full = {"id": self.rule_id, self.effect: layer, **told, "library": self.id, "theme": self.theme}
        return {key: value for key, value in {**full, **changes}.items() if value is not None}


@dataclass(frozen=True)
class Bundle:
    """Several rules of the library under one name."""

    id: str
    theme: str
    label: dict[str, str]
    rows: tuple[str, ...]


@cache
def library() -> tuple[dict[str, Row], dict[str, Bundle]]:
    """The rows of the library and its bundles, by id, in the order of the files."""
    rows: dict[str, Row] = {}
    bundles: dict[str, Bundle] = {}
    for scope, theme, path in rule_files():
        for entry in read(path).data:
            name = f"{scope}/{entry['id']}"
            if "rules" in entry:
                members = tuple(f"{scope}/{member}" for member in entry["rules"])
                bundles[name] = Bundle(name, theme, entry["label"], members)
                continue
            rows[name] = Row(
                id=name,
                theme=theme,
                province=scope if scope in PROVINCES else None,
                effect=entry["effect"],
                role=entry["role"],
                holds=entry["holds"],
                columns=entry.get("columns", {}),
                by_province=entry.get("by_province", {}),
                untested=entry.get("untested"),
                measure=entry.get("measure", {}),
                rule={key: value for key, value in entry.items() if key not in _OF_ROW},
            )
    return rows, bundles


@cache
def sources() -> dict[str, dict[str, Any]]:
    """The catalogue of published sources, by id."""
    data = read(sources_path()).data
    return dict(data) if isinstance(data, dict) else {}


__all__ = ["PROVINCES", "SCORE", "Bundle", "Province", "Row", "library", "sources"]
