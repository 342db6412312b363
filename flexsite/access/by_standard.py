"""Service levels of the sites by a standard: from a timetable, or from a layer of stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import shapely

from flexsite.access.context import Context
from flexsite.access.levels.level import Levels, Need, levels, needs
from flexsite.access.levels.standard import load_standard
from flexsite.access.levels.supply import supply_of, supply_of_stops
from flexsite.access.services import Services, legs_along
from flexsite.access.streets.model import BoolArray, expand

if TYPE_CHECKING:
    from flexsite.access.levels.wording import Language
    from flexsite.study.access import StandardMeasure

NAME, MODE = "name", "mode"
"""Columns of a layer of stops: what a stop is called, and what stops there."""


def level(context: Context, services: Services | None, one: StandardMeasure) -> Levels:
    """Level and reason of every site.

    Parameters
    ----------
    context
        The sites.
    services
        The study's timetables; None where it has none, and `one.stops` says where stops are.
    one
        The measure.

    Raises
    ------
    InputError
        The standard cannot do with what the study gives.
    """
    standard = load_standard(one.standard)
    language = cast("Language", context.language)
    mode = "straight" if context.network is None else one.mode
    if services is not None and one.stops is None:
        service = services.day(one.date)
        supply = supply_of(service.timetable, standard.seconds(one.depart))
        wanted = needs(standard, supply, mode)
        legs = [service.legs_to(np.intersect1d(need.stops, service.served), need.mode, need.metres) for need in wanted]
    else:
        assert one.stops is not None, "check() refuses this"  # noqa: S101
        farthest = max(standard.metres(reach) for reach in standard.reach)
        bounds = expand(tuple(shapely.total_bounds(context.sites).tolist()), farthest)
        known = {*context.layers.describe(one.stops).fields, *context.layers.specs[one.stops].columns}
        columns = [name for name in (NAME, MODE) if name in known]
        frame = context.layers.vector(one.stops, bounds=bounds, columns=columns).frame
        names, modes = (frame[name].tolist() if name in frame else None for name in (NAME, MODE))
        supply = supply_of_stops(standard, names, modes)
        points = np.asarray(shapely.point_on_surface(frame.geometry.to_numpy()), dtype=object)
        wanted = needs(standard, supply, mode)
        legs = [legs_along(context, need.mode, points, need.stops, need.metres) for need in wanted]
    for text in supply.warnings:
        context.warn(f"measure {one.id}: {text}")
    return levels(standard, supply, wanted, legs, [_reached(context, need) for need in wanted], language)


def _reached(context: Context, need: Need) -> BoolArray:
    """(n,) whether a site can be left in the way that is needed."""
    if need.mode == "straight" or context.network is None:
        return np.ones(len(context.sites), bool)
    found = np.zeros(len(context.sites), bool)
    found[context.network.entrances(need.mode).owner] = True
    return found
