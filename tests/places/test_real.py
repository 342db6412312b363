"""Tables and delineations on real data, against pandas and an overlay made without flexsite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from scipy.stats import spearmanr

import flexsite
from flexsite.layers import Layers
from flexsite.study.layer import Layer
from tests.acceptance.helpers import RD, study_file

pytestmark = pytest.mark.shared
MUNICIPALITIES = "gemeenten_CBS2022-gegeneraliseerd_NL_wgs84.geojson"
STOCK = "woningvoorraad_gemeenten_CBS_2012-2020_NL.csv"
WIJKEN = "wijken-CBS2017_Groningen_epsg3857_shp.zip"
SQUARES = "cbs-vierkant100m-2014_Groningen_epsg3857_shp.zip"


def test_the_stock_of_homes_joins_the_municipalities(shared: Path) -> None:
    data = shared / "data"
    frame = gpd.read_file(data / MUNICIPALITIES)
    stock = pd.read_csv(data / STOCK).set_index("Regio's")
    name = next(column for column in frame.columns if frame[column].eq("Amsterdam").any())
    table = {"path": data / STOCK, "key": "Regio's", "on": name, "year": 2020}
    layers = Layers({"m": Layer(path=data / MUNICIPALITIES, table=table)}, CRS(RD))
    read = layers.vector("m", columns=[name, "voorraad_max", "dif_voorraad"]).frame
    expected = frame[name].map(stock["voorraad_max"]), frame[name].map(stock["dif_voorraad"])
    assert read["voorraad_max"].fillna(-1).tolist() == expected[0].fillna(-1).tolist()
    assert read["dif_voorraad"].fillna(-1).tolist() == expected[1].fillna(-1).tolist()
    found = layers.unmatched("m")
    assert found is not None
    assert found.keys == sorted(set(stock.index) - set(frame[name]))
    assert found.features == sorted(set(frame[name]) - set(stock.index))
    assert "Utrecht (gemeente)" in found.keys, "names are no keys: the table calls some municipalities otherwise"


@pytest.fixture(scope="module")
def groningen(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> flexsite.Result:
    """Cells of 500 m in Groningen, with people by district and by square of 100 m."""
    data = shared / "data"
    missing = [-99997, -99998]
    content: dict[str, Any] = {
        "flexsite": 1, "name": "Groningen", "crs": RD, "date": "2017-01-01", "term": 10,
        "area": str(data / WIJKEN),
        "layers": {
            "districts": {"path": str(data / WIJKEN), "columns": {"people": "AANT_INW"}, "missing": missing},
            "squares": {"path": str(data / SQUARES), "columns": {"people": "INW2014"}, "missing": missing},
        },
        "candidates": {"grid": 500},
        "boundaries": [
            {"measure": "people", "layers": {"wijk": "districts", "square": "squares"}, "column": "people",
             "buffer": 250, "grid": 250, "threshold": 20},
        ],
        "outputs": ["parquet"],
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("groningen")
    return flexsite.run(flexsite.load(study_file(folder, content)))


def by_overlay(cells: gpd.GeoDataFrame, file: Path, column: str) -> pd.Series[Any]:
    """Mean of a column on each cell, weighted by ground; missing where less than half has one."""
    areas = gpd.read_file(file).to_crs(RD)
    areas[column] = pd.to_numeric(areas[column])  # the squares have it as text
    areas = areas[areas[column] > -99997][[column, "geometry"]]
    numbered = cells.assign(cell=range(len(cells)))[["cell", "geometry"]]
    parts = gpd.overlay(numbered, areas.assign(geometry=areas.geometry.make_valid()), keep_geom_type=True)
    parts["ground"] = parts.geometry.area
    parts["worth"] = parts["ground"] * parts[column]
    sums = parts.groupby("cell")[["ground", "worth"]].sum().reindex(range(len(cells)))
    mean = sums["worth"] / sums["ground"]
    half: pd.Series[Any] = mean.where(sums["ground"] >= 0.5 * cells.geometry.area.to_numpy())
    return half


def test_people_by_district_and_by_square_rank_cells_differently(shared: Path, groningen: flexsite.Result) -> None:
    rows = {(row["a"], row["b"]): row for row in groningen.tables["boundaries"].to_dict("records")}
    assert len(rows) == 6
    cells = groningen.sites
    left = by_overlay(cells, shared / "data" / WIJKEN, "AANT_INW")
    right = by_overlay(cells, shared / "data" / SQUARES, "INW2014")
    known = left.notna() & right.notna()
    row = rows["wijk", "square"]
    assert row["sites"] == known.sum() > 50
    assert row["spearman"] == pytest.approx(spearmanr(left[known], right[known]).statistic, abs=1e-3)
    assert row["flips"] == ((left[known] >= 20) != (right[known] >= 20)).sum()
    assert row["spearman"] < rows["square", "buffer_250"]["spearman"] < 1
    assert all(np.isfinite(one["spearman"]) for one in rows.values())
