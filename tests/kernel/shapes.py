"""Polygons that provoke what goes wrong: shared and collinear edges, holes, parts, slivers, far-away coordinates."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import strategies as st

from flexsite.geometry import Geometries

RD = (123_456.0, 487_654.0)


def polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.union_all([part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"])


def star(rng: np.random.Generator, radius: float, vertices: int, grid: float) -> shapely.Geometry:
    angle = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    reach = radius * rng.uniform(0.2, 1, vertices)
    xy = rng.uniform(0, 20, 2) + np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
    return polygonal(shapely.make_valid(shapely.Polygon(np.round(xy / grid) * grid if grid else xy)))


def polygon(rng: np.random.Generator, radius: float, grid: float) -> shapely.Geometry:
    shape = star(rng, radius, int(rng.integers(3, 12)), grid)
    if rng.random() < 0.1:
        shape = polygonal(shapely.box(*np.round(rng.uniform(0, 10, 2)), *np.round(rng.uniform(10, 20, 2))))
    if rng.random() < 0.4:
        shape = polygonal(shape.difference(star(rng, radius / 2, int(rng.integers(3, 8)), grid)))
    if rng.random() < 0.3:
        shape = polygonal(shape.union(star(rng, radius, int(rng.integers(3, 8)), grid)))
    return shape


def scene(seed: int, grid: float, origin: tuple[float, float]) -> tuple[Geometries, Geometries]:
    """Up to three rows of ground and up to six features, some of them much larger or sharing edges."""
    rng = np.random.default_rng(seed)
    ground = [polygon(rng, 8, grid) for _ in range(rng.integers(1, 4))]
    features = [polygon(rng, float(rng.choice([3, 10, 60])), grid) for _ in range(rng.integers(0, 6))]
    if rng.random() < 0.3:
        features.append(polygonal(features[0].union(ground[0])) if features else ground[0])
    if rng.random() < 0.2:
        x, y = rng.uniform(0, 20, 2)
        features.append(shapely.Polygon([(x, y - 30), (x + 1e-7, y + 30), (x - 1e-7, y + 30)]))  # a needle
    return tuple(
        np.array([shapely.transform(one, lambda xy: xy + origin) for one in some] + [None], dtype=object)[:-1]
        for some in (ground, features)
    )  # type: ignore[return-value]


scenes = st.builds(
    scene,
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    st.sampled_from([(0.0, 0.0), RD, (RD[0] + 1 / 3, RD[1] + 1 / 7), (279_999.9, 610_000.1)]),
)


def shore(rng: np.random.Generator, vertices: int, radius: float, centre: tuple[float, float]) -> shapely.Polygon:
    """A closed line as broken as a coast, star-shaped and so free of crossings."""
    angle = np.arange(vertices) * 2 * np.pi / vertices
    reach = np.ones(vertices)
    for k in range(1, 12):
        reach += rng.uniform(-0.5, 0.5) / 1.6**k * np.cos(2**k * angle + rng.uniform(0, 6))
    reach = np.maximum(reach, 0.2) + rng.uniform(0, min(0.01, 6 / vertices), vertices)
    return shapely.Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * (radius * reach)[:, None] + centre)
