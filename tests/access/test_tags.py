"""Permission by OSM tags."""

from __future__ import annotations

import doctest
import importlib
import math

import pytest

from flexsite.access.readers.tags import KEYS, permission, seconds

CASES = {
    "highway=residential": "wfb",
    "highway=residential oneway=yes": "wf",
    "highway=residential oneway=-1": "wb",
    "highway=residential oneway=no": "wfb",
    "highway=residential oneway=yes oneway:bicycle=no": "wfb",
    "highway=residential oneway=yes oneway:bicycle=yes": "wf",
    "highway=residential oneway:bicycle=-1": "wb",
    "highway=residential oneway=yes cycleway=opposite": "wfb",
    "highway=residential oneway=yes cycleway=opposite_lane": "wfb",
    "highway=residential oneway=-1 cycleway:left=opposite_track": "wfb",
    "highway=residential oneway=yes cycleway:left:oneway=-1": "wfb",
    "highway=residential oneway=yes cycleway=lane": "wf",
    "highway=tertiary junction=roundabout": "wf",
    "highway=tertiary junction=roundabout oneway=no": "wfb",
    "highway=cycleway oneway=yes": "wf",
    "highway=cycleway foot=no": "fb",
    "highway=cycleway": "wfb",
    "highway=path": "wfb",
    "highway=track": "wfb",
    "highway=service access=private": "",
    "highway=service access=no": "",
    "highway=service access=no foot=yes": "w",
    "highway=service access=private bicycle=permissive": "fb",
    "highway=service access=destination": "wfb",
    "highway=unclassified vehicle=no": "w",
    "highway=unclassified vehicle=no bicycle=yes": "wfb",
    "highway=unclassified bicycle=no": "w",
    "highway=unclassified bicycle=dismount": "w",
    "highway=unclassified bicycle=use_sidepath": "w",
    "highway=footway": "w",
    "highway=footway bicycle=yes": "wfb",
    "highway=footway bicycle=designated oneway=yes": "wf",
    "highway=footway access=yes": "w",
    "highway=pedestrian": "w",
    "highway=pedestrian bicycle=yes": "wfb",
    "highway=pedestrian area=yes": "",
    "highway=steps": "w",
    "highway=steps foot=no": "",
    "highway=steps bicycle=yes": "wfb",
    "highway=motorway": "",
    "highway=motorway_link": "",
    "highway=motorway access=yes": "",
    "highway=motorway bicycle=yes oneway=yes": "f",
    "highway=trunk": "wfb",
    "highway=trunk motorroad=yes": "",
    "highway=busway": "",
    "highway=construction": "",
    "highway=proposed": "",
    "highway=construction foot=yes": "",
    "highway=platform": "w",
    "highway=elevator": "w",
    "highway=raceway": "",
    "route=ferry": "",
    "route=ferry foot=yes": "wF",
    "route=ferry foot=yes bicycle=yes": "wfbF",
    "route=ferry foot=yes access=private": "",
    "route=bus": "",
    "railway=rail": "",
}


@pytest.mark.parametrize("tags", CASES)
def test_permission(tags: str) -> None:
    allowed = permission(dict(tag.split("=") for tag in tags.split()))
    assert "".join(letter for letter, on in zip("wfbF", allowed[:4], strict=True) if on) == CASES[tags]


@pytest.mark.parametrize("module", ["readers.tags", "streets.model", "readers.osm", "entering.nearby"])
def test_examples(module: str) -> None:
    tried = doctest.testmod(importlib.import_module(f"flexsite.access.{module}"))
    assert tried.attempted
    assert not tried.failed


