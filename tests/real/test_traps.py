"""The readers on the traps of real files: invalid, drawn as points, with heights, without CRS, in six CRSs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from flexsite.errors import InputError
from flexsite.layers import Layers
from flexsite.study.models import Layer

from .conftest import RD, run

pytestmark = pytest.mark.shared
NATURE = "natura2000_RVO2026_NL-excl-ZL-DR.gpkg"


def opened(**specs: Layer) -> Layers:
    return Layers(specs, pyproj.CRS(RD))


def test_every_invalid_nature_area_is_repaired_and_counted(data: Path) -> None:
    raw = gpd.read_file(data / NATURE).to_crs(RD)
    invalid = raw.geometry[~raw.is_valid]
    layers = opened(nature=Layer(path=data / NATURE))
    frame = layers.vector("nature").frame
    counts = layers.report["nature"].counts()
    assert (counts["read"], counts["repaired"]) == (122, 35) == (len(raw), len(invalid))
    assert frame.is_valid.all()
    # Parts under the birds and the habitats directive overlap: that ground counts once, it does not vanish.
    once = invalid.map(lambda area: shapely.union_all([part.buffer(0) for part in area.geoms])).area
    np.testing.assert_allclose(frame.geometry[invalid.index].area, once, atol=1)
    assert once.sum() - invalid.make_valid(method="linework").area.sum() > 1e6


def test_a_window_repairs_only_what_it_reads(data: Path) -> None:
    layers = opened(nature=Layer(path=data / NATURE))
    read = layers.vector("nature", bounds=(100_000, 480_000, 130_000, 560_000)).frame
    counts = layers.report["nature"].counts()
    assert 0 < counts["repaired"] < 35 and counts["read"] == len(read) < 122


def test_heights_are_dropped(data: Path) -> None:
    path = data / "bag_panden_Wageningen_1000_WFS2020.gml"
    assert b'srsDimension="3"' in path.read_bytes()
    frame = opened(buildings=Layer(path=path)).vector("buildings").frame
    assert len(frame) == 1000 and not frame.has_z.any()


class TestGroundRegister:
    """Raw BGT of Otterlo inside its archive: history, curves, no CRS, labels beside buildings."""

    ARCHIVE = "bgt_Otterlo-Ede_2020-08_gml.zip"
    CLEAN = "bgt_Otterlo-Ede_2020-08_current_polygons.gpkg"
    CURRENT = "eindRegistratie IS NULL"

    def test_a_file_without_crs_is_refused_until_the_study_names_it(self, data: Path) -> None:
        path = data / self.ARCHIVE / "bgt_pand.gml"
        with pytest.raises(InputError, match="no CRS"):
            opened(buildings=Layer(path=path)).vector("buildings")
        layers = opened(buildings=Layer(path=path, crs=RD))
        assert len(layers.vector("buildings").frame) == 2273

    def test_history_is_filtered_and_curves_are_straightened(self, data: Path) -> None:
        path = data / self.ARCHIVE / "bgt_begroeidterreindeel.gml"
        layers = opened(green=Layer(path=path, where=self.CURRENT))
        frame = layers.vector("green", columns=["lokaalID"]).frame
        clean = gpd.read_file(data / self.CLEAN, layer="bgt_begroeidterreindeel")
        assert len(frame) == 638 < layers.report["green"].features == 1168
        assert set(frame["lokaalID"]) == set(clean["lokaalID"])
        assert set(shapely.get_type_id(frame.geometry)) <= {3, 6}
        assert frame.area.sum() == pytest.approx(clean.area.sum(), rel=1e-5)

    def test_label_points_in_place_of_buildings_are_refused(self, data: Path) -> None:
        raw = {"path": str(data / self.ARCHIVE / "bgt_pand.gml"), "crs": RD, "where": self.CURRENT}
        with pytest.raises(InputError, match="949 features are lines or points"):
            run("bgt/otterlo.yaml", {"layers.buildings": raw, "rules.built.buffer": 0})


# What lies where: a file of each CRS, as it says itself, and a municipality that holds some of it.
FILES = {
    "EPSG:28992": ({"path": "percelen_LKI_Amsterdam_51.gpkg"}, "Amsterdam", 51),
    "EPSG:4326": ({"path": "ziekenhuizen_Amsterdam_jetlag2026.geojson"}, "Amsterdam", 7),
    "EPSG:4258": ({"path": "percelen_INSPIRE-CP_NoordHolland-StedeBroec_50.gml"}, "Stede Broec", 50),
    "EPSG:3857": ({"path": "wijken-CBS2017_Groningen_epsg3857_shp.zip"}, "Groningen", 15),
    "OGC:CRS84": ({"path": "buurten_Amsterdam_wgs84.geojson"}, "Amsterdam", 518),
    "none": ({"path": "treinstations_trainline2016_NL.csv", "crs": "EPSG:4326", "where": "uic <> ''"}, "Alkmaar", 411),
}


class TestSixReferenceSystems:
    """One study, six ways of saying where things are."""

    @pytest.fixture(scope="class")
    def layers(self, data: Path) -> Layers:
        specs = {
            name.replace(":", "_").lower(): Layer.model_validate({**spec, "path": data / spec["path"]})
            for name, (spec, _, _) in FILES.items()
        }
        return opened(**specs)

    @pytest.mark.parametrize("crs", FILES)
    def test_everything_lands_where_it_lies(self, layers: Layers, municipalities: gpd.GeoDataFrame, crs: str) -> None:
        _, place, count = FILES[crs]
        name = crs.replace(":", "_").lower()
        frame = layers.vector(name).frame
        assert frame.crs == RD and len(frame) == count
        home: Any = municipalities.set_index("statnaam").geometry[place]
        share = shapely.intersects(shapely.point_on_surface(frame.geometry.to_numpy()), home).mean()
        assert share > (0 if crs == "none" else 0.85)
        assert layers.report[name].crs == ("EPSG:4326" if crs == "none" else crs)

    def test_stations_land_in_all_twelve_provinces(self, layers: Layers, data: Path) -> None:
        provinces = gpd.read_file(data / "provincies_NL_wgs84.geojson").to_crs(RD)
        found = gpd.sjoin(layers.vector("none").frame, provinces)
        assert found["provincieCode"].nunique() == 12


def test_reading_leaves_no_file_beside_the_data(data: Path) -> None:
    before = {path.name for path in data.iterdir()}
    for name in ("bestemmingsplan_IMRO2006_Borsele_NL.IMRO.06540000BS4376.gml",):
        layers = opened(zoning=Layer(path=data / name, layer="Enkelbestemming"))
        assert len(layers.vector("zoning", columns=["bestemmingshoofdgroep"]).frame) == 51
    assert {path.name for path in data.iterdir()} == before
