"""Permission by OSM tags."""

from __future__ import annotations

import doctest
import importlib

import pytest

from flexsite.access.readers.tags import permission

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


@pytest.mark.parametrize("module", ["readers.tags", "streets", "readers.osm"])
def test_examples(module: str) -> None:
    tried = doctest.testmod(importlib.import_module(f"flexsite.access.{module}"))
    assert tried.attempted
    assert not tried.failed
