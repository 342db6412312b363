"""The card of a site names its kind, what is known of it, what it lacks and what must be weighed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import yaml

import flexsite

from .test_browser import where

pytestmark = pytest.mark.browser


def built(folder: Path) -> flexsite.Result:
    """A parcel, and a vacant office of two years that is not on it."""
    for name, shape, own in (
        ("area", shapely.box(150_000, 450_000, 150_500, 450_500), {}),
        ("parcels", shapely.box(150_000, 450_000, 150_100, 450_100), {"code": ["P1"]}),
        ("blocks", shapely.box(150_300, 450_300, 150_340, 450_340), {"code": ["B1"], "m2": [1234.0], "leeg": [0.5]}),
    ):
        gpd.GeoDataFrame(own, geometry=[shape], crs=28992).to_file(folder / f"{name}.gpkg", engine="pyogrio")
    also = {
        "layer": "blocks",
        "id": "code",
        "kind": "building",
        "columns": {"floor_area": "m2", "vacant_years": "leeg"},
    }
    study = {
        "flexsite": 1, "name": "Kinds", "language": "nl", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10,
        "area": "area.gpkg", "layers": {"parcels": "parcels.gpkg", "blocks": "blocks.gpkg"},
        "candidates": {"layer": "parcels", "id": "code", "also": [also]}, "profiles": ["starter"],
    }  # fmt: skip
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    return flexsite.run(flexsite.load(folder / "study.yaml"))


def test_the_card_of_a_building_reads_in_the_language_of_the_study(open_map: Any, tmp_path: Path) -> None:
    opened = open_map(built(tmp_path).map().html())
    found = opened.js("flexsite.explain(150320, 450320)")
    assert (found["site_id"], found["site_kind"]) == ("B1", "building")
    opened.page.mouse.click(*where(opened, 150_320, 450_320))
    card = opened.text("#fs-card")
    for part in (
        "Leegstaand gebouw", "Bewoning niet nagegaan", "Gebruiksoppervlakte (m²)", "1.234", "Jaren leeg",
        "Minstens een jaar leeg", "Gebruiksdoel dat om te bouwen is",
    ):  # fmt: skip
        assert part in card, part
    assert "Lift niet nagegaan" not in card and "Bouwlagen" not in card  # nothing is known of its storeys
    land = opened.js("flexsite.explain(150050, 450050)")
    asked = [{one["id"] for one in here["requirements"]} for here in (found, land)]
    assert asked[1] < asked[0], "what is asked of buildings is not said to be met by ground"
    assert land["site_kind"] == "land" and not any(fact["value"] for fact in land["kind_facts"])
    opened.quiet()
