"""A study with one of everything, for tests that only read the text of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import flexsite
from flexsite.errors import InputError, InputErrors

STUDY = """\
flexsite: 1
name: Test
language: en
crs: EPSG:28992
date: 2026-01-01
term: 15
lead_time: 24
strictness: hard
area: {path: area.gpkg}
layers:
  parcels: parcels.gpkg
  buildings: buildings.gpkg
  plans: {path: plans.gpkg, columns: {start_year: jaar}}
  noise: noise.tif
  zoning: zoning.gpkg
  landscape: landscape.gpkg
  stops: stops.gpkg
candidates:
  layer: parcels
  id: code
  min_area: 100
rules:
  - id: built
    exclude: buildings
    buffer: 5
    class: very_hard
  - id: plans_hard
    exclude: plans
    until: start_year
  - {id: loud, exclude: noise, above: 60, when: {term_above: 10}}
  - id: plan
    route: zoning
    column: use
    allowed: [wonen]
    check: [gemengd]
    otherwise: deviation
  - {id: scenic, cap: landscape, homes: 25}
columns:
  purpose: {layer: zoning, column: use}
access:
  max_snap: 100
  barriers: [buildings]
  measures:
    - id: stop
      to: stops
      mode: straight
    - id: stops_800
      count: stops
      mode: straight
      within: 800
    - {id: loudness, value: noise}
profiles:
  - id: tester
    requires:
      near:
        measure: stop
        at_most: 500
      either:
        any:
          - measure: stop
            at_most: 100
          - column: purpose
            in: [wonen]
    criteria:
      close:
        measure: stop
        best: 100
        worst: 2000
        weight: 60
    unit:
      homes_per_ha: 40
    homes: {min: 5, max: 50}
variants:
  short: {term: 5}
outputs: [parquet]
"""


def load(folder: Path, text: str = STUDY, **overrides: object) -> flexsite.Study:
    """The study of a text, `a__b` in an override standing for `a.b`."""
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return flexsite.load(path, {key.replace("__", "."): value for key, value in overrides.items()})


def problems(folder: Path, text: str) -> list[InputError]:
    """What a load of the text complains about."""
    with pytest.raises((InputError, InputErrors)) as caught:
        load(folder, text)
    found = caught.value
    return found.errors if isinstance(found, InputErrors) else [found]


def line_of(text: str, part: str) -> int:
    """The line of a text (1-based) that is the first to hold a part."""
    return text[: text.index(part)].count("\n") + 1
