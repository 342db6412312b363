"""Single sentences of the contract, one small case each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from affine import Affine

from .helpers import (
    X0,
    Y0,
    box,
    cli,
    day,
    empty,
    ids,
    line,
    one_parcel,
    point,
    poly,
    profile_file,
    raster,
    run_study,
    study_file,
    vector,
)

# Candidates


def test_grid_cells_lie_on_multiples_and_are_clipped_to_the_area(tmp_path: Path) -> None:
    # X0 and Y0 are multiples of 100, so the area covers one whole cell, two halves and a quarter.
    path = one_parcel(tmp_path, candidates={"grid": 100})
    vector(tmp_path / "area.gpkg", [box(0, 0, 150, 150)])
    sites = run_study(path).sites.set_index("site_id")
    west, south = int(X0), int(Y0)
    assert dict(sites["area_m2"]) == {
        f"E{west}N{south}": 10000,
        f"E{west}N{south + 100}": 5000,
        f"E{west + 100}N{south}": 5000,
        f"E{west + 100}N{south + 100}": 2500,
    }


def test_a_candidate_is_taken_whole_when_its_inner_point_lies_in_the_area(tmp_path: Path) -> None:
    path = one_parcel(tmp_path)
    vector(tmp_path / "area.gpkg", [box(-1000, -1000, 60, 1000)])
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 100, 100), box(50, 0, 150, 100)], code=["in", "out"])
    sites = run_study(path).sites
    assert list(zip(sites["site_id"], sites["area_m2"], strict=True)) == [("in", 10000)]


def test_the_area_may_come_in_another_crs_and_with_a_where(tmp_path: Path) -> None:
    path = one_parcel(tmp_path, area={"path": "area.geojson", "where": "code = 'PV27'"})
    frame = gpd.GeoDataFrame(
        {"code": ["PV27", "PV28"]}, geometry=[box(-50, -50, 150, 150), box(500, 0, 900, 100)], crs="EPSG:28992"
    )
    frame.to_crs("EPSG:4326").to_file(tmp_path / "area.geojson", engine="pyogrio")
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 100, 100), box(600, 0, 700, 100)], code=["K1", "K2"])
    assert list(run_study(path).sites["site_id"]) == ["K1"]


def test_join_takes_shared_boundaries_not_corners_nor_missing_values(tmp_path: Path) -> None:
    # 10, 9 and 2 stand in a row; 7 touches 2 in a corner only; the two without owner touch each other.
    path = one_parcel(tmp_path, candidates={"layer": "parcels", "id": "code", "join": "owner"})
    squares = [(0, 0), (100, 0), (200, 0), (300, 100), (0, 300), (100, 300)]
    vector(
        tmp_path / "parcels.gpkg",
        [box(x, y, x + 100, y + 100) for x, y in squares],
        code=["9", "10", "2", "7", "a", "b"],
        owner=["town", "town", "town", "town", None, None],
    )
    sites = run_study(path).sites.set_index("site_id")
    assert dict(sites["area_m2"]) == {"10": 30000, "7": 10000, "a": 10000, "b": 10000}


def test_number_ids_become_strings(tmp_path: Path) -> None:
    path = one_parcel(tmp_path)
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 100, 100), box(200, 0, 300, 100)], code=[10, 9])
    sites = run_study(path).sites
    assert list(sites["site_id"]) == ["10", "9"] and list(sites["candidate_id"]) == ["10", "9"]


def test_without_an_id_the_feature_number_is_used(tmp_path: Path) -> None:
    path = one_parcel(tmp_path, candidates={"layer": "parcels"})
    shapes = [box(0, 0, 100, 100), box(200, 0, 300, 100)]
    vector(tmp_path / "parcels.gpkg", shapes, code=["x", "y"])
    assert list(run_study(path).sites["site_id"]) == ["1", "2"]  # GDAL's feature ids in a GeoPackage
    path = one_parcel(tmp_path, candidates={"layer": "plots"}, layers={"plots": "plots.parquet"})
    vector(tmp_path / "plots.parquet", shapes, code=["x", "y"])
    assert list(run_study(path).sites["site_id"]) == ["0", "1"]


def test_overlapping_candidates_count_whole(tmp_path: Path) -> None:
    path = one_parcel(tmp_path)
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 100, 100), box(50, 0, 150, 100)], code=["K1", "K2"])
    result = run_study(path)
    assert list(result.sites["area_m2"]) == [10000, 10000]
    assert result.waterfall["area_ha"].iloc[0] == 2


# Sites


def test_parts_are_numbered_by_falling_area_then_x_then_y(tmp_path: Path) -> None:
    rules = [{"id": "paths", "exclude": "paths"}]
    path = one_parcel(tmp_path, layers={"paths": "paths.gpkg"}, rules=rules)
    # West column split into two equal halves, east column whole, a sliver of 5 x 100 at x 95.
    vector(tmp_path / "paths.gpkg", [box(40, -1, 50, 101), box(-1, 45, 40, 55), box(90, -1, 95, 101)])
    sites = run_study(path).sites.set_index("site_id")
    assert dict(sites["area_m2"]) == {"K1.1": 4000, "K1.2": 1800, "K1.3": 1800, "K1.4": 500}
    assert sites.geometry["K1.2"].bounds[1] == Y0 and sites.geometry["K1.3"].bounds[1] == Y0 + 55


def test_min_width_looks_at_the_widest_place_and_keeps_the_whole_shape(tmp_path: Path) -> None:
    spec = {"layer": "parcels", "id": "code", "min_width": 19.5}
    path = one_parcel(tmp_path, candidates=spec)
    head = shapely.union_all([box(0, 0, 20, 20), box(20, 8, 120, 12)])  # a square of 20 m with a tail
    strip = box(0, 100, 200, 115)
    vector(tmp_path / "parcels.gpkg", [head, strip], code=["head", "strip"])
    sites = run_study(path).sites
    assert list(zip(sites["site_id"], sites["area_m2"], strict=True)) == [("head", 800)]


def test_min_area_is_inclusive(tmp_path: Path) -> None:
    spec = {"layer": "parcels", "id": "code", "min_area": 10000}
    path = one_parcel(tmp_path, candidates=spec)
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 100, 100), box(200, 0, 299.99, 100)], code=["K1", "K2"])
    assert list(run_study(path).sites["site_id"]) == ["K1"]


# Rules


def excluded_area(folder: Path, rule: dict[str, Any], **layers: Any) -> float:
    """m2 that one rule takes of the one parcel."""
    result = run_study(one_parcel(folder, layers=layers, rules=[{"id": "tested", **rule}]))
    return float(result.waterfall.set_index("rule").loc["tested", "removed_ha"]) * 1e4


def test_lines_and_points_are_excluded_with_a_buffer(tmp_path: Path) -> None:
    vector(tmp_path / "pipes.gpkg", [line((-50, 50), (150, 50))])
    vector(tmp_path / "masts.gpkg", [point(50, 50)])
    assert excluded_area(tmp_path, {"exclude": "x", "buffer": 5}, x="pipes.gpkg") == pytest.approx(1000, abs=1e-5)
    disc = point(50, 50).buffer(10, quad_segs=16).area  # a 64-gon of radius 10: 313.65, not 314.16
    taken = excluded_area(tmp_path, {"exclude": "x", "buffer": 10}, x="masts.gpkg")
    assert taken == pytest.approx(round(disc, 2), abs=1e-5) == 313.65


@pytest.mark.parametrize(
    "outside", [(110, -100, 120, 200), (-20, -100, -10, 200), (-100, 110, 200, 120), (-100, -20, 200, -10)]
)
def test_a_buffer_reaches_features_outside_the_candidates(tmp_path: Path, outside: tuple[float, ...]) -> None:
    vector(tmp_path / "x.gpkg", [box(*outside)])
    assert excluded_area(tmp_path, {"exclude": "x", "buffer": 30}, x="x.gpkg") == pytest.approx(2000, abs=1e-5)


@pytest.mark.parametrize(
    ("test", "taken"),
    [({"above": 60}, 2500), ({"below": 50}, 2500), ({"values": [50, 60]}, 5000), ({"above": 49}, 7500)],
)
def test_raster_conditions_are_strict_and_values_equal(tmp_path: Path, test: dict[str, Any], taken: float) -> None:
    raster(tmp_path / "x.tif", [[50, 60], [65, 40]], cell=50)
    assert excluded_area(tmp_path, {"exclude": "x", **test}, x="x.tif") == pytest.approx(taken, abs=1e-5)


def test_nodata_and_ground_off_the_raster_are_unknown(tmp_path: Path) -> None:
    raster(tmp_path / "x.tif", [[-1, 70]], cell=40, top=40)  # x 0-40 nodata, x 40-80 loud, the rest off the raster
    rule = {"id": "loud", "exclude": "x", "above": 60}
    result = run_study(one_parcel(tmp_path, layers={"x": "x.tif"}, rules=[rule]))
    step = result.waterfall.set_index("rule").loc["loud"]
    assert (step["removed_ha"], step["unknown_ha"]) == (pytest.approx(0.16), pytest.approx(0.84))
    assert ids(result.sites["unknown"].iloc[0]) == ["loud"]


def test_a_raster_in_another_crs_is_not_resampled(tmp_path: Path) -> None:
    """Its cells become quadrilaterals: the same ground as polygons drawn from their corners."""
    import pyproj
    import rasterio

    east, north = pyproj.Transformer.from_crs("EPSG:28992", "EPSG:3035", always_xy=True).transform(X0, Y0)
    west, top = east - 30, north + 130
    transform = Affine(40, 0, west, 0, -40, top)
    values = [[1, 2, 1, 2], [2, 1, 2, 1], [1, 1, 2, 2], [2, 2, 1, 1]]
    options: dict[str, Any] = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": "uint8"}
    with rasterio.open(tmp_path / "x.tif", "w", crs="EPSG:3035", transform=transform, **options) as file:
        file.write(pd.DataFrame(values).to_numpy(dtype="uint8"), 1)
    back = pyproj.Transformer.from_crs("EPSG:3035", "EPSG:28992", always_xy=True)
    parcel = box(0, 0, 100, 100)
    expected = 0.0
    for row in range(4):
        for column in range(4):
            corners = [
                (west + 40 * (column + dx), top - 40 * (row + dy)) for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))
            ]
            if values[row][column] == 2:
                expected += parcel.intersection(shapely.Polygon([back.transform(*corner) for corner in corners])).area
    taken = excluded_area(tmp_path, {"exclude": "x", "values": [2]}, x="x.tif")
    assert taken == pytest.approx(expected, abs=0.011)


def plans(folder: Path, years: list[Any], **rule: Any) -> Any:
    """The result for one parcel under plans that need it in these years, each on its own strip of 10 m."""
    vector(folder / "plans.gpkg", [box(i * 10, 0, i * 10 + 10, 100) for i in range(len(years))], year=years)
    changes = {key: rule.pop(key) for key in ("term", "lead_time", "strictness") if key in rule}
    entry = {"path": "plans.gpkg", **rule.pop("entry", {})}
    rules = [{"id": "plans", "exclude": "plans", "until": "year", **rule}]
    return run_study(one_parcel(folder, layers={"plans": entry}, rules=rules, **changes))


def test_until_takes_what_is_needed_before_the_horizon_ends(tmp_path: Path) -> None:
    # From 2028-01-01, ten years: 2037 is too early, 2038 is not.
    result = plans(tmp_path, [2037, 2038, 2045], lead_time=24)
    site = result.sites.iloc[0]
    assert site["area_m2"] == 9000
    assert day(site["available_from"]) == "2028-01-01"
    assert day(site["available_until"]) == "2038-01-01"
    assert site["net_years"] == 10


def test_net_years_counts_whole_months(tmp_path: Path) -> None:
    site = plans(tmp_path, [2040], lead_time=7).sites.iloc[0]
    assert day(site["available_from"]) == "2026-08-01"
    assert site["net_years"] == pytest.approx((13 * 12 + 5) / 12)


def test_until_of_a_rule_with_its_own_horizon(tmp_path: Path) -> None:
    assert plans(tmp_path, [2035], horizon=9).sites["area_m2"].iloc[0] == 10000
    assert plans(tmp_path, [2035], horizon=10).sites["area_m2"].iloc[0] == 9000


def test_missing_values_mean_needed_now(tmp_path: Path) -> None:
    result = plans(tmp_path, [-99997, 2060], entry={"missing": [-99997]}, lead_time=6)
    site = result.sites.iloc[0]
    assert site["area_m2"] == 9000 and day(site["available_until"]) == "2060-01-01"


def test_columns_rename_and_where_uses_the_names_of_the_file(tmp_path: Path) -> None:
    entry = {"path": "plans.gpkg", "columns": {"start": "jaar"}, "where": "jaar > 0"}
    vector(tmp_path / "plans.gpkg", [box(0, 0, 10, 100), box(10, 0, 20, 100)], jaar=[2030, 2031])
    rule = {"id": "plans", "exclude": "plans", "where": "jaar = 2030", "until": "start"}
    result = run_study(one_parcel(tmp_path, layers={"plans": entry}, rules=[rule]))
    assert result.sites["area_m2"].iloc[0] == 9000


@pytest.mark.parametrize(
    ("strictness", "area"), [("very_hard", 10000), ("hard", 10000), ("medium", 9000), ("soft", 9000)]
)
def test_rules_softer_than_the_strictness_only_mark(tmp_path: Path, strictness: str, area: float) -> None:
    site = plans(tmp_path, [2030], strictness=strictness, **{"class": "medium"}).sites.iloc[0]
    assert site["area_m2"] == area
    if area == 10000:  # demoted: its year goes to mark_until and fails nothing
        assert ids(site["marks"]) == ["plans"]
        assert day(site["mark_until"]) == "2030-01-01"
        assert empty(site["available_until"]) and empty(site["net_years"])
    else:
        assert ids(site["marks"]) == [] and empty(site["mark_until"])


@pytest.mark.parametrize(("term", "area", "marks"), [(10, 10000, ["loud"]), (11, 5000, [])])
def test_a_rule_whose_when_does_not_hold_marks(tmp_path: Path, term: int, area: float, marks: list[str]) -> None:
    raster(tmp_path / "x.tif", [[70, 50], [70, 50]], cell=50)
    rule = {"id": "loud", "exclude": "x", "above": 60, "when": {"term_above": 10}}
    site = run_study(one_parcel(tmp_path, layers={"x": "x.tif"}, rules=[rule], term=term)).sites.iloc[0]
    assert (site["area_m2"], ids(site["marks"])) == (area, marks)


def test_features_of_one_rule_touch_together(tmp_path: Path) -> None:
    """Two strips of 0.6 % each make 1.2 % of the site; their union counts for a mark."""
    vector(tmp_path / "x.gpkg", [box(0, 0, 0.6, 100), box(10, 0, 10.6, 100)])
    rules = [{"id": "marked", "mark": "x"}]
    site = run_study(one_parcel(tmp_path, layers={"x": "x.gpkg"}, rules=rules)).sites.iloc[0]
    assert ids(site["marks"]) == ["marked"]


@pytest.mark.parametrize(
    ("side", "width", "marked"),
    [
        (100, 1, True),  # 1 % and 100 m2: both limits are reached, the first exactly
        (100, 0.99, False),  # 99 m2 but 0.99 %
        (60, 0.9, True),  # 54 m2, 1.5 %
        (60, 0.8, False),  # 48 m2, though 1.3 %
        (8, 4, True),  # a site of 64 m2: half of it, 32 m2, is enough
        (8, 3.9, False),
    ],
)
def test_touching_needs_a_share_and_an_area(tmp_path: Path, side: float, width: float, marked: bool) -> None:
    path = one_parcel(tmp_path, layers={"x": "x.gpkg"}, rules=[{"id": "marked", "mark": "x"}])
    vector(tmp_path / "parcels.gpkg", [box(0, 0, side, side)], code=["K1"])
    vector(tmp_path / "x.gpkg", [box(0, 0, width, side)])
    assert ids(run_study(path).sites["marks"].iloc[0]) == (["marked"] if marked else [])


def test_touch_can_be_set_per_rule(tmp_path: Path) -> None:
    vector(tmp_path / "x.gpkg", [box(0, 0, 30, 100)])
    rules = [
        {"id": "wide", "mark": "x", "touch": {"share": 0.31, "area": 50}},
        {"id": "exact", "mark": "x", "touch": {"share": 0.3, "area": 3000}},
        {"id": "large", "mark": "x", "touch": {"share": 0.3, "area": 3001}},
    ]
    site = run_study(one_parcel(tmp_path, layers={"x": "x.gpkg"}, rules=rules)).sites.iloc[0]
    assert ids(site["marks"]) == ["exact"]


def test_the_smallest_cap_that_touches_holds(tmp_path: Path) -> None:
    vector(tmp_path / "x.gpkg", [box(0, 0, 100, 50), box(0, 50, 100, 90), box(0, 99.5, 100, 100)], most=[30, 12, 3])
    rules = [{"id": "caps", "cap": "x", "homes": "most"}, {"id": "number", "cap": "x", "homes": 20}]
    names = [profile_file(tmp_path, "tester", homes={"min": 1})]
    result = run_study(one_parcel(tmp_path, layers={"x": "x.gpkg"}, rules=rules, profiles=names))
    row = result.suitability.iloc[0]
    assert (row["homes_fit"], row["homes"]) == (40, 12)  # the cap of 3 covers 0.5 % only


@pytest.mark.parametrize(
    ("under", "over", "route", "share"),
    [
        ("wonen", "gemengd", "check", 0.6),
        ("wonen", "agrarisch", "deviation", 0.6),
        ("gemengd", "agrarisch", "check", 1),
        ("wonen", None, "deviation", 0.6),
        ("wonen", "wonen", "allowed", 1),
    ],
)
def test_where_zones_overlap_the_stricter_route_holds(
    tmp_path: Path, under: str, over: str | None, route: str, share: float
) -> None:
    vector(tmp_path / "z.gpkg", [box(0, 0, 100, 100), box(0, 0, 60, 100)], doel=[under, over])
    lists = {"allowed": ["wonen"], "check": ["gemengd"], "forbidden": ["natuur"], "otherwise": "deviation"}
    rule = {"id": "plan", "route": "z", "column": "doel", **lists}
    site = run_study(one_parcel(tmp_path, layers={"z": "z.gpkg"}, rules=[rule])).sites.iloc[0]
    assert (site["route"], site["route_share"]) == (
        route,
        1.0 if route in (under, "allowed") else pytest.approx(site["route_share"]),
    )
    assert site["route_share"] >= 0.6


def test_route_is_unlisted_by_default_and_unknown_outside_the_coverage(tmp_path: Path) -> None:
    vector(tmp_path / "z.gpkg", [box(0, 0, 40, 100)], doel=["agrarisch"])
    vector(tmp_path / "known.gpkg", [box(-10, -10, 40, 110)])
    rule = {"id": "plan", "route": "z", "column": "doel", "allowed": ["wonen"]}
    covered = run_study(one_parcel(tmp_path, layers={"z": {"path": "z.gpkg", "coverage": "known.gpkg"}}, rules=[rule]))
    site = covered.sites.iloc[0]
    assert (site["route"], site["route_share"]) == ("unknown", pytest.approx(0.6))
    assert ids(site["unknown"]) == ["plan"]
    site = run_study(one_parcel(tmp_path, layers={"z": "z.gpkg"}, rules=[rule])).sites.iloc[0]
    assert (site["route"], site["route_share"]) == ("unlisted", 1)


def test_ties_between_routes_go_by_their_order(tmp_path: Path) -> None:
    vector(tmp_path / "z.gpkg", [box(0, 0, 50, 100), box(50, 0, 100, 100)], doel=["wonen", "gemengd"])
    rule = {"id": "plan", "route": "z", "column": "doel", "allowed": ["wonen"], "check": ["gemengd"]}
    site = run_study(one_parcel(tmp_path, layers={"z": "z.gpkg"}, rules=[rule])).sites.iloc[0]
    assert (site["route"], site["route_share"]) == ("check", 0.5)


# Unknown


@pytest.mark.parametrize(
    ("outside", "area", "unknown"),
    [(None, 7000, ["built"]), ("unknown", 7000, ["built"]), ("exclude", 3000, []), ("free", 7000, [])],
)
def test_ground_outside_the_coverage(tmp_path: Path, outside: str | None, area: float, unknown: list[str]) -> None:
    # Known x 0-60, of which x 0-30 is taken.
    vector(tmp_path / "x.gpkg", [box(0, 0, 30, 100)])
    vector(tmp_path / "known.gpkg", [box(-10, -10, 60, 110)])
    rule = {"id": "built", "exclude": "x"} | ({"outside_coverage": outside} if outside else {})
    entry = {"path": "x.gpkg", "coverage": "known.gpkg"}
    site = run_study(one_parcel(tmp_path, layers={"x": entry}, rules=[rule])).sites.iloc[0]
    assert (site["area_m2"], ids(site["unknown"])) == (area, unknown)


def test_excluding_beyond_the_coverage_leaves_no_spike_on_a_slanting_edge(tmp_path: Path) -> None:
    """A needle of no area along the old edge would still count in distances and bounds."""
    rule = {"id": "built", "exclude": "x", "outside_coverage": "exclude"}
    layers = {"x": {"path": "x.gpkg", "coverage": "known.gpkg"}, "stops": "stops.gpkg"}
    measures = [{"id": "stop", "to": "stops", "mode": "straight"}]
    path = one_parcel(tmp_path, layers=layers, rules=[rule], access={"measures": measures})
    vector(tmp_path / "parcels.gpkg", [poly((3, 5), (20, 44), (51, 58), (7, 7))], code=["K1"])
    vector(tmp_path / "x.gpkg", [box(29, 8, 35, 30)])
    vector(tmp_path / "known.gpkg", [box(-4, -5, 35, 30)])
    vector(tmp_path / "stops.gpkg", [point(20, 100)])
    site = run_study(path).sites.iloc[0]
    assert site["geometry"].bounds[3] == pytest.approx(Y0 + 30, abs=1e-6)
    assert site["stop_m"] == pytest.approx(70, abs=1e-6)


def test_coverage_by_extent(tmp_path: Path) -> None:
    vector(tmp_path / "x.gpkg", [box(0, 0, 10, 10), box(50, 90, 60, 100)])
    rule = {"id": "built", "exclude": "x"}
    result = run_study(one_parcel(tmp_path, layers={"x": {"path": "x.gpkg", "coverage": "extent"}}, rules=[rule]))
    assert result.waterfall.set_index("rule").loc["built", "unknown_ha"] == pytest.approx(0.4)
    assert ids(result.sites["unknown"].iloc[0]) == ["built"]


def test_keep_leaves_ground_outside_the_coverage(tmp_path: Path) -> None:
    vector(tmp_path / "x.gpkg", [box(0, 0, 30, 100)])
    vector(tmp_path / "known.gpkg", [box(-10, -10, 60, 110)])
    entry = {"path": "x.gpkg", "coverage": "known.gpkg"}
    strict = [{"id": "use", "keep": "x", "outside_coverage": "exclude"}]
    assert list(run_study(one_parcel(tmp_path, layers={"x": entry}, rules=strict)).sites["area_m2"]) == [3000]
    result = run_study(one_parcel(tmp_path, layers={"x": entry}, rules=[{"id": "use", "keep": "x"}]))
    sites = result.sites.set_index("site_id")
    assert dict(sites["area_m2"]) == {"K1.1": 4000, "K1.2": 3000}
    assert [ids(text) for text in sites["unknown"]] == [["use"], []]


# Columns and suitability


def test_columns_sum_per_value_and_ties_go_by_code_point(tmp_path: Path) -> None:
    vector(
        tmp_path / "x.gpkg",
        [box(0, 0, 40, 100), box(40, 0, 60, 100), box(60, 0, 90, 100), box(90, 0, 95, 100)],
        name=["b", "a", "a", None],
    )
    columns = {"town": {"layer": "x", "column": "name"}}
    site = run_study(one_parcel(tmp_path, layers={"x": "x.gpkg"}, columns=columns)).sites.iloc[0]
    assert (site["town"], site["town_share"]) == ("a", 0.5)
    vector(tmp_path / "x.gpkg", [box(0, 0, 50, 100), box(50, 0, 100, 100)], name=["b", "Z"])
    site = run_study(tmp_path / "study.yaml").sites.iloc[0]
    assert (site["town"], site["town_share"]) == ("Z", 0.5)


def test_requirements_on_columns_and_the_route(tmp_path: Path) -> None:
    vector(tmp_path / "z.gpkg", [box(0, 0, 100, 100)], doel=["gemengd"], score=[7])
    rule = {"id": "plan", "route": "z", "column": "doel", "allowed": ["wonen"], "check": ["gemengd"]}
    profiles = {
        "by_list": {"owner": {"column": "zone", "in": ["gemengd", "wonen"]}},
        "by_other": {"owner": {"column": "zone", "in": ["natuur"]}},
        "by_number": {"grade": {"column": "grade", "at_least": 7, "at_most": 7}},
        "by_more": {"grade": {"column": "grade", "at_least": 7.5}},
        "by_any": {"one": {"any": [{"column": "grade", "at_least": 8}, {"column": "zone", "in": ["gemengd"]}]}},
    }
    path = one_parcel(
        tmp_path,
        layers={"z": "z.gpkg"},
        rules=[rule],
        columns={"zone": {"layer": "z", "column": "doel"}, "grade": {"layer": "z", "column": "score"}},
        profiles=[profile_file(tmp_path, name, requires=requires) for name, requires in profiles.items()],
    )
    table = run_study(path).suitability.set_index("profile")
    assert dict(table["failed"]) == {
        "by_list": "",
        "by_other": "owner",
        "by_number": "",
        "by_more": "grade",
        "by_any": "",
    }


def test_the_score_is_a_mean_of_whole_numbers_rounded_half_up(tmp_path: Path) -> None:
    vector(tmp_path / "x.gpkg", [point(300, 50)])  # 200 m from the parcel
    measures = [{"id": "stop", "to": "x", "mode": "straight"}]
    criteria = {
        "half": {"measure": "stop", "best": 0, "worst": 320, "weight": 1},  # 37.5 becomes 38
        "over": {"measure": "stop", "best": 250, "worst": 1000, "weight": 2},  # better than best: 100
        "under": {"measure": "stop", "best": 0, "worst": 100, "weight": 3},  # worse than worst: 0
        "absent": {"measure": "park", "best": 0, "worst": 100, "weight": 4},  # not defined: 0
        "ignored": {"measure": "stop", "best": 0, "worst": 250, "weight": 0},
    }
    names = [profile_file(tmp_path, "tester", criteria=criteria)]
    path = one_parcel(tmp_path, layers={"x": "x.gpkg"}, access={"measures": measures}, profiles=names)
    row = run_study(path).suitability.iloc[0]
    assert [row[f"v_{name}"] for name in ("half", "over", "under", "ignored")] == [38, 100, 0, 20]
    assert row["missing"] == "absent"
    assert row["score"] == pytest.approx((38 + 200) / 10, abs=1e-12)
    assert row["rank"] == 1


def test_homes_do_not_depend_on_how_the_ground_is_cut(tmp_path: Path) -> None:
    """homes_fit is floor(area * density / 10000 + 1e-9): 1.25 ha at 18.4 is 23, though floats make it 22.999..."""
    names = [profile_file(tmp_path, "tester", unit={"homes_per_ha": 18.4, "floor_area": 28, "storeys": 1, "rooms": 1})]
    path = one_parcel(tmp_path, profiles=names)
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 125, 100)], code=["K1"])
    assert run_study(path).suitability["homes_fit"].iloc[0] == 23


def test_counts_and_straight_distances(tmp_path: Path) -> None:
    vector(tmp_path / "x.gpkg", [point(50, 50), point(150, 50), point(100, 180), point(900, 50)], jobs=[5, 7, 11, 100])
    measures = [
        {"id": "near", "to": "x", "mode": "straight"},
        {"id": "number", "count": "x", "mode": "straight", "within": 60},
        {"id": "jobs", "sum": "jobs", "of": "x", "mode": "straight", "within": 90},
    ]
    site = run_study(one_parcel(tmp_path, layers={"x": "x.gpkg"}, access={"measures": measures})).sites.iloc[0]
    assert (site["near_m"], site["number_n"], site["jobs_n"]) == (0, 2, 23)


def test_every_table_tells_the_same_sums(tmp_path: Path) -> None:
    """The part kept is 100.004 m2, the part dropped 10.004: rounded apart 110.00, together 110.01."""
    spec = {"layer": "parcels", "id": "code", "min_area": 50}
    path = one_parcel(tmp_path, candidates=spec, layers={"x": "x.gpkg"}, rules=[{"id": "path", "exclude": "x"}])
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 16.0008, 10)], code=["K1"])
    vector(tmp_path / "x.gpkg", [box(10.0004, -1, 15.0004, 11)])
    result = run_study(path)
    assert list(result.sites["area_m2"]) == [100]
    steps = result.waterfall.set_index("rule")
    assert steps.loc["path", "area_ha"] == pytest.approx(0.011001, abs=1e-9)
    assert steps.loc["min_size", "area_ha"] == pytest.approx(0.01, abs=1e-9)
    for rule, taken in result.taken.groupby("rule")["taken_m2"].sum().items():
        assert taken / 1e4 == pytest.approx(steps.loc[rule, "removed_ha"], abs=1e-9), rule


# The whole


def test_set_changes_the_study_for_one_run(tmp_path: Path) -> None:
    vector(tmp_path / "x.gpkg", [box(45, 45, 55, 55)])
    rules = [{"id": "built", "exclude": "x"}]
    names = [profile_file(tmp_path, "tester", homes={"min": 1})]
    path = one_parcel(tmp_path, layers={"x": "x.gpkg"}, rules=rules, profiles=names)
    set_ = ["--set", "term=15", "--set", "rules.built.buffer=45", "--set", "profiles.tester.homes.max=3"]
    outcome = cli("run", path, "--out", tmp_path / "out", "--quiet", *set_)
    assert outcome.code == 0, outcome.err
    sites = gpd.read_parquet(tmp_path / "out" / "sites.parquet")
    rounded = 10000 - box(45, 45, 55, 55).buffer(45, quad_segs=16).area
    assert sites["area_m2"].sum() == pytest.approx(rounded, abs=0.03)
    homes = pd.read_parquet(tmp_path / "out" / "suitability.parquet")["homes"]
    assert homes.max() <= 3
    assert '"term": 15' in (tmp_path / "out" / "run.json").read_text(encoding="utf-8")


def test_private_columns_stay_out_of_a_public_run(tmp_path: Path) -> None:
    vector(tmp_path / "owners.gpkg", [box(0, 0, 100, 100)], owner=["A. Secret"], kind=["private"])
    columns = {
        "owner_class": {"layer": "owners", "column": "kind"},
        "owner_name": {"layer": "owners", "column": "owner", "private": True},
    }
    path = one_parcel(tmp_path, layers={"owners": "owners.gpkg"}, columns=columns, outputs=["parquet", "gpkg", "map"])
    for audience in ("internal", "public"):
        out = tmp_path / audience
        assert cli("run", path, "--out", out, "--quiet", "--set", f"audience={audience}").code == 0
        shown = "owner_name" in gpd.read_parquet(out / "sites.parquet").columns
        assert shown == (audience == "internal")
        if audience == "public":
            assert "owner_name" in (out / "run.json").read_text(encoding="utf-8")
            for file in out.iterdir():
                assert b"A. Secret" not in file.read_bytes(), file.name
                if file.name != "run.json":
                    assert b"owner_name" not in file.read_bytes(), file.name


def test_the_folder_is_named_after_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = one_parcel(tmp_path, name="Mijn Eiland, eerste")
    monkeypatch.chdir(tmp_path)
    assert cli("run", path, "--quiet").code == 0
    folders = [entry.name for entry in tmp_path.iterdir() if entry.is_dir()]
    assert len(folders) == 1 and folders[0].lower().startswith("mijn")
    assert (tmp_path / folders[0] / "run.json").exists()


def test_profiles_order_the_suitability_table(tmp_path: Path) -> None:
    names = [profile_file(tmp_path, name) for name in ("zeta", "alpha")]
    path = one_parcel(tmp_path, profiles=names)
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 100, 100), box(200, 0, 300, 100)], code=["b", "B"])
    table = run_study(path).suitability
    rows = list(zip(table["profile"], table["site_id"], table["rank"], strict=True))
    assert rows == [("zeta", "B", 1), ("zeta", "b", 2), ("alpha", "B", 1), ("alpha", "b", 2)]


def test_the_study_is_read_with_the_words_of_yaml_1_2(tmp_path: Path) -> None:
    """`no`, `on` and 012 are what they look like: two words and a number."""
    content = one_parcel(tmp_path).read_text(encoding="utf-8")
    content = content.replace("name: One parcel", "name: no").replace("term: 10", "term: 012")
    path = tmp_path / "study.yaml"
    path.write_text(content, encoding="utf-8")
    assert cli("run", path, "--out", tmp_path / "out", "--quiet").code == 0
    text = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert '"name": "no"' in text and '"term": 12' in text


def test_study_paths_are_relative_to_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = one_parcel(inner)
    monkeypatch.chdir(tmp_path)
    assert cli("run", path, "--out", tmp_path / "out", "--quiet").code == 0
    assert study_file(inner, {"a": 1}, "other.yaml").exists()
