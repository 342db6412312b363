"""Homes nearby as a wish in both directions: too many is friction, too few is isolation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import flexsite
from tests.acceptance.helpers import box, one_parcel, point, profile_file, vector


def judged(folder: Path, weights: tuple[int, int]) -> pd.DataFrame:
    """Three plots with 0, 20 and 100 homes within 250 m, for one group with both wishes."""
    plots = [box(3000 * i, 0, 3000 * i + 100, 100) for i in range(3)]
    counts = enumerate((0, 20, 100))
    homes: list[Any] = [point(3000 * i + 150 + k % 10, 50 + k // 10) for i, n in counts for k in range(n)]
    vector(folder / "homes.gpkg", homes)
    criteria = {
        "friction": {"measure": "dwellings", "best": 0, "worst": 100, "weight": weights[0]},
        "isolation": {"measure": "dwellings", "best": 40, "worst": 0, "weight": weights[1]},
    }
    profile_file(folder, "group", criteria=criteria)
    path = one_parcel(
        folder,
        layers={"homes": "homes.gpkg"},
        access={"measures": [{"id": "dwellings", "count": "homes", "mode": "straight", "within": 250}]},
        profiles=["group.yaml"],
    )
    vector(folder / "area.gpkg", [box(-1000, -1000, 9000, 1000)])
    vector(folder / "parcels.gpkg", plots, code=["none", "some", "many"])
    result = flexsite.run(flexsite.load(path))
    result.write(folder / f"run{weights}")
    assert result.sites.set_index("site_id")["dwellings_n"].to_dict() == {"none": 0, "some": 20, "many": 100}
    return pd.read_parquet(folder / f"run{weights}" / "suitability.parquet").set_index("site_id")


@pytest.mark.parametrize(
    ("weights", "order"),
    [((10, 0), ["none", "some", "many"]), ((0, 10), ["many", "some", "none"]), ((10, 20), ["many", "some", "none"])],
)
def test_the_sign_turns_the_order(tmp_path: Path, weights: tuple[int, int], order: list[str]) -> None:
    assert judged(tmp_path, weights)["rank"].sort_values().index.tolist() == order


def test_both_are_shown_and_move_nothing_when_they_are_off(tmp_path: Path) -> None:
    table = judged(tmp_path, (0, 0))
    assert table["v_friction"].to_dict() == {"none": 100, "some": 80, "many": 0}
    assert table["v_isolation"].to_dict() == {"none": 0, "some": 50, "many": 100}
    assert table["score"].tolist() == [0.0, 0.0, 0.0]
    assert table["missing"].tolist() == ["", "", ""]


def test_the_middle_wins_when_both_count(tmp_path: Path) -> None:
    table = judged(tmp_path, (10, 10))
    assert table["score"].to_dict() == {"none": 50.0, "some": 65.0, "many": 50.0}
