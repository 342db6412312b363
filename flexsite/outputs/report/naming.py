"""What people read for the ids of a study: rules, groups, requirements, measures, values of columns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from flexsite.outputs.not_tested import label_of
from flexsite.outputs.report.markup import Html, escaped
from flexsite.outputs.withheld import PLANNED, WITHHELD
from flexsite.outputs.words import unit_of, words
from flexsite.study.kind import READ_BY
from flexsite.study.kinds import kind_of, kinds_in_use
from flexsite.study.owners import owner_book
from flexsite.study.permits import permits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flexsite.outputs.report.speech import Speech
    from flexsite.study.access import MeasureBase
    from flexsite.study.models import Study
    from flexsite.study.profile import Profile

_HIDDEN = (PLANNED, WITHHELD)
_STEPS = ("start", "available", "term", "homes.min", "min_size", "kind")


def _own(name: str) -> str | None:
    """What to read for a rule that the study calls by a word we have for what is withheld."""
    return name if name in _HIDDEN else None


class Names:
    """Names in the language of the study.

    Parameters
    ----------
    study
        Whose own labels come first.
    """

    def __init__(self, study: Study, speech: Speech) -> None:
        self._study = study
        self._speech = speech
        self._language = study.language

    def of(self, name: str, own: str | Mapping[str, str] | None = None) -> str:
        """The study's own label, else ours, else the id with spaces."""
        return words(name, own)[self._language]

    @cached_property
    def _rules(self) -> dict[str, str]:
        found = {rule.id: self.of(rule.id, rule.label or _own(rule.id)) for rule in self._study.rules}
        found |= {one.id: label_of(one, self._language) for one in self._study.untested}
        marks = {mark.id: mark for kind in kinds_in_use(self._study) for mark in kind.marks}
        return found | {name: self.of(name, mark.label) for name, mark in marks.items() if name not in found}

    def rule(self, name: str) -> str:
        """A rule or a mark; a step of the waterfall that is no rule."""
        if name in self._rules:
            return self._rules[name]
        return self._speech.text(f"step.{name}") if name in _STEPS else self._other(name)

    def _other(self, name: str) -> str:
        return self._speech.text(f"mark.{name}") if self._speech.has(f"mark.{name}") else self.of(name)

    def rules(self, ids: str) -> list[str]:
        """Rules and marks of a cell such as `marks`."""
        return [self.rule(name) for name in ids.split(";") if name]

    def profile(self, name: str) -> str:
        """A target group or flexmilieu."""
        found = next((one for one in self._study.profiles if one.id == name), None)
        return self.of(name) if found is None else found.name(self._language)

    def profiles(self, ids: str) -> list[str]:
        """Groups of a cell such as `groups`."""
        return [self.profile(name) for name in ids.split(";") if name]

    @cached_property
    def _measures(self) -> dict[str, MeasureBase]:
        return {measure.id: measure for measure in self._study.access.measures}

    def subject(self, measure: str | None, column: str | None) -> str:
        """What a requirement or a criterion looks at."""
        if measure is not None:
            found = self._measures.get(measure)
            return self.of(measure, None if found is None else found.label)
        return self.column(column or "")

    def column(self, name: str) -> str:
        """A column of the sites."""
        if self._speech.has(f"column.{name}"):
            return self._speech.text(f"column.{name}")
        spec = self._study.columns.get(name)
        needs = {key: need.label for kind in kinds_in_use(self._study) for key, need in kind.needs.items()}
        return self.of(name, needs.get(name) if spec is None else spec.label)

    def unit(self, measure: str | None) -> str:
        """Unit of a measure, or nothing."""
        found = self._measures.get(measure or "")
        return "" if found is None else unit_of(found)

    def requirement(self, profile: Profile, name: str) -> str:
        """A requirement by the name under which sites fail it."""
        requirement = profile.requires.get(name)
        if requirement is not None:
            tests = getattr(requirement, "any", None) or [requirement]
            return " / ".join(
                dict.fromkeys(
                    self._speech.text("route") if test.route is not None else self.subject(test.measure, test.column)
                    for test in tests
                )
            )
        for kind in kinds_in_use(self._study):
            if name in kind.requires:
                return self.of(name, kind.requires[name].label)
            if name == READ_BY.get(kind.capacity.method):
                return self.column(name)
        return self.rule(name)

    def owner(self, name: Any) -> Html:
        """A class of owners; a class of the study's own is shown as it is."""
        known = owner_book().classes
        return escaped(self.of(str(name), known[name].label) if name in known else str(name))

    def kind(self, name: str) -> str:
        """A kind of sites."""
        return self.of(name, kind_of(self._study, name).label)

    def permit(self, name: str) -> str:
        """A way to a permit."""
        return next((one.label[self._language] for one in permits() if one.id == name), name)

    def layer(self, name: str) -> str:
        """A layer, by the name that the study gives it."""
        return name.replace("_", " ")

    def layers(self, listed: Iterable[str]) -> list[str]:
        """Layers, as `layer` has them."""
        return [self.layer(name) for name in listed]
