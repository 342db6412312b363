"""A small lattice of positions, so that a page can go between two systems without a projection library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.outputs.map.codec import to_mercator, to_units

if TYPE_CHECKING:
    import pyproj

TOLERANCE = 0.02  # metres; the promise is 0.05
_SIZES = (8, 16, 32, 64, 128)
_FINEST = 512
_CHUNK = 65_536

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Lattice:
    """Values at the nodes of a regular grid; between them a cubic through four nodes each way.

    `node` has shape (rows, columns, 2); node (j, i) lies at (x0 + i * dx, y0 + j * dy).
    """

    x0: float
    y0: float
    dx: float
    dy: float
    node: NDArray[np.float64]

    def __call__(self, points: Points) -> Points:
        """Interpolated values at points of shape (n, 2)."""
        rows, columns, _ = self.node.shape
        column, wx = _cubic((points[:, 0] - self.x0) / self.dx, columns)
        row, wy = _cubic((points[:, 1] - self.y0) / self.dy, rows)
        out = np.zeros((len(points), 2))
        for j in range(4):
            for i in range(4):
                out += (wy[:, j] * wx[:, i])[:, None] * self.node[row + j, column + i]
        return out


def _cubic(place: NDArray[np.float64], size: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First of four nodes and the Lagrange weights at a place measured in nodes."""
    first = np.clip(np.floor(place).astype(np.int64) - 1, 0, size - 4)
    t = place - first
    weights = np.column_stack(
        (
            -(t - 1) * (t - 2) * (t - 3) / 6,
            t * (t - 2) * (t - 3) / 2,
            -t * (t - 1) * (t - 3) / 2,
            t * (t - 1) * (t - 2) / 6,
        )
    )
    return first, weights


def lattices(crs: pyproj.CRS, bounds: tuple[float, float, float, float]) -> tuple[Lattice, Lattice]:
    """Lattices from the study CRS to web mercator units (2^26) and back.

    Parameters
    ----------
    crs
        The study CRS, projected, metres.
    bounds
        (minx, miny, maxx, maxy) in the study CRS; both lattices cover a margin around it.

    Returns
    -------
    Forward and backward; the error of each is below 0.05 m of ground within the bounds.
    """
    import pyproj

    forward = pyproj.Transformer.from_crs(crs, "EPSG:3857", always_xy=True)
    backward = pyproj.Transformer.from_crs("EPSG:3857", crs, always_xy=True)

    def there(points: Points) -> Points:
        return to_units(np.column_stack(forward.transform(points[:, 0], points[:, 1])))

    def back(points: Points) -> Points:
        mercator = to_mercator(points)
        return np.column_stack(backward.transform(mercator[:, 0], mercator[:, 1]))

    box = np.array(bounds, dtype=float).reshape(2, 2)
    margin = np.maximum((box[1] - box[0]) * 0.05, 1000.0)
    low, high = box[0] - margin, box[1] + margin
    edge = there(_grid(low, high, 64).reshape(-1, 2))
    step = np.hypot(*(there(low[None] + np.array([1.0, 0.0])) - there(low[None]))[0])
    return (
        _fit(there, low, high, TOLERANCE * float(step)),
        _fit(back, edge.min(axis=0), edge.max(axis=0), TOLERANCE),
    )


class Nearby:
    """From the study CRS to web mercator units (2^26), straight between the nodes of a fine grid.

    A few thousand positions are projected instead of millions: the error is below `TOLERANCE` within the bounds,
    and where a grid of `_FINEST` nodes each way cannot promise that, every position is projected.
    """

    def __init__(self, crs: pyproj.CRS, bounds: tuple[float, float, float, float]) -> None:
        import pyproj

        self._forward = pyproj.Transformer.from_crs(crs, "EPSG:3857", always_xy=True)
        self._low, high = np.array(bounds, dtype=float).reshape(2, 2)
        wide = np.maximum(high - self._low, 1.0)
        step = np.hypot(*(self._exact(self._low[None] + np.array([1.0, 0.0])) - self._exact(self._low[None]))[0])
        size = 8
        while True:
            self._step = wide / (size - 1)
            self._size = size
            self._node = self._exact(_grid(self._low, self._low + wide, size).reshape(-1, 2)).reshape(size, size, 2)
            within = _grid(self._low, self._low + wide - self._step, size - 1).reshape(-1, 2)
            # Halfway along either side and in the middle: there a bend shows most, and in the middle two may cancel.
            probe = np.concatenate([within + self._step * half for half in ((0.5, 0.0), (0.0, 0.5), (0.5, 0.5))])
            self._fine = bool(np.abs(self._straight(probe) - self._exact(probe)).max() <= TOLERANCE * step)
            if self._fine or size >= _FINEST:
                return
            size *= 2

    def __call__(self, points: Points) -> Points:
        """Units of positions of shape (n, 2) in the study CRS."""
        if not self._fine:
            return self._exact(points)
        out = np.empty((len(points), 2))
        for start in range(0, len(points), _CHUNK):
            out[start : start + _CHUNK] = self._straight(points[start : start + _CHUNK])
        return out

    def _exact(self, points: Points) -> Points:
        return to_units(np.column_stack(self._forward.transform(points[:, 0], points[:, 1])))

    def _straight(self, points: Points) -> Points:
        place = (points - self._low) / self._step
        first = np.clip(np.floor(place).astype(np.int64), 0, self._size - 2)
        along = place - first
        node = self._node.reshape(-1, 2)
        corner = first[:, 1] * self._size + first[:, 0]
        x, y = along[:, :1], along[:, 1:]
        low = node[corner] + x * (node[corner + 1] - node[corner])
        up = corner + self._size
        high = node[up] + x * (node[up + 1] - node[up])
        found: Points = low + y * (high - low)
        return found


def _grid(low: Points, high: Points, size: int) -> Points:
    x = np.linspace(low[0], high[0], size)
    y = np.linspace(low[1], high[1], size)
    return np.stack(np.meshgrid(x, y), axis=-1)


def _fit(transform: Callable[[Points], Points], low: Points, high: Points, tolerance: float) -> Lattice:
    """The coarsest lattice that is right within the tolerance halfway between its nodes."""
    for size in _SIZES:
        node = transform(_grid(low, high, size).reshape(-1, 2)).reshape(size, size, 2)
        dx, dy = (high - low) / (size - 1)
        lattice = Lattice(float(low[0]), float(low[1]), float(dx), float(dy), node)
        half = np.array([dx, dy]) / 2
        probe = _grid(low + half, high - half, size - 1).reshape(-1, 2)
        if np.abs(lattice(probe) - transform(probe)).max() <= tolerance:
            return lattice
    return lattice
