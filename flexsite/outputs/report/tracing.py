"""Geometries as paths of a drawing of so many pixels, no longer than a page can bear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.geometry import Geometries
from flexsite.outputs.report.markup import Html, el

MOST_POINTS = 1500
"""Points of a path in a small drawing; more are simplified, ever coarser."""
SMALLEST = 1.0
"""Pixels below which a part of a shape is not drawn."""
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Frame:
    """A window on the ground and the drawing it becomes.

    Attributes
    ----------
    west, north
        Corner of the window, in metres.
    scale
        Pixels per metre.
    width, height
        Of the drawing, in pixels.
    """

    west: float
    north: float
    scale: float
    width: int
    height: int

    @classmethod
    def around(cls, bounds: tuple[float, float, float, float], width: int, height: int, margin: float) -> Frame:
        """A window with the bounds in its middle and `margin` metres to spare on all sides.

        Examples
        --------
        >>> Frame.around((0, 0, 100, 50), 200, 200, 50).box.bounds
        (-50.0, -75.0, 150.0, 125.0)
        """
        west, south, east, north = bounds
        scale = min(width / max(east - west + 2 * margin, 1e-6), height / max(north - south + 2 * margin, 1e-6))
        middle = (west + east) / 2, (south + north) / 2
        return cls(middle[0] - width / scale / 2, middle[1] + height / scale / 2, scale, width, height)

    @property
    def box(self) -> shapely.Polygon:
        """The window on the ground."""
        west, south = self.west, self.north - self.height / self.scale
        return shapely.box(west, south, west + self.width / self.scale, self.north)

    def pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) places on the ground in pixels from the upper left."""
        return np.stack([(points[:, 0] - self.west) * self.scale, (self.north - points[:, 1]) * self.scale], axis=1)

    def within(self, shapes: Geometries, most: int) -> Geometries:
        """What of the shapes lies in the window, and a little beyond, as simple as pixels ask for."""
        near = shapely.buffer(self.box, 6 / self.scale, join_style="mitre")
        shapes = np.asarray(shapes, dtype=object)
        shapes = shapes[(self._size(shapes) >= SMALLEST) & shapely.intersects(shapes, near)]
        shapely.prepare(shapes)
        cut = shapely.intersection(shapely.make_valid(shapes), near)
        tolerance = 0.4 / self.scale
        simple = shapely.simplify(cut, tolerance)
        for _ in range(7):
            if int(shapely.get_num_coordinates(simple).sum()) <= most:
                break
            tolerance *= 2
            simple = shapely.simplify(simple, tolerance)
        return self._seen(shapely.get_parts(shapely.get_parts(simple[~shapely.is_empty(simple)])), most)

    def _size(self, shapes: Geometries) -> NDArray[np.float64]:
        """The longer side of each, in pixels."""
        west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
        size: NDArray[np.float64] = np.maximum(east - west, north - south) * self.scale
        return size

    def _seen(self, parts: Geometries, most: int) -> Geometries:
        """The parts that can be seen; where they are too many, the largest of them."""
        size = self._size(parts)
        parts, size = parts[size >= SMALLEST], size[size >= SMALLEST]
        points = shapely.get_num_coordinates(parts)
        if points.sum() <= most:
            return parts
        largest = np.argsort(-size, kind="stable")
        kept = largest[: max(1, int(np.searchsorted(np.cumsum(points[largest]), most)))]
        return parts[np.sort(kept)]


def path(shapes: Geometries, frame: Frame, most: int = MOST_POINTS, **attributes: Any) -> Html:
    """Polygons and lines as one path of at most so many points; nothing where there is nothing to draw."""
    parts = frame.within(shapes, most)
    # Where polygons are cut, holes turn against what they are in, so that they stay open.
    rings = shapely.get_rings(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
    lines = parts[np.isin(shapely.get_type_id(parts), [1, 2])]
    told = _moves(rings, frame, end="Z") + _moves(lines, frame, end="")
    return el("path", d=Html(told), **attributes) if told else Html()


def _moves(lines: Geometries, frame: Frame, end: str) -> str:
    """Lines as moves of a pen; `Z` as their end closes them, and stands for the last point."""
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    if not len(coordinates):
        return ""
    points = np.rint(frame.pixels(coordinates) * 10).astype(np.int64)
    new = np.ones(len(points), dtype=bool)
    new[1:] = np.any(points[1:] != points[:-1], axis=1) | (line[1:] != line[:-1])
    points, line = points[new], line[new]
    texts = [f"{x / 10:g} {y / 10:g}" for x, y in points.tolist()]
    first = np.flatnonzero(np.diff(line, prepend=-1))
    last = [*first[1:].tolist(), len(texts)]
    return "".join(
        f"M{'L'.join(texts[begin : stop - 1 if end else stop])}{end}"
        for begin, stop in zip(first.tolist(), last, strict=True)
        if stop - begin > 1
    )


def scale_bar(frame: Frame, unit: str = "m") -> Html:
    """A bar of a round length, at most a third of the drawing.

    Examples
    --------
    >>> "500 m" in scale_bar(Frame(0, 0, 0.1, 200, 150))
    True
    """
    longest = frame.width / 3 / frame.scale
    power = 10.0 ** np.floor(np.log10(longest))
    length = max(step * power for step in _STEPS if step * power <= longest)
    told = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} {unit}"
    x, y, wide = 8, frame.height - 8, length * frame.scale
    return Html(
        el("path", d=f"M{x} {y - 4}V{y}H{x + wide:.1f}V{y - 4}", class_="scale")
        + el("text", told, x=f"{x + 3}", y=f"{y - 4}", class_="scale-text")
    )


def drawing(frame: Frame, label: str, *content: Any, class_: str = "map") -> Html:
    """A drawing with a text for those who cannot see it."""
    size = {"width": str(frame.width), "height": str(frame.height), "viewBox": f"0 0 {frame.width} {frame.height}"}
    back = el("rect", width=str(frame.width), height=str(frame.height), class_="outside")
    return el("svg", back, content, role="img", aria_label=label, class_=class_, **size)
