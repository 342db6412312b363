"""Parking falls with public transport, is zero only where regulated, and takes ground only when a study asks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flexsite.access.levels.standard import load_standard
from flexsite.capacity.counting import refuse_norms
from flexsite.capacity.fitting import homes_fit
from flexsite.capacity.parking import Need, load_parking, parking_need
from flexsite.errors import InputError
from flexsite.rulebook import parking_ids, parking_path, sources_path
from flexsite.study.capacity import norms_of
from flexsite.study.models import Study

from .helpers import profile, sites, study

LEVELS = ["4", "2", "1", "0", "stop", None]
"""Of pbl-crow, best first; then where departures are not known, and where nothing is."""
MEASURE = {"pbl-crow": "pt", "nh-knooppunt": "node", "ptal": "band", "rail-minutes": "rail"}


def need(place: Study, table: pd.DataFrame) -> Need:
    found = parking_need(place.profiles[0], place, table)
    assert found is not None
    return found


def asked(**capacity: Any) -> Study:
    return study(capacity={"parking": "nl"} | capacity)


def test_without_the_key_the_formula_of_the_contract_stands() -> None:
    place, table = study(), sites(area_m2=[2499.9, 2500.0, 10_000.0], pt_level=["0", None, "4"])
    assert parking_need(place.profiles[0], place, table) is None
    assert homes_fit(place.profiles[0], place, table).tolist() == [19, 20, 80]


def test_the_norm_by_hand() -> None:
    """28 m2 is a small home: 0.7 spaces, times the share of each level."""
    found = need(asked(level="pt"), sites(pt_level=LEVELS))
    assert found.norm == pytest.approx([0.35, 0.49, 0.63, 0.7, 0.7, 0.7])
    assert found.assumed.tolist() == [False, False, False, False, True, True]
    # 0.5 spaces lie within the density; 0.2 more, of 25 m2 each, make 125 m2 of ground per home 130.
    assert found.density == pytest.approx([80, 80, 10_000 / 128.25, 10_000 / 130, 10_000 / 130, 10_000 / 130])
    place, table = asked(level="pt"), sites(pt_level=["0", "4"], area_m2=[1300.0, 1250.0])
    assert homes_fit(place.profiles[0], place, table).tolist() == [10, 10]


def test_the_parking_of_the_unit_goes_before_that_of_the_norms() -> None:
    table = sites(pt_level=["0"])
    unit = {"homes_per_ha": 80, "floor_area": 28}
    for included, homes in ((0, 70), (0.3, 74), (0.7, 80), (2, 80)):  # 142.5, 135 and 125 m2 per home
        place = study(profile(unit=unit | {"parking": included}), capacity={"parking": "nl", "level": "pt"})
        assert homes_fit(place.profiles[0], place, table).tolist() == [homes], included


def test_larger_homes_need_more() -> None:
    norms = load_parking("nl")
    assert [norms.spaces(area) for area in (30, 30.1, 75, 76, None)] == [0.7, 1.0, 1.0, 1.3, 1.3]


REGULATED = [True, True, True, False, False, None, None]
CROW = ["4", "0", None, "4", None, "4", "0"]


def test_16_parking_is_zero_only_where_it_is_regulated_and_public_transport_is_good() -> None:
    table = sites(pt_level=CROW, permits=pd.array(REGULATED, dtype="boolean"))
    found = need(asked(level="pt", regulated="permits"), table)
    assert found.norm == pytest.approx([0, 0.7, 0.7, 0.35, 0.7, 0.35, 0.7])
    assert found.assumed.tolist() == [False, False, True, False, True, True, False]


def test_16_or_cycling_is() -> None:
    table = sites(
        pt_level=["0", "0", None, "0", "4"], permits=["ja", "nee", "ja", "ja", "nee"],
        station_bike_m=[1500.0, 1500.0, 1500.0, 3500.0, 1500.0],
    )  # fmt: skip
    cycling = {"measure": "station_bike", "at_most": 3000}
    found = need(asked(level="pt", regulated="permits", cycling=cycling), table)
    assert found.norm == pytest.approx([0, 0.7, 0, 0.7, 0.35])
    assert not found.assumed.any()


def test_16_not_knowing_the_way_by_bicycle_is_no_zero() -> None:
    table = sites(pt_level=["0", "0"], permits=["ja", "nee"], station_bike_m=[np.nan, np.nan])
    cycling = {"measure": "station_bike", "at_most": 3000}
    found = need(asked(level="pt", regulated="permits", cycling=cycling), table)
    assert found.norm == pytest.approx([0.7, 0.7])
    assert found.assumed.tolist() == [True, False]


def test_a_test_of_ones_own_says_what_is_regulated() -> None:
    table = sites(pt_level=["4", "4", "4"], permits=["zone A", "none", None])
    found = need(asked(level="pt", regulated={"column": "permits", "in": ["zone A"]}), table)
    assert found.norm == pytest.approx([0, 0.35, 0.35])
    assert found.assumed.tolist() == [False, False, True]


def test_without_a_level_the_full_norm_holds_everywhere() -> None:
    found = need(asked(), sites(site_id=["a", "b"]))
    assert found.norm == pytest.approx([0.7, 0.7])
    assert found.assumed.all()


@pytest.mark.parametrize("standard", list(MEASURE))
def test_the_norm_falls_with_the_level_of_every_standard(standard: str) -> None:
    levels = load_standard(standard).numbers
    table = sites(**{f"{MEASURE[standard]}_level": list(levels)})
    norm = need(asked(level=MEASURE[standard]), table).norm
    assert list(norm) == sorted(norm), "best level first"
    assert norm[0] < norm[-1] == 0.7
    by_level = load_parking("nl").levels[standard]
    assert set(by_level.share) == set(levels)
    best = list(levels)[: len(by_level.passes)]
    assert set(by_level.passes) == set(best), "what passes is the best"


@given(
    area=st.floats(1, 1e6), homes=st.floats(1, 400), included=st.floats(0, 2), level=st.sampled_from(LEVELS),
    floor_area=st.one_of(st.none(), st.floats(10, 24)),
)  # fmt: skip
def test_homes_and_their_parking_stand_on_the_ground_and_one_more_does_not(
    area: float, homes: float, included: float, level: str | None, floor_area: float | None
) -> None:
    unit = {"homes_per_ha": homes, "parking": included, "floor_area": floor_area}
    place = study(profile(unit=unit), capacity={"parking": "nl", "level": "pt"})
    table = sites(area_m2=[area], pt_level=[level])
    n = int(homes_fit(place.profiles[0], place, table)[0])
    norms = load_parking("nl")
    spaces = norms.spaces(floor_area) * norms.levels["pbl-crow"].share.get(str(level), 1)
    each = 10_000 / homes + max(spaces - included, 0) * 25
    assert n * each <= area * (1 + 1e-9) + 1e-4
    assert (n + 1) * each > area * (1 - 1e-9) - 1e-4
    free = study(profile(unit=unit))
    assert n <= homes_fit(free.profiles[0], free, table)[0] == math.floor(area * homes / 10_000 + 1e-9)


@given(
    level=st.sampled_from(LEVELS), regulated=st.sampled_from([True, False, None]),
    metres=st.one_of(st.none(), st.floats(0, 6000)),
)  # fmt: skip
def test_what_is_not_known_never_lowers_the_norm(
    level: str | None, regulated: bool | None, metres: float | None
) -> None:
    """Against every way in which the unknown may turn out."""
    levels = [level] if level in LEVELS[:4] else LEVELS[:4]
    ways = [regulated] if regulated is not None else [True, False]
    reach = [metres] if metres is not None else [0.0, 6000.0]
    place = asked(level="pt", regulated="permits", cycling={"measure": "station_bike", "at_most": 3000})

    def norms(combinations: list[tuple[Any, Any, Any]]) -> Need:
        a, b, c = zip(*combinations, strict=True)
        return need(place, sites(pt_level=list(a), permits=pd.array(b, dtype="boolean"),
                                 station_bike_m=np.array(c, dtype=float)))  # fmt: skip

    seen = norms([(level, regulated, metres)])
    true = norms([(a, b, c) for a in levels for b in ways for c in reach])
    assert seen.norm[0] == pytest.approx(max(true.norm))
    assert not true.assumed.any()
    assert seen.assumed[0] == (min(true.norm) < max(true.norm) - 1e-12)


@pytest.mark.parametrize(
    ("capacity", "message"),
    [
        ({"level": "pt"}, "'level' is about parking; give 'parking: nl'"),
        ({"regulated": "permits"}, "'regulated' is about parking"),
        ({"parking": "nll"}, "no built-in parking norm 'nll'; did you mean 'nl'"),
        ({"parking": "nl", "level": "ptt"}, "did you mean 'pt'"),
        ({"parking": "nl", "level": "station_bike"}, "no measure of a service level 'station_bike'"),
        ({"parking": "nl", "regulated": "permit"}, "the column 'permit' is not defined; did you mean 'permits'"),
        ({"parking": "nl", "cycling": {"measure": "x", "at_most": 3}}, "the measure 'x' is not defined"),
        ({"rooms": "aedess"}, "did you mean 'aedes'"),
        ({"mix_above": -1}, "greater than or equal to 0"),
        ({"parkeren": "nl"}, "did you mean 'parking'"),
    ],
)
def test_slips_are_refused_at_loading(capacity: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        study(capacity=capacity)


def test_a_public_study_does_not_show_what_is_private_by_its_parking() -> None:
    private = {"parking": "nl", "regulated": "secret"}
    assert norms_of(study(capacity=private)).regulated is not None
    with pytest.raises(ValidationError, match="cannot reckon parking with 'secret', which is private"):
        study(capacity=private, audience="public")


@pytest.mark.parametrize(
    ("capacity", "message"),
    [
        ({"rooms": "haaglanden"}, "capacity.rooms: the norm 'haaglanden' says nothing of rooms.*aedes"),
        ({"occupancy": "aedes"}, "capacity.occupancy: the norm 'aedes' says nothing of households.*haaglanden"),
        ({"rooms": "missing.yaml"}, "no such file"),
        ({"parking": "missing.yaml"}, "no such file"),
    ],
)
def test_norms_that_do_not_serve_are_refused_before_a_run(capacity: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        refuse_norms(study(capacity=capacity))
    refuse_norms(study(capacity={"rooms": "almere2021", "occupancy": "haaglanden", "parking": "nl", "level": "pt"}))


def own_norms(folder: Path, **changes: Any) -> str:
    written = yaml.safe_load(parking_path("nl").read_text(encoding="utf-8")) | changes
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(written), encoding="utf-8")
    return str(path)


def test_norms_of_ones_own(tmp_path: Path) -> None:
    share = {"pbl-crow": {"share": {"4": 0.25}, "passes": ["4"]}}
    own = own_norms(tmp_path, levels=share, full=[{"value": 2}], space_m2={"value": 30})
    found = need(asked(parking=own, level="pt"), sites(pt_level=["4", "2", "0"]))
    assert found.norm == pytest.approx([0.5, 2, 2])
    assert found.assumed.tolist() == [False, True, True], "the file does not say what these levels mean"
    assert found.density[1] == pytest.approx(10_000 / (125 + 1.5 * 30))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"levels": {"ptal": {"share": {"0": 1}}}}, "say nothing of the standard 'pbl-crow'.*ptal"),
        ({"levels": {"pbl-crow": {"share": {"5": 1}}}}, "has no level '5'.*4, 2, 1, 0, stop"),
        ({"levels": {"pbl-crow": {"share": {"4": 1.5}}}}, "less than or equal to 1"),
        ({"full": [{"value": 1}, {"value": 2}]}, "'at_most' rises"),
        ({"full": [{"at_most": 50, "value": 1}]}, "the last row has none"),
        ({"spaces": 3}, "unknown key 'spaces'"),
    ],
)
def test_slips_in_norms_of_ones_own_are_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        refuse_norms(asked(parking=own_norms(tmp_path, **changes), level="pt"))


@pytest.mark.parametrize("name", parking_ids())
def test_every_number_has_a_basis_and_a_certainty(name: str) -> None:
    norms = load_parking(name)
    sources = yaml.safe_load(sources_path().read_text(encoding="utf-8"))
    assert norms.id == name and norms.source in sources
    for part in (norms.space_m2, norms.included, *norms.full, *norms.levels.values(), norms.zero):
        assert part.basis
        assert part.certainty in {"found", "norm", "background", "assumption", "verify"}
        assert part.source is None or part.source in sources
