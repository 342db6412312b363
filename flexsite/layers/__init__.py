"""Vector and raster layers of a study: reading, `where` and `sql`, cleaning, coverage."""

from flexsite.layers.coverage import Coverage, CoverageKind
from flexsite.layers.describe import Description, RasterDescription, VectorDescription, describe
from flexsite.layers.layers import Layers
from flexsite.layers.report import LayerReport
from flexsite.layers.table import Bounds
from flexsite.layers.vector import Vector

__all__ = [
    "Bounds",
    "Coverage",
    "CoverageKind",
    "Description",
    "LayerReport",
    "Layers",
    "RasterDescription",
    "Vector",
    "VectorDescription",
    "describe",
]
