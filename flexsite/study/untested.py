"""Rules of the library that a study asks for and has no layer for: never tested, so never free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from flexsite.errors import InputError, InputErrors
from flexsite.study.base import Label
from flexsite.study.library import SCORE, Row, library
from flexsite.study.rule import EFFECTS, MarkRule, RuleBase

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.yaml_source import Document


@dataclass(frozen=True)
class Untested:
    """A rule of the library that a study asks for and has no layer for: what it says is unknown everywhere.

    Attributes
    ----------
    rule
        As it would be, with its role in place of a layer; a mark for a row of effect `score`.
    effect
        It would have under the study's strictness and term.
    label
        What people read.
    written
        How a study asks for it.
    """

    rule: RuleBase
    effect: str
    role: str
    holds: str
    label: Label | None
    written: dict[str, Any]

    @property
    def id(self) -> str:
        """Id of the rule in the study."""
        return self.rule.id


def untested(
    study: Study, waiting: dict[int, dict[str, Any]], document: Document
) -> tuple[tuple[Untested, ...], tuple[str, ...]]:
    """What a study asks for and cannot test; and the ids of what it asks for that is not for its province.

    Parameters
    ----------
    study
        With the rules that can be tested.
    waiting, document
        The other rules as they are named, by position, and the document with the lines of these.

    Raises
    ------
    InputErrors
        A change to such a rule is not right, or its id is taken.
    """
    found: list[Untested] = []
    elsewhere: list[str] = []
    problems: list[InputError] = []
    taken = {rule.id for rule in study.rules}
    for index, entry in waiting.items():
        row = library()[0][entry["use"]]
        place = f"{document.place(('rules', index))}, rules.{entry['id']}"
        if row.province not in {None, study.province}:
            elsewhere.append(row.id)
            continue
        try:
            rule = _rule(row, entry, study.province)
        except ValidationError as error:
            told = [detail["msg"].partition("; ") for detail in error.errors()]
            problems += [InputError(message, where=place, remedy=remedy) for message, _, remedy in told]
            continue
        if rule.id in taken:
            remedy = f"give one of the two an id of its own: {{use: {row.id}, id: ...}}"
            problems.append(InputError(f"the id '{rule.id}' is used twice in rules", where=place, remedy=remedy))
        taken.add(rule.id)
        acts = row.effect == SCORE or rule.acts(study.strictness, study.term)
        label = rule.label if "label" in entry else row.untested or rule.label
        effect = row.effect if acts else MarkRule.effect
        found.append(Untested(rule, effect, row.role, row.holds, label, dict(entry)))
    if problems:
        raise InputErrors(problems)
    return tuple(found), tuple(elsewhere)


def _rule(row: Row, entry: dict[str, Any], province: str | None) -> RuleBase:
    """The rule as it would be, its role in place of a layer. Raises ValidationError."""
    changes = {key: value for key, value in entry.items() if key != "use"}
    if row.effect == SCORE:
        full = {**row.in_province(province), "mark": row.role, "library": row.id, "theme": row.theme, **changes}
        return MarkRule.model_validate(full)
    return EFFECTS[row.effect].model_validate(row.written_out(row.role, province, changes))


__all__ = ["Untested", "untested"]
