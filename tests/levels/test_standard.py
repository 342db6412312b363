"""Standards of one's own: files of the same form, and what is refused in them, with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from flexsite.access.levels.level import levels, needs
from flexsite.access.levels.standard import load_standard
from flexsite.access.levels.supply import supply_of
from flexsite.errors import InputError
from flexsite.rulebook import standard_path

from .hand import legs, service, shown, timetable

OWN = """
id: quiet
label: Rustig wonen
about: Ours
source: ours
date: 2026-01-01
window: {from: "09:00", to: "10:00"}
kinds:
  school_bus: {mode: bus, line: [School]}
reach:
  - {kinds: [school_bus], mode: walk, metres: 300}
levels:
  - {id: A, value: 2, per_hour: 6}
  - {id: B, value: 1, per_hour: 1}
  - {id: C, value: 0}
without_timetable: {id: maybe}
"""


def test_a_file_of_ones_own_gives_its_levels(tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    file.write_text(OWN, encoding="utf-8")
    standard = load_standard(file)
    made = timetable(
        [("a", 0, 0), ("b", 900, 0), ("c", 1800, 0)],
        [("9", "bus", "School line"), ("10", "bus", "Schoolstraat")],
        [*service(0, 0, [0, 1, 2], 10, "08:55", "09:45"), *service(1, 0, [2, 1], 5, "09:00", "09:59")],
    )
    supply = supply_of(made, standard.seconds())
    wanted = needs(standard, supply)
    assert [need.stops.tolist() for need in wanted] == [[0, 1]]
    sites = legs([{0: 300.0}, {1: 250.0}, {2: 1.0}, {1: 301.0}])
    found = levels(standard, supply, wanted, [sites], [np.ones(4, bool)], "nl")
    assert shown(found.level) == ["B", "A", "C", "C"]
    assert found.value.tolist() == [1, 2, 0, 0]


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    file.write_text(OWN, encoding="utf-8")
    assert load_standard(file).numbers["A"] == 2
    file.write_text(OWN.replace("value: 2", "value: 22"), encoding="utf-8")
    assert load_standard(file).numbers["A"] == 22


def set_at(tree: Any, path: str, value: Any) -> None:
    *way, last = path.split(".")
    for part in way:
        tree = tree[int(part)] if isinstance(tree, list) else tree.setdefault(part, {})
    if value is None:
        del tree[int(last) if isinstance(tree, list) else last]
    elif isinstance(tree, list) and last == "+":
        tree.append(value)
    else:
        tree[int(last) if isinstance(tree, list) else last] = value


@pytest.mark.parametrize(
    ("built_in", "path", "value", "message"),
    [
        ("pbl-crow", "levels.0.per_hr", 4, "unknown key 'per_hr'; did you mean 'per_hour'"),
        ("pbl-crow", "reach.0.kinds", ["buss"], "there is no kind of stop 'buss'"),
        ("pbl-crow", "reach.0.minutes", 5, "give either 'metres' or 'minutes'"),
        ("pbl-crow", "reach.0.mode", "swim", "input should be 'walk', 'cycle' or 'straight'"),
        ("pbl-crow", "kinds.bus", {"mode": "rail"}, "'bus' is a mode already"),
        ("pbl-crow", "window.to", "07:00", "'to' is not after 'from'"),
        ("pbl-crow", "window.to", "7 uur", "string should match pattern"),
        ("pbl-crow", "levels.1.id", "4", "two levels have the same id"),
        ("pbl-crow", "levels.1.value", 4, "from the best to the worst"),
        ("pbl-crow", "levels.3.per_hour", 0.5, "the last level is what is left"),
        ("pbl-crow", "levels.0.above", 3, "'above' belongs to formula ptal"),
        ("pbl-crow", "without_timetable", None, "'without_timetable' belongs to levels with 'per_hour'"),
        ("pbl-crow", "levels.0.minutes", 3, "minutes need a 'speed'"),
        ("pbl-crow", "weights", {"best": 1, "others": 1, "minutes": 30}, "'weights' belongs to formula ptal"),
        ("rail-minutes", "without_timetable", {"id": "?"}, "'without_timetable' belongs to levels with 'per_hour'"),
        ("rail-minutes", "speed", None, r"minutes need 'speed\.walk'"),
        ("ptal", "waiting", None, "'waiting' belongs to formula ptal, which needs it"),
        ("ptal", "waiting.late.tram", None, "'waiting.late' lacks tram"),
        ("ptal", "levels.0.above", None, "'above' belongs to formula ptal"),
        ("ptal", "reach.0.mode", "cycle", "one way to all stops"),
        ("ptal", "speed", None, r"minutes need 'speed\.walk'"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, built_in: str, path: str, value: Any, message: str) -> None:
    tree = yaml.safe_load(standard_path(built_in).read_text(encoding="utf-8"))
    set_at(tree, path, value)
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        load_standard(file)
    assert caught.value.where.startswith("own.yaml, line ")
    assert caught.value.remedy


def test_a_file_that_is_not_there_or_no_standard_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        load_standard(tmp_path / "gone.yaml")
    file = tmp_path / "list.yaml"
    file.write_text("- a\n- b\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"list\.yaml"):
        load_standard(file)