DRIVE = {
    "highway=residential": "dr",
    "highway=residential oneway=yes": "d",
    "highway=residential oneway=-1": "r",
    "highway=residential oneway=yes oneway:bicycle=no": "d",
    "highway=residential oneway=yes oneway:motor_vehicle=no": "dr",
    "highway=tertiary junction=roundabout": "d",
    "highway=tertiary junction=roundabout oneway=-1": "r",
    "highway=tertiary junction=circular": "d",
    "highway=motorway": "d",
    "highway=motorway oneway=no": "dr",
    "highway=motorway_link": "d",
    "highway=trunk_link": "dr",
    "highway=trunk motorroad=yes": "dr",
    "highway=living_street": "dr",
    "highway=service": "dr",
    "highway=service service=emergency_access": "",
    "highway=service access=private": "",
    "highway=service access=private motor_vehicle=yes": "dr",
    "highway=service access=destination": "dr",
    "highway=service access=permit": "",
    "highway=unclassified vehicle=no": "",
    "highway=unclassified vehicle=no motorcar=yes": "dr",
    "highway=unclassified motor_vehicle=no": "",
    "highway=unclassified motor_vehicle=psv": "",
    "highway=unclassified motor_vehicle=agricultural": "",
    "highway=unclassified motor_vehicle=destination": "dr",
    "highway=unclassified motor_vehicle:backward=no": "d",
    "highway=unclassified vehicle:forward=no": "r",
    "highway=unclassified vehicle:forward=no motorcar:forward=yes": "dr",
    "highway=unclassified access=military": "",
    "highway=track": "",
    "highway=track motor_vehicle=yes": "dr",
    "highway=track access=permissive": "dr",
    "highway=track access=forestry": "",
    "highway=path": "",
    "highway=cycleway": "",
    "highway=cycleway motor_vehicle=yes oneway=yes": "d",
    "highway=pedestrian vehicle=yes": "",
    "highway=pedestrian motor_vehicle=permissive": "dr",
    "highway=pedestrian motor_vehicle=delivery": "",
    "highway=busway": "",
    "highway=construction motor_vehicle=yes": "",
    "highway=unclassified winter_road=yes": "",
    "highway=residential area=yes": "",
    "route=ferry foot=yes": "",
    "route=ferry motor_vehicle=yes": "dr",
    "route=ferry motor_vehicle=yes oneway=yes": "d",
    "route=ferry motor_vehicle=yes access=private": "",
    "route=ferry vehicle=yes motor_vehicle=no": "",
    "railway=platform": "",
}


@pytest.mark.parametrize("tags", DRIVE)
def test_driving(tags: str) -> None:
    allowed = permission(dict(tag.split("=") for tag in tags.split()))
    assert "".join(letter for letter, on in zip("dr", allowed[4:], strict=True) if on) == DRIVE[tags]
    assert allowed.anybody or not any(allowed)


def test_a_car_ferry_is_a_ferry_without_walkers() -> None:
    allowed = permission({"route": "ferry", "motorcar": "yes"})
    assert (allowed.walk, allowed.forward, allowed.ferry, allowed.drive_forward) == (False, False, True, True)


@pytest.mark.parametrize(
    ("tags", "walk"),
    [
        ({"railway": "platform"}, True),
        ({"public_transport": "platform"}, True),
        ({"railway": "platform", "access": "private"}, False),
        ({"railway": "platform", "area": "yes"}, False),
        ({"railway": "platform", "highway": "construction"}, False),
        ({"highway": "cycleway"}, True),
        ({"highway": "residential", "sidewalk": "separate"}, True),
        ({"highway": "footway", "footway": "sidewalk"}, True),
        ({"highway": "path", "ice_road": "yes"}, False),
        ({"route": "ferry", "foot": "yes", "seasonal": "summer"}, True),
    ],
)
def test_where_one_walks_in_the_netherlands(tags: dict[str, str], walk: bool) -> None:
    assert permission(tags).walk == walk
    assert set(tags) <= {*KEYS, "sidewalk", "footway", "seasonal"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20", 1200), ("00:20", 1200), ("0:20", 1200), ("1:05:00", 3900), ("00:00:45", 45), (" 90 ", 5400),
        ("PT20M", 1200), ("pt1h5m", 3900), ("P1DT2H", 93600), ("PT90S", 90),
        ("", None), (None, None), ("soon", None), ("0", None), ("00:00", None), ("-5", None), ("20 min", None),
        ("P", None),        ("1:2:3:4", None), ("20:", None),
    ],
)  # fmt: skip
def test_durations(text: str | None, expected: float | None) -> None:
    found = seconds(text)
    assert found == expected if expected is not None else math.isnan(found)
