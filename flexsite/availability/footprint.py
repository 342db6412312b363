"""The footprint of a rule: its features on the map, and where it knows nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite import kernel
from flexsite.availability.window import Clock, needed_from
from flexsite.errors import InputError
from flexsite.flat import Flat
from flexsite.geometry import Floats, Geometries, Indices, are_polygons, buffered, empty_geometries
from flexsite.layers.matching import passing
from flexsite.study.rule import CapRule, ExcludeRule, KeepRule, MarkRule, RouteRule
from flexsite.values import text_of

if TYPE_CHECKING:
    from flexsite.layers import Layers
    from flexsite.layers.raster import Raster
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Footprint:
    """What a rule reads from its layer.

    Attributes
    ----------
    shapes
        Polygons, buffered as the rule says, in the CRS of the study.
    value
        Per feature the value that matters to the effect: a date (`until`), a number of homes (cap), a route, else True.
    covered
        Polygons outside which the layer knows nothing, or None when it is complete.
    assumed
        The layer does not say what it covers, so that it is assumed to be complete.
    """

    shapes: Flat
    value: NDArray[np.object_]
    covered: Flat | None
    assumed: bool

    def __len__(self) -> int:
        return len(self.shapes)

    @cached_property
    def features(self) -> Geometries:
        """The polygons as shapely has them."""
        return self.shapes.geometry()

    @cached_property
    def coverage(self) -> Geometries | None:
        """The coverage as shapely has it."""
        return None if self.covered is None else self.covered.geometry()

    def near(self, bounds: Bounds) -> Footprint:
        """The part of it that a tile may meet: whole features, and coverage, whose box touches the bounds."""
        return self._part(lambda boxes: meeting(boxes, bounds))

    def among(self, boxes: Floats) -> Footprint:
        """The part of it that some candidates may meet: as `near`, for any of several boxes."""
        return self._part(lambda own: np.flatnonzero(np.diff(kernel.pairs(own, boxes)[0])))

    def _part(self, chosen: Callable[[Floats], Indices]) -> Footprint:
        rows = chosen(self.shapes.bounds)
        covered = None if self.covered is None else self.covered.take(chosen(self.covered.bounds))
        return Footprint(self.shapes.take(rows), self.value[rows], covered, self.assumed)


def meeting(boxes: Floats, bounds: Bounds) -> Indices:
    """Rows whose box meets the bounds; a box that is NaN meets nothing."""
    with np.errstate(invalid="ignore"):
        level = (boxes[:, 0] <= bounds[2]) & (boxes[:, 2] >= bounds[0])
        return np.flatnonzero(level & (boxes[:, 1] <= bounds[3]) & (boxes[:, 3] >= bounds[1]))


def read(rule: RuleBase, study: Study, layers: Layers, bounds: Bounds, clock: Clock) -> Footprint:
    """Read the footprint of a rule around the candidates.

    Parameters
    ----------
    bounds
        Of the candidates, metres in the CRS of the study; the rule's buffer is added.

    Raises
    ------
    InputError
        Lines or points without a buffer, a raster without a condition, a column that is missing or holds what it
        cannot.
    """
    name = rule.layer
    place = f"rule '{rule.id}', layer '{name}' ({study.layers[name].path.name})"
    window = (bounds[0] - rule.buffer, bounds[1] - rule.buffer, bounds[2] + rule.buffer, bounds[3] + rule.buffer)
    if layers.is_raster(name):
        features, value = _raster_cells(rule, study, layers, window)
    else:
        features, value = _vector_features(rule, study, layers, window, place, clock)
    if rule.buffer > 0 and len(features):
        features = buffered(features, rule.buffer)
    coverage = layers.coverage(name, bounds=bounds)
    solid = are_polygons(features)
    covered = None if coverage.polygons is None else Flat.of(coverage.polygons)
    return Footprint(Flat.of(features[solid]), value[solid], covered, coverage.kind == "assumed")


def cells(rule: RuleBase, study: Study, layers: Layers, window: Bounds) -> tuple[Raster, NDArray[np.bool_]]:
    """The raster of a rule around a window (metres, CRS of the study), and which of its cells meet the condition.

    Raises
    ------
    InputError
        The rule asks for columns, or has no condition.
    """
    place = f"rule '{rule.id}', layer '{rule.layer}' ({study.layers[rule.layer].path.name})"
    wrong = next(
        (key for key in ("where", "until", "column", "homes") if isinstance(getattr(rule, key, None), str)), None
    )
    wrong = "match" if rule.match else wrong
    if wrong is not None:
        raise InputError(
            f"'{wrong}' asks for columns, and a raster has none", where=place, remedy="use above, below or values"
        )
    if not rule.raster_conditions:
        raise InputError(
            "a rule on a raster needs a condition", where=place, remedy="give 'above', 'below' or 'values'"
        )
    raster = layers.raster(rule.layer, bounds=window)
    return raster, raster.where(above=rule.above, below=rule.below, values=rule.values)


def _raster_cells(
    rule: RuleBase, study: Study, layers: Layers, window: Bounds
) -> tuple[Geometries, NDArray[np.object_]]:
    raster, mask = cells(rule, study, layers, window)
    features = raster.runs(mask)
    return features, _constant(features, rule.homes if isinstance(rule, CapRule) else True)


def _vector_features(
    rule: RuleBase, study: Study, layers: Layers, window: Bounds, place: str, clock: Clock
) -> tuple[Geometries, NDArray[np.object_]]:
    if rule.raster_conditions:
        raise InputError("'above', 'below' and 'values' are for rasters", where=place, remedy="use 'where' on a column")
    column: str | None = None
    if isinstance(rule, ExcludeRule | MarkRule):
        column = rule.until
    elif isinstance(rule, RouteRule):
        column = rule.column
    elif isinstance(rule, CapRule) and isinstance(rule.homes, str):
        column = rule.homes
    match = rule.match or {}
    wanted = (*([column] if column else []), *match)
    vector = layers.vector(rule.layer, bounds=window, where=rule.where, columns=wanted)
    frame, ids = vector.frame, np.asarray(vector.ids)
    if match and len(frame):
        mask = passing(frame, match, ids, place)
        frame, ids = frame[mask].reset_index(drop=True), ids[mask]
    features = frame.geometry.to_numpy()
    solid = are_polygons(features)
    beside = int((~solid).sum()) if solid.any() else 0
    flat = int((~solid).sum()) if rule.buffer == 0 else 0
    takes = isinstance(rule, ExcludeRule | KeepRule)
    none_here = not len(features) and rule.buffer == 0 and _holds_no_ground(rule, study, layers)
    if none_here or (flat and (takes or not solid.any())):
        raise InputError(
            f"{flat or 'its'} features are lines or points, which hold no ground",
            where=place,
            remedy="give the rule a 'buffer' in metres",
        )
    if beside:
        part = "hold no ground and do not count" if flat else "count by their buffer alone"
        layers.report[rule.layer].note(f"rule '{rule.id}': {beside} lines or points among polygons {part}")
    if column is None:
        return features, _constant(features, rule.homes if isinstance(rule, CapRule) else True)
    values = frame[column].to_numpy(dtype=object)
    if isinstance(rule, ExcludeRule | MarkRule):
        return features, needed_from(values, clock.today, f"{place}, column '{column}'", ids)
    if isinstance(rule, RouteRule):
        return features, _routes(rule, values)
    return features, _caps(values, f"{place}, column '{column}'", ids)


def _holds_no_ground(rule: RuleBase, study: Study, layers: Layers) -> bool:
    """Whether the file says that all its features are lines or points; asked where none lies around the candidates."""
    wanted = study.layers[rule.layer].layer
    kinds = [
        found.geometry_type or "" for found in layers.describe(rule.layer).vectors if wanted in {None, found.layer}
    ]
    return len(kinds) == 1 and ("Point" in kinds[0] or "LineString" in kinds[0])


def _constant(features: Geometries, value: object) -> NDArray[np.object_]:
    result = empty_geometries(len(features))
    result[:] = value
    return result


def _routes(rule: RouteRule, values: NDArray[np.object_]) -> NDArray[np.object_]:
    table = {value: route for route, listed in rule.listed().items() for value in listed}
    return _constant_of([table.get(text_of(value), rule.otherwise) for value in values])


def _caps(values: NDArray[np.object_], place: str, features: NDArray[np.intp]) -> NDArray[np.object_]:
    result: list[int | None] = []
    for value, feature in zip(values.tolist(), features, strict=True):
        if value is None or value != value:
            result.append(None)
            continue
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = -1.0
        if not 0 <= number < np.inf:
            raise InputError(f"the value {value!r} is no number of homes (feature {feature})", where=place)
        result.append(int(number))
    return _constant_of(result)


def _constant_of(values: Sequence[object]) -> NDArray[np.object_]:
    result = empty_geometries(len(values))
    result[:] = values
    return result
