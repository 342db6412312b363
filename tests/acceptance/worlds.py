"""Random small worlds for the property tests, and their files."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import shapely
import yaml
from hypothesis import strategies as st

from .helpers import X0, Y0, raster, study_file, vector
from .oracle import Cells, Features, World

SIDE = 60
IDS = ("b", "B", "10", "9", "é", "a b", "zz", "A1")
CLASSES = ("x", "y", "z")


def numbers(grid: bool) -> st.SearchStrategy[float]:
    """Coordinates on whole metres, or anywhere."""
    whole = st.integers(0, SIDE)
    return whole.map(float) if grid else st.integers(0, SIDE * 99_991).map(lambda n: n / 99_991.0)


@st.composite
def shapes(draw: st.DrawFn, grid: bool) -> shapely.Polygon:
    """A rectangle, a triangle or a convex hull of at least 4 m2."""
    kind = draw(st.sampled_from(["box", "box", "hull"]))
    number = numbers(grid)
    if kind == "box":
        x, y = draw(number), draw(number)
        w, h = draw(st.integers(3, 40)), draw(st.integers(3, 40))
        return shapely.box(X0 + x, Y0 + y, X0 + x + w, Y0 + y + h)
    corners = draw(st.lists(st.tuples(number, number), min_size=3, max_size=5))
    hull = shapely.MultiPoint([(X0 + x, Y0 + y) for x, y in corners]).convex_hull
    if hull.geom_type != "Polygon" or hull.area < 4:
        x, y = corners[0]
        return shapely.box(X0 + x, Y0 + y, X0 + x + 7, Y0 + y + 5)
    return hull


@st.composite
def layers(draw: st.DrawFn, grid: bool) -> Features:
    geometries = draw(st.lists(shapes(grid), min_size=draw(st.integers(1, 3)), max_size=4))
    coverage: Any = draw(st.sampled_from([None, None, "complete", "extent", "polygons"]))
    if coverage == "polygons":
        # Features are cut to the coverage: whether one outside it still counts is not the question here.
        x, y = draw(st.integers(-5, 20)), draw(st.integers(-5, 20))
        known = shapely.box(X0 + x, Y0 + y, X0 + x + draw(st.integers(20, 70)), Y0 + y + draw(st.integers(20, 70)))
        inside = [g.intersection(known) for g in geometries]
        geometries = [g for g in inside if g.geom_type == "Polygon" and g.area > 1] or [known]
        coverage = [known]
    count = len(geometries)
    columns = {
        "cls": draw(st.lists(st.sampled_from([*CLASSES, None]), min_size=count, max_size=count)),
        "year": draw(
            st.lists(st.sampled_from([2030, 2036, 2041, 2043, 2047, 2050, 2060, None]), min_size=count, max_size=count)
        ),
        "limit": draw(st.lists(st.integers(1, 6), min_size=count, max_size=count)),
    }
    return Features(geometries, columns, coverage)


@st.composite
def rules(draw: st.DrawFn, world_layers: dict[str, Any], name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(["until", "exclude", "mark", "cap", "raster", "keep", "exclude", "until"]))
    if kind == "raster":
        test = draw(st.sampled_from([{"above": 60}, {"below": 50}, {"values": [45, 65]}]))
        rule = {"id": name, "exclude": "cells", **test, "class": draw(st.sampled_from(["hard", "soft"]))}
        if draw(st.booleans()):
            rule["when"] = {"term_above": 10}
        return rule
    layer = draw(st.sampled_from(["va", "vb"]))
    features = world_layers[layer]
    verb = "exclude" if kind == "until" else kind
    rule = {"id": name, verb: layer}
    present = [value for value in features.columns["cls"] if value is not None]
    if present and draw(st.booleans()):
        rule["where"] = ("cls", sorted({draw(st.sampled_from(present)), draw(st.sampled_from(present))}))
    if kind == "exclude":
        rule["class"] = draw(st.sampled_from(["very_hard", "hard", "medium"]))
        if features.coverage in (None, "complete") and draw(st.booleans()):
            rule["buffer"] = draw(st.sampled_from([1, 2.5]))
    if kind in ("exclude", "keep") and rule.get("class") != "medium":
        outside = draw(st.sampled_from([None, None, "unknown", "exclude"]))
        if outside:
            rule["outside_coverage"] = outside
    if kind == "until" or (kind == "mark" and draw(st.booleans())):
        rule["until"] = "year"
    if kind == "until":
        rule["class"] = draw(st.sampled_from(["hard", "medium"]))
        if draw(st.booleans()):
            rule["horizon"] = draw(st.sampled_from([5, 12]))
    if kind == "cap":
        rule["homes"] = draw(st.sampled_from([2, "limit"]))
    if draw(st.integers(0, 4)) == 0:
        rule["touch"] = {"share": 0.3, "area": 2}
    return rule


ROUTE = {"allowed": ["x"], "check": ["y"], "forbidden": ["z"]}


@st.composite
def profiles(draw: st.DrawFn, name: str) -> dict[str, Any]:
    requires: dict[str, Any] = {}
    if draw(st.booleans()):
        requires["near"] = {"measure": "stop", "at_most": draw(st.integers(1, 60))}
    if draw(st.booleans()):
        requires["place"] = {"column": "zone", "in": draw(st.sampled_from([["x"], ["y", "z"]]))}
    if draw(st.booleans()):
        parts = [
            {"measure": "stop", "at_least": 20},
            {"column": "zone", "in": ["y"]},
            {"measure": "school", "at_most": 15},
        ]
        requires["either"] = {"any": parts[: draw(st.integers(2, 3))]}
    criteria = {}
    if draw(st.integers(0, 3)):
        best, worst = draw(st.sampled_from([(5.3, 61.7), (70.1, 9.2)]))
        criteria["stop"] = {"measure": "stop", "best": best, "worst": worst, "weight": draw(st.integers(0, 100))}
    if draw(st.booleans()):
        criteria["school"] = {"measure": "school", "best": 0.7, "worst": 41.3, "weight": draw(st.integers(1, 100))}
    return {
        "id": name,
        "label": {"nl": name, "en": name},
        "about": "invented",
        "requires": requires,
        "criteria": criteria,
        "unit": {"homes_per_ha": draw(st.integers(50, 300)), "floor_area": 28, "storeys": 2, "rooms": 1},
        "homes": {"min": draw(st.integers(0, 3)), "max": draw(st.integers(4, 40))},
        "term": {"min": draw(st.sampled_from([0, 8, 15]))},
    }


@st.composite
def worlds(draw: st.DrawFn) -> World:
    grid = draw(st.booleans())
    found: dict[str, Any] = {"va": draw(layers(grid)), "vb": draw(layers(grid))}
    values = draw(
        st.lists(
            st.lists(st.sampled_from([40, 45, 50, 60, 65, 70, None]), min_size=4, max_size=4), min_size=4, max_size=4
        )
    )
    found["cells"] = Cells(values, X0, Y0 + 60, 15)
    spots = st.tuples(st.integers(-40, 100), st.integers(-40, 100))
    for name in ("stops", "schools"):
        places = draw(st.lists(spots, min_size=1, max_size=3, unique=True))
        found[name] = Features([shapely.Point(X0 + x, Y0 + y) for x, y in places])
    tiles = draw(st.integers(1, 3))
    found["zones"] = Features(
        [shapely.box(X0 + i * 20, Y0, X0 + i * 20 + 20, Y0 + 70) for i in range(tiles)],
        {"zone": draw(st.lists(st.sampled_from([*CLASSES, None]), min_size=tiles, max_size=tiles))},
    )
    area = draw(st.sampled_from([
        shapely.box(X0 - 10, Y0 - 10, X0 + 120, Y0 + 120),
        shapely.box(X0 + 10.5, Y0 + 5.5, X0 + 60.5, Y0 + 55.5),
        shapely.Polygon([(X0 + 1, Y0 + 2), (X0 + 58, Y0 + 7), (X0 + 20, Y0 + 61)]),
    ]))  # fmt: skip
    spec: dict[str, Any]
    form = draw(st.sampled_from(["free", "tiles", "free", "grid"]))
    if form == "grid":
        spec = {"grid": draw(st.sampled_from([25, 30]))}
    else:
        if form == "tiles":
            wide, high = draw(st.integers(5, 25)), draw(st.integers(5, 25))
            count = draw(st.integers(1, 6))
            ground = [
                shapely.box(X0 + i % 3 * wide, Y0 + i // 3 * high, X0 + (i % 3 + 1) * wide, Y0 + (i // 3 + 1) * high)
                for i in range(count)
            ]
        else:
            ground = draw(st.lists(shapes(grid), min_size=draw(st.integers(1, 6)), max_size=8))
        names = draw(st.permutations(IDS))[: len(ground)]
        owners = draw(st.lists(st.sampled_from(["p", "q", None]), min_size=len(ground), max_size=len(ground)))
        found["parcels"] = Features(ground, {"code": names, "owner": owners})
        spec = {"layer": "parcels", "id": "code"}
        if form == "tiles" and draw(st.booleans()):
            spec["join"] = "owner"
    spec |= {"min_area": draw(st.sampled_from([1, 20, 75])), "min_width": draw(st.sampled_from([0, 0, 4.5]))}
    chosen = [draw(rules(found, f"r{i}")) for i in range(draw(st.sampled_from([3, 2, 4, 1, 0])))]
    if draw(st.booleans()):
        otherwise = draw(st.sampled_from(["unlisted", "deviation", "check"]))
        route = {"id": "zoning", "route": "vb", "column": "cls", **ROUTE, "otherwise": otherwise}
        chosen.insert(draw(st.integers(0, len(chosen))), route)
    study = {
        "flexsite": 1,
        "name": "Invented",
        "language": "en",
        "crs": "EPSG:28992",
        "date": "2026-01-01",
        "term": draw(st.sampled_from([8, 10, 15])),
        "lead_time": draw(st.sampled_from([6, 12, 18])),
        "strictness": "hard",
        "candidates": spec,
        "rules": chosen,
        "columns": {"zone": {"layer": "zones", "column": "zone"}},
        "access": {
            "measures": [
                {"id": "stop", "to": "stops", "mode": "straight"},
                {"id": "school", "to": "schools", "mode": "straight"},
            ]
        },
    }
    return World(study, area, found, [draw(profiles("one")), draw(profiles("two"))])


# Files


def write_layers(world: World, folder: Path) -> None:
    """Every layer, the area and the profiles as files a study can name."""
    vector(folder / "area.fgb", [world.area])
    for name, layer in world.layers.items():
        if isinstance(layer, Cells):
            rows = [[-1.0 if value is None else float(value) for value in line] for line in layer.values]
            raster(folder / f"{name}.tif", rows, cell=layer.size, left=layer.left - X0, top=layer.top - Y0)
            continue
        columns = copy.deepcopy(layer.columns)
        if "year" in columns:
            columns["year"] = nullable(columns["year"])
        vector(folder / f"{name}.fgb", layer.geometries, **columns)
        if isinstance(layer.coverage, list):
            vector(folder / f"{name}_coverage.fgb", layer.coverage)
    for profile in world.profiles:
        (folder / f"{profile['id']}.yaml").write_text(yaml.safe_dump(profile, sort_keys=False), encoding="utf-8")


def nullable(years: list[int | None]) -> Any:
    import pandas as pd

    return pd.array(years, dtype="Int64")


def write_study(world: World, folder: Path, name: str = "study.yaml") -> Path:
    """The study file for layers written before; `where` pairs become SQL."""
    study = copy.deepcopy(world.study)
    entries: dict[str, Any] = {}
    for layer, data in world.layers.items():
        if isinstance(data, Cells):
            entries[layer] = f"{layer}.tif"
            continue
        entry: dict[str, Any] = {"path": f"{layer}.fgb"}
        if isinstance(data.coverage, list):
            entry["coverage"] = f"{layer}_coverage.fgb"
        elif data.coverage:
            entry["coverage"] = data.coverage
        entries[layer] = entry
    for rule in study["rules"]:
        if "where" in rule:
            column, values = rule["where"]
            listed = ", ".join(f"'{value}'" for value in values)
            rule["where"] = f"{column} IN ({listed})"
    study |= {
        "area": "area.fgb",
        "layers": entries,
        "profiles": [f"{profile['id']}.yaml" for profile in world.profiles],
        "outputs": ["parquet"],
    }
    return study_file(folder, study, name)
