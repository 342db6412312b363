"""Values of a sweep and bounds of a tornado, as they are written in a study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import flexsite
from flexsite.errors import InputError, InputErrors
from flexsite.study.overrides import given as given_in
from flexsite.study.schema import study_schema
from flexsite.study.sensitivity import Steps, Sweep
from tests.outputs.helpers import world
from tests.study.schemas import faults


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ({"values": [3, 1, 2.5]}, [3, 1, 2.5]),
        ({"values": ["hard", "soft"]}, ["hard", "soft"]),
        ([5, 10, 15], [5, 10, 15]),
        ({"from": 200, "to": 500, "step": 100}, [200, 300, 400, 500]),
        ({"from": 200, "to": 499, "step": 100}, [200, 300, 400]),
        ({"from": 0.1, "to": 0.5, "step": 0.1}, [0.1, 0.2, 0.3, 0.4, 0.5]),
        ({"from": 7, "to": 7, "step": 1}, [7]),
        ({"from": -1, "to": 1, "step": 0.5}, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_values(written: Any, values: list[Any]) -> None:
    assert Steps.model_validate(written).taken() == values


@given(st.integers(-1000, 1000), st.integers(1, 400), st.integers(1, 50))
def test_steps_begin_at_from_and_never_pass_to(start: int, count: int, tenths: int) -> None:
    step = tenths / 10
    end = start + (count - 1) * step
    taken = Steps.model_validate({"from": start, "to": end, "step": step}).taken()
    assert len(taken) == count and taken[0] == start
    assert all(isinstance(value, int | float) and value <= end + 1e-6 for value in taken)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"key": "term"}, "either 'values'"),
        ({"key": "term", "values": []}, "at least 1"),
        ({"key": "term", "values": [1], "step": 1}, "either 'values'"),
        ({"key": "term", "from": 1, "to": 2}, "'from', 'to' and 'step'"),
        ({"key": "term", "from": 2, "to": 1, "step": 1}, "exchange the two"),
        ({"key": "term", "from": 0, "to": 1, "step": 0}, "greater than 0"),
        ({"key": "term", "from": 0, "to": 1e12, "step": 1}, "too many"),
        ({"key": "term", "values": [5, 5.0]}, "twice"),
        ({"values": [5]}, "either 'key'"),
        ({"key": "term", "keys": {"term": [1]}}, "either 'key'"),
        ({"keys": {"term": [1]}, "values": [1]}, "not beside them"),
        ({"keys": {"a": [1], "b": [1], "c": [1]}}, "at most 2"),
        ({"keys": {"a": {"from": 1, "to": 100, "step": 1}, "b": {"from": 1, "to": 11, "step": 1}}}, "1000 points"),
        ({"key": "term", "vales": [1]}, "did you mean 'values'"),
    ],
)
def test_what_is_no_sweep(written: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Sweep.model_validate(written)


WRITTEN: list[dict[str, Any]] = [
    {"sweep": {"terms": {"key": "term", "values": [5, 10]}}},
    {"sweep": {"both": {"keys": {"term": [5, 10], "lead_time": {"from": 0, "to": 24, "step": 12}}}}},
    {"sweep": {"many": {"key": ["term", "lead_time"], "values": [5], "label": {"nl": "Termijn", "en": "Term"}}}},
    {"sensitivity": {"weights": {}, "tornado": {}}},
    {"sensitivity": {"weights": {"draws": 10, "seed": 0, "concentration": 3.5}}},
    {
        "sensitivity": {
            "tornado": {"step": 0.1, "certainty": ["verify"], "keys": ["term", {"key": "lead_time", "low": 0}]}
        }
    },
]


@pytest.mark.parametrize("keys", WRITTEN, ids=str)
def test_what_loads_is_valid_for_an_editor_and_can_be_written_and_read_again(
    tmp_path: Path, keys: dict[str, Any]
) -> None:
    path = world(tmp_path, **keys)
    schema = study_schema()
    assert faults(yaml.safe_load(path.read_text(encoding="utf-8")), schema, schema) == []
    study = flexsite.load(path)
    path.write_text(yaml.safe_dump(study.resolved(), sort_keys=False), encoding="utf-8")
    assert flexsite.load(path).resolved() == study.resolved()


@pytest.mark.parametrize(
    "keys",
    [
        {"sensitivity": {"weights": {"draws": 0}}}, {"sensitivity": {"weights": {"concentration": 0}}},
        {"sensitivity": {"weights": {"seed": -1}}}, {"sensitivity": {"weights": {"draws": 1.5}}},
        {"sensitivity": {"tornado": {"step": 0}}}, {"sensitivity": {"tornado": {"keys": [{"low": 1}]}}},
        {"sensitivity": {"tornados": {}}}, {"sweep": {"Terms": {"key": "term", "values": [5]}}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_refused_is_refused_by_an_editor_too(tmp_path: Path, keys: dict[str, Any]) -> None:
    path = world(tmp_path, **keys)
    schema = study_schema()
    assert faults(yaml.safe_load(path.read_text(encoding="utf-8")), schema, schema)
    with pytest.raises((InputError, InputErrors)):
        flexsite.load(path)


def test_low_above_high_is_refused_with_the_key(tmp_path: Path) -> None:
    wrong = {"tornado": {"keys": [{"key": "term", "low": 9, "high": 5}]}}
    with pytest.raises(InputErrors, match=r"sensitivity\.tornado\.keys.*exchange the two"):
        flexsite.load(world(tmp_path, sensitivity=wrong))


TREE: dict[str, Any] = {
    "term": 15,
    "rules": [{"id": "one", "buffer": 5, "certainty": "found"}, {"id": "two"}],
    "profiles": [
        {
            "id": "p",
            "requires": {"pt": {"certainty": "norm", "any": [{"at_most": 1}, {"at_most": 2, "certainty": "verify"}]}},
        }
    ],
}


class TestGiven:
    @pytest.mark.parametrize(
        ("key", "value", "certainty"),
        [
            ("term", 15, None),
            ("rules.one.buffer", 5, "found"),
            ("profiles.p.requires.pt.any.0.at_most", 1, "norm"),
            ("profiles.p.requires.pt.any.1.at_most", 2, "verify"),
        ],
    )
    def test_a_value_and_the_certainty_of_what_it_is_part_of(self, key: str, value: int, certainty: str | None) -> None:
        assert given_in(TREE, key, place="") == (value, certainty)

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            ("trem", "did you mean 'term'"),
            ("rules.tow.buffer", "did you mean 'two'"),
            ("rules.one.bufer", "did you mean 'buffer'"),
            ("profiles.p.requires.pt.any.2.at_most", "known are: 0, 1"),
            ("term.x", "single value"),
        ],
    )
    def test_a_key_that_leads_nowhere(self, key: str, words: str) -> None:
        with pytest.raises(InputError, match=words):
            given_in(TREE, key, place="study.yaml")
