"""The drawing board of the invented region: its place, its random numbers and its curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Floats = npt.NDArray[np.float64]
G = TypeVar("G", bound=BaseGeometry)
Geometries = npt.NDArray[np.object_]
Km = tuple[float, float]

CRS = "EPSG:28992"
# In the open North Sea, some 65 km west of the Dutch coast: within the Dutch grid, yet nothing is there to confuse.
ORIGIN = (20_000.0, 520_000.0)
SIZE = 20_000.0
SEED = 4202
PRECISION = 0.01


def generator(name: str) -> np.random.Generator:
    """Return the random numbers of one part of the region; parts do not disturb each other."""
    return np.random.default_rng([SEED, *name.encode()])


def place(point: Km) -> Floats:
    """Return a point of the drawing (km from the lower left corner) in EPSG:28992 metres."""
    return np.array([ORIGIN[0] + 1000.0 * point[0], ORIGIN[1] + 1000.0 * point[1]])


def spline(points: Sequence[Km], *, closed: bool = False, step: float = 60.0) -> Floats:
    """Draw a smooth curve (Catmull-Rom) through points of the drawing.

    Parameters
    ----------
    points
        Control points in km from the lower left corner.
    closed
        Whether the curve returns to its first point.
    step
        Distance between the vertices of the curve, metres.

    Returns
    -------
    Coordinates in EPSG:28992, shape (n, 2), rounded to centimetres.
    """
    base = np.array([place(point) for point in points])
    if closed:
        knots = np.vstack([base[-1], base, base[0], base[1]])
    else:
        knots = np.vstack([2 * base[0] - base[1], base, 2 * base[-1] - base[-2]])
    pieces = []
    for before, start, end, after in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
        count = max(2, math.ceil(float(np.hypot(*(end - start))) / step))
        t = np.linspace(0.0, 1.0, count, endpoint=False)[:, None]
        pieces.append(
            0.5
            * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
        )
    pieces.append(knots[-2][None, :])
    curve: Floats = np.round(np.vstack(pieces), 2)
    if closed:
        curve[-1] = curve[0]
    return curve


def curve(points: Sequence[Km], step: float = 80.0) -> shapely.LineString:
    """Draw an open smooth curve as a line."""
    return shapely.LineString(spline(points, step=step))


def wobble(centre: Km, radius: float, phases: Sequence[float], step: int = 72) -> shapely.Polygon:
    """Draw an irregular round shape: a circle of `radius` metres with three waves on it."""
    angle = np.linspace(0, 2 * np.pi, step, endpoint=False)
    waves = sum(
        share * np.sin(lobes * angle + phase)
        for share, lobes, phase in zip((0.09, 0.06, 0.035), (2, 3, 5), phases, strict=True)
    )
    r = radius * (1 + waves)
    middle = place(centre)
    return shapely.Polygon(np.round(np.column_stack([middle[0] + r * np.cos(angle), middle[1] + r * np.sin(angle)]), 2))


def bend(coordinates: Floats) -> Floats:
    """Shift coordinates along a slow field of waves, so that nothing in the landscape is ruler-straight."""
    x, y = (coordinates - np.array(ORIGIN)).T
    turn = 2 * np.pi
    dx = 55 * np.sin(turn * (y / 3700 + x / 9100) + 0.7) + 11 * np.sin(turn * (y + 0.3 * x) / 830 + 2.0)
    dy = 55 * np.sin(turn * (x / 4100 - y / 8300) + 1.9) + 11 * np.sin(turn * (x - 0.2 * y) / 910)
    moved: Floats = coordinates + np.column_stack([dx, dy])
    return moved


def segments(starts: Floats, ends: Floats, step: float | None = None) -> Geometries:
    """Make straight lines from `starts` to `ends` (n, 2); with `step`, vertices at most so far apart and bent."""
    lines: Geometries = np.asarray(shapely.linestrings(np.stack([starts, ends], axis=1)))
    if step is None:
        return lines
    lines = shapely.segmentize(lines, step)
    return np.asarray(shapely.transform(lines, bend))


def parts(geometry: Any, minimum: float = 0.0) -> Geometries:
    """Return the polygons or lines of a geometry (or array) whose area or length is above `minimum`."""
    pieces = shapely.get_parts(geometry)
    pieces = shapely.get_parts(pieces) if len(pieces) else pieces
    dimension = shapely.get_dimensions(pieces)
    size = np.where(dimension == 2, shapely.area(pieces), shapely.length(pieces))
    return np.asarray(pieces[(dimension >= 1) & (size > minimum)])


def polygonal(geometry: Any) -> shapely.MultiPolygon:
    """Return the polygons of a geometry; lines and points that an overlay left behind are dropped."""
    pieces = parts(geometry)
    return shapely.MultiPolygon(list(pieces[shapely.get_dimensions(pieces) == 2]))


def pieces(lines: Geometries) -> Geometries:
    """Cut lines at every vertex; a search for the nearest goes faster through short pieces."""
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    inside = line[:-1] == line[1:]
    return segments(coordinates[:-1][inside], coordinates[1:][inside])


def dots(coordinates: npt.ArrayLike) -> Geometries:
    """Make points of coordinates (n, 2)."""
    return np.asarray(shapely.points(np.asarray(coordinates, dtype=float).reshape(-1, 2)))


def along(line: Any, at: npt.ArrayLike) -> Floats:
    """Return the coordinates (n, 2) at distances along a line."""
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(line, np.asarray(at, dtype=float))))


def one(kind: type[G], geometry: Any) -> G:
    """Return a geometry that must be of one kind; it says so when it is not."""
    if not isinstance(geometry, kind):
        raise TypeError(f"a {kind.__name__} was meant, not a {type(geometry).__name__}")
    return geometry


class Turned:
    """A rectangle drawn round a shape at an angle: `along` and `across` its own axes.

    Parameters
    ----------
    shape
        The polygon.
    angle
        Direction of the `along` axis, radians; left out: the long side of the smallest rectangle.
    """

    def __init__(self, shape: shapely.Geometry, angle: float | None = None) -> None:
        if angle is None:
            corners = shapely.get_coordinates(shapely.oriented_envelope(shape))
            sides = np.diff(corners[:3], axis=0) if len(corners) >= 3 else np.array([[1.0, 0.0], [0.0, 1.0]])
            longest = sides[int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))]
            angle = math.atan2(longest[1], longest[0])
        self.angle = angle
        self.axes = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        turned = shapely.get_coordinates(shape) @ self.axes.T
        self.low, self.high = turned.min(axis=0), turned.max(axis=0)

    @property
    def length(self) -> float:
        """Extent along the axis, metres."""
        return float(self.high[0] - self.low[0])

    @property
    def breadth(self) -> float:
        """Extent across the axis, metres."""
        return float(self.high[1] - self.low[1])

    def back(self, along: npt.ArrayLike, across: npt.ArrayLike) -> Floats:
        """Return map coordinates (n, 2) of positions on the two axes."""
        a, b = np.broadcast_arrays(np.asarray(along, dtype=float), np.asarray(across, dtype=float))
        return np.asarray(np.column_stack([a, b]) @ self.axes)


def steps(start: float, end: float, spacing: float, spread: float, random: np.random.Generator) -> Floats:
    """Return positions from `start` to `end` some `spacing` apart; each gap differs by up to `spread` (share)."""
    count = max(1, round((end - start) / spacing))
    gaps = 1 + spread * random.uniform(-1, 1, count)
    positions: Floats = start + np.concatenate([[0.0], np.cumsum(gaps) / gaps.sum()]) * (end - start)
    return positions
