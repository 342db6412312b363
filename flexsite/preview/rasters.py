"""The GeoTIFFs of a preview: what is left of each cell, and what took most of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from xml.sax.saxutils import escape

import numpy as np
from affine import Affine

from flexsite.preview.bands import OUTSIDE, Done
from flexsite.preview.grid import BLOCK, Grid

AVAILABLE, TAKEN_BY = "available.tif", "taken_by.tif"
_BLOCK_WIDTH = 512
_CACHE = 64
"""Megabytes of blocks that wait to be written; whole blocks come in order, so that bytes do not depend on it."""


class Rasters:
    """Both files, written from north to south; use in `with`.

    Parameters
    ----------
    folder
        Where to write them.
    crs
        Of the study, as WKT.
    """

    def __init__(self, folder: Path, grid: Grid, crs: str) -> None:
        self._folder, self._grid, self._crs = folder, grid, crs

    def __enter__(self) -> Self:
        import rasterio

        self._env = rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_NUM_THREADS="1", GDAL_CACHEMAX=_CACHE)
        self._env.__enter__()
        grid = self._grid
        corner = Affine(grid.cell, 0, grid.west * grid.cell, 0, -grid.cell, grid.north * grid.cell)
        common = {
            "driver": "GTiff", "width": grid.columns, "height": grid.rows, "count": 1, "crs": self._crs,
            "transform": corner, "tiled": True, "blockxsize": _BLOCK_WIDTH, "blockysize": BLOCK,
            "compress": "deflate", "zlevel": 1, "bigtiff": "IF_SAFER",
        }  # fmt: skip
        self._share: Any = rasterio.open(self._folder / AVAILABLE, "w", dtype="float32", nodata=np.nan, **common)
        self._code: Any = rasterio.open(self._folder / TAKEN_BY, "w", dtype="uint8", nodata=OUTSIDE, **common)
        return self

    def write(self, done: Done) -> None:
        """Write a band."""
        from rasterio.windows import Window

        window = Window(0, done.band.top, self._grid.columns, done.band.rows)
        share = done.left.copy()
        share[done.code == OUTSIDE] = np.nan
        self._share.write(share, 1, window=window)
        self._code.write(done.code, 1, window=window)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._share.close()
        self._code.close()
        self._env.__exit__(kind, error, trace)


def write_names(folder: Path, names: Mapping[int, str]) -> None:
    """Names of the codes beside the raster, as GDAL and QGIS read them."""
    listed = [escape(names.get(code, "")) for code in range(max(names) + 1)]
    lines = "".join(f"      <Category>{name}</Category>\n" for name in listed)
    text = (
        '<PAMDataset>\n  <PAMRasterBand band="1">\n    <CategoryNames>\n'
        f"{lines}    </CategoryNames>\n  </PAMRasterBand>\n</PAMDataset>\n"
    )
    (folder / f"{TAKEN_BY}.aux.xml").write_text(text, encoding="utf-8", newline="\n")
