"""Random candidates, rules and footprints: every kind of rule, and shapes that provoke what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import shapely
from hypothesis import strategies as st

from flexsite.availability.footprint import Footprint
from flexsite.availability.window import Clock
from flexsite.candidates import Candidates
from flexsite.flat import Flat
from flexsite.geometry import Geometries, Indices
from flexsite.study.models import Study

from .helpers import objects, shapes, study

SIDE = 100.0
"""Metres that a world of scale 1 is wide."""
ROUTES = ("forbidden", "check", "deviation", "allowed", "unlisted")
ORIGINS = ((0.0, 0.0), (123_456.0, 487_654.0), (123_456 + 1 / 3, 487_654 + 1 / 7), (279_999.9, 610_000.1))


@dataclass(frozen=True)
class World:
    """Everything that the rules ask of a study, without any file."""

    candidates: Candidates
    study: Study
    footprints: dict[str, Footprint]

    @property
    def clock(self) -> Clock:
        return Clock.of(self.study)

    def turned(self, order: Indices) -> World:
        """The same with the candidates in another order."""
        some = self.candidates
        return replace(self, candidates=Candidates(some.ids[order], some.shapes.take(order), some.kind, some.is_grid))


def polygonal(geometry: Any) -> Any:
    """What a reader would make of it: its polygons."""
    parts = [one for one in shapely.get_parts(geometry) if one.geom_type == "Polygon" and one.area > 0]
    return shapely.union_all(parts)


class Maker:
    """Draws shapes on whole metres, on half metres, or anywhere."""

    def __init__(self, seed: int, scale: float) -> None:
        self.rng = np.random.default_rng(seed)
        self.grid = float(self.rng.choice([0.0, 0.5, 1.0, 5.0])) * scale
        self.origin = np.array(ORIGINS[self.rng.integers(len(ORIGINS))])
        self.scale = scale

    def snapped(self, xy: Any) -> Any:
        xy = np.asarray(xy, dtype=float) * self.scale
        return np.round(xy / self.grid) * self.grid if self.grid else xy

    def box(self) -> Any:
        low = self.rng.uniform(0, SIDE, 2)
        size = self.rng.uniform(2, SIDE / 2, 2)
        (x0, y0), (x1, y1) = self.snapped([low, low + np.maximum(size, self.grid / self.scale)])
        return shapely.box(x0, y0, x1, y1)

    def star(self, radius: float, most: int = 10) -> Any:
        """A polygon around a point; where its boundary crosses itself it is repaired, as a reader does."""
        count = int(self.rng.integers(3, most))
        angle = np.sort(self.rng.uniform(0, 2 * np.pi, count))
        reach = radius * self.rng.uniform(0.2, 1, count)
        xy = self.rng.uniform(0, SIDE, 2) + np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
        return polygonal(shapely.make_valid(shapely.Polygon(self.snapped(xy))))

    def shape(self, radius: float) -> Any:
        kind = self.rng.choice(["box", "box", "star", "star", "hole", "parts", "strip"])
        if kind == "box":
            return self.box()
        if kind == "hole":
            return polygonal(self.star(radius * 1.5).difference(self.star(radius / 2)))
        if kind == "parts":
            return polygonal(shapely.union_all([self.star(radius / 2), self.box(), self.star(radius / 3)]))
        if kind == "strip":
            x, wide = self.rng.uniform(0, SIDE), self.rng.choice([0.02, 0.3, 2.0])
            y = self.rng.uniform(0, SIDE / 2)
            lean = self.rng.choice([0.0, 7.3])
            corners = [(x, y), (x + wide, y), (x + wide + lean, y + SIDE / 2), (x + lean, y + SIDE / 2)]
            return shapely.Polygon(np.array(corners) * self.scale)
        return self.star(radius)

    def candidates(self) -> list[Any]:
        """Tiles that share edges, or shapes anywhere, that may overlap."""
        if self.rng.random() < 0.4:
            size, at = self.rng.uniform(10, 40, 2), self.rng.uniform(0, 30, 2)
            corners = at + size * np.array([(i, j) for i in range(3) for j in (0, 1)])
            found = [shapely.box(*self.snapped(low), *self.snapped(low + size)) for low in corners]
            found = found[: int(self.rng.integers(1, 7))]
        else:
            found = [self.shape(30) for _ in range(self.rng.integers(1, 8))]
        found = [one for one in found if one.area > 0.5 * self.scale**2]
        return found or [shapely.box(0, 0, 20 * self.scale, 20 * self.scale)]

    def features(self, ground: list[Any]) -> list[Any]:
        found = [self.shape(float(self.rng.choice([8, 25, 60]))) for _ in range(self.rng.integers(0, 5))]
        for _ in range(self.rng.integers(0, 3)):
            some = ground[self.rng.integers(len(ground))]
            kind = self.rng.choice(["same", "buffer", "hole", "huge", "half", "heavy", "again"])
            if kind == "same":
                found.append(some)
            elif kind == "buffer":
                found.append(some.buffer(float(self.rng.choice([-2.5, 4.0])) * self.scale, quad_segs=16))
            elif kind == "hole":
                found.append(polygonal(some.buffer(3.0 * self.scale).difference(self.star(20))))
            elif kind == "huge":
                world = shapely.box(-9e3, -9e3, 9e3, 9e3)
                found.append(polygonal(world.difference(some)) if self.rng.random() < 0.5 else world)
            elif kind == "half":
                x0, y0, x1, y1 = some.bounds
                found.append(polygonal(some.intersection(shapely.box(x0, y0, (x0 + x1) / 2, y1))))
            elif kind == "heavy":
                found.append(self.star(70, most=700))
            elif found:
                found.append(found[0])
        return [one for one in found if not one.is_empty]

    def known(self, ground: list[Any]) -> list[Any] | None:
        """What a layer covers: all, nothing, or some polygons."""
        kind = self.rng.choice(["all", "all", "all", "some", "some", "none", "same"])
        if kind == "all":
            return None
        if kind == "same":
            return [ground[self.rng.integers(len(ground))]]
        some = [self.shape(60) for _ in range(0 if kind == "none" else self.rng.integers(1, 4))]
        return [one for one in some if not one.is_empty]

    def moved(self, some: list[Any]) -> Geometries:
        return shapes(*(shapely.transform(one, lambda xy: xy + self.origin) for one in some))


def world(seed: int, *, scale: float = 1.0) -> World:
    """A world from a number; `scale` makes it wider, with the same shapes."""
    maker = Maker(seed, scale)
    rng = maker.rng
    ground = maker.candidates()
    layers = {f"l{k}": maker.known(ground) for k in range(3)}
    rules: list[dict[str, Any]] = []
    footprints = {}
    kinds = ["exclude", "exclude", "exclude", "until", "keep", "mark", "cap", "route"]
    for k in range(int(rng.choice([1, 2, 3, 3, 4, 6, 0]))):
        kind = str(rng.choice(kinds))
        if kind == "route":
            kinds.remove("route")
        name, layer = f"r{k}", f"l{rng.integers(3)}"
        rule: dict[str, Any] = {"id": name, "exclude" if kind == "until" else kind: layer}
        rule["class"] = str(rng.choice(["very_hard", "hard", "hard", "medium"]))
        rule["outside_coverage"] = str(rng.choice(["unknown", "free", "exclude"]))
        if rng.random() < 0.2:
            rule["when"] = {"term_above": 10}
        if rng.random() < 0.2:
            rule["touch"] = {"share": 0.2, "area": 3.0}
        features = maker.features(ground)
        value: list[Any] = [True] * len(features)
        if kind == "until" or (kind == "mark" and rng.random() < 0.5):
            rule["until"] = "year"
            value = [date(int(year), 1, 1) for year in rng.choice([2030, 2036, 2041, 2060], len(features))]
        if kind == "cap":
            rule["homes"] = "n"
            value = [None if n == 3 else int(n) for n in rng.integers(0, 9, len(features))]
        if kind == "route":
            rule |= {"column": "use", "otherwise": str(rng.choice(["unlisted", "check"]))}
            value = [str(route) for route in rng.choice(ROUTES, len(features))]
        known = layers[layer]
        covered = None if known is None else Flat.of(maker.moved(known))
        rules.append(rule)
        footprints[name] = Footprint(Flat.of(maker.moved(features)), objects(value), covered, assumed=False)
    names = [str(name) for name in rng.permutation(["b", "B", "10", "9", "é", "a b", "zz"])]
    if rng.random() < 0.1 and len(ground) > 1:
        names[1] = names[0] + ".1x"
    order = np.argsort(np.array(names[: len(ground)], dtype=str))
    found = Candidates(objects(names[: len(ground)])[order], Flat.of(maker.moved(ground)[order]), "land", is_grid=False)
    spec = {
        "layer": "parcels",
        "min_area": float(rng.choice([0, 1, 40])) * scale**2,
        "min_width": float(rng.choice([0, 0, 4.5])) * scale,
    }
    chosen = study(
        *rules,
        layers={name: f"{name}.gpkg" for name in ("parcels", *layers)},
        candidates=spec,
        strictness=str(rng.choice(["very_hard", "hard", "hard", "soft"])),
        term=int(rng.choice([8, 10, 15])),
        lead_time=int(rng.choice([0, 12])),
    )
    return World(found, chosen, footprints)


def wide(seed: int) -> World:
    """A hundred times as wide, over several tiles; areas rounded to 0.01 m2 have four more digits."""
    return world(seed, scale=100.0)


worlds = st.builds(world, st.integers(0, 2**32 - 1))
wide_worlds = st.builds(wide, st.integers(0, 2**32 - 1))
