"""The kinds of the rulebook: complete, sourced, in two languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from flexsite.rulebook import kind_ids, kind_path, sources_path
from flexsite.study.base import Sourced
from flexsite.study.kind import Condition, Kind
from flexsite.study.kinds import built_in_kind

SOURCES: dict[str, Any] = yaml.safe_load(sources_path().read_text(encoding="utf-8"))


def parts(kind: Kind) -> Iterator[tuple[str, Sourced]]:
    """Everything in a kind that carries a number or a claim."""
    yield from kind.requires.items()
    yield from kind.capacity.parameters().items()
    for mark in kind.marks:
        yield mark.id, mark
        yield from ((mark.id, one) for one in mark.when or [])


def test_there_are_eight() -> None:
    assert kind_ids() == (
        "building", "farm_yard", "garage_park", "garden", "land", "partly_used", "recreation_park", "roof",
    )  # fmt: skip


def test_the_law_s_numbers() -> None:
    roof, building = built_in_kind("roof"), built_in_kind("building")
    lift = next(mark for mark in roof.marks if mark.id == "lift_needed")
    assert lift.when is not None
    assert [(one.column, one.above, one.at_least) for one in lift.when] == [
        ("entrance_height", 12.5, None), ("storeys", None, 4),
    ]  # fmt: skip
    consent = next(mark for mark in roof.marks if mark.id == "consent")
    assert consent.when is not None and consent.when[0].below == 0.7
    assert (roof.requires["bearing"].at_most, roof.requires["bearing"].otherwise) == (0.1, "unknown")
    assert building.requires["vacant"].at_least == 1
    assert built_in_kind("partly_used").requires["used"].below == 1


@pytest.mark.parametrize("name", kind_ids())
class TestEveryKind:
    def test_its_name_is_its_id_and_it_reads_in_both_languages(self, name: str) -> None:
        kind = built_in_kind(name)
        assert kind.id == name == kind_path(name).stem and kind.about
        labels = [kind.label, *(need.label for need in kind.needs.values())]
        labels += [one.label for one in (*kind.requires.values(), *kind.marks)]
        assert all(isinstance(label, dict) and set(label) == {"nl", "en"} for label in labels)

    def test_every_number_and_claim_has_a_basis_and_a_certainty(self, name: str) -> None:
        for what, part in parts(built_in_kind(name)):
            assert part.basis and part.certainty in {"found", "norm", "background", "assumption"}, what
            assert part.certainty == "assumption" or part.source, what
            assert part.source is None or part.source in SOURCES, what

    def test_it_counts_its_assumptions(self, name: str) -> None:
        kind = built_in_kind(name)
        numbers = [one for _, one in parts(kind) if not isinstance(one, Condition) or one.bounds]
        assert len(kind.certainties()) == len(numbers) - len(kind.marks)


def test_land_asks_nothing_marks_nothing_and_counts_as_the_contract_has_it() -> None:
    land = built_in_kind("land")
    assert not land.may_fail and not land.needs and not land.marks and not land.exempt
    assert land.capacity.method == "ground" and not land.capacity.parameters()
