"""Measures along the streets, or straight: the nearest place, places within reach, baskets, catchments, character."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from flexsite.access import straight
from flexsite.access.reach import distance

if TYPE_CHECKING:
    from flexsite.access.context import Context
    from flexsite.access.streets.model import FloatArray, NetworkMode
    from flexsite.study.access import (
        BasketMeasure,
        CatchmentMeasure,
        CharacterMeasure,
        CountMeasure,
        OsmTags,
        SumMeasure,
    )


def nearest(context: Context, to: str | OsmTags, mode: str) -> FloatArray:
    """(n,) metres from each site to the nearest place; NaN when none can be reached."""
    if mode == "straight":
        return straight.nearest(context.source(to), context.sites, context.access.margin)
    return nearest_of(context, [to], mode)[0]


def nearest_of(context: Context, places: Sequence[str | OsmTags], mode: str) -> list[FloatArray]:
    """For several kinds of places at once, metres (n,) along the streets to the nearest of each, as in `nearest`."""
    return context.streets().nearest([context.source(to) for to in places], cast("NetworkMode", mode))


def total_within(context: Context, one: CountMeasure | SumMeasure) -> FloatArray:
    """(n,) number or sum of the places within the metres of a measure; NaN for a site without entrance."""
    source = context.places(one)
    if one.mode == "straight":
        return straight.total_within(source, context.sites, one.within, one.decay)
    return context.streets().total_within(source, cast("NetworkMode", one.mode), one.within, one.decay)


def basket(context: Context, one: BasketMeasure) -> FloatArray:
    """(n,) share of a set of amenities of which one is within the metres of a measure; NaN without an entrance."""
    kinds = list(one.basket.values())
    if one.mode == "straight":
        return distance.basket(np.stack([nearest(context, to, one.mode) for to in kinds]), one.within)
    metres = np.stack(nearest_of(context, kinds, one.mode))
    share = distance.basket(metres, one.within)
    there = np.zeros(len(share), bool)
    there[context.streets().entrances(one.mode).owner] = True
    share[~there & np.isnan(metres).all(axis=0)] = np.nan
    return share


def catchment(context: Context, one: CatchmentMeasure) -> FloatArray:
    """(n,) capacity of the amenities within reach per household that shares it; NaN without an entrance."""
    amenities, demand = context.source(one.catchment, one.capacity), context.source(one.demand, one.households)
    found = context.streets().catchment(amenities, demand, one.mode, one.within)
    for source in (amenities, demand):
        if source.without_value:
            context.without_value[f"{one.id}, {source.name}"] = source.without_value
    if found.unasked:
        context.warn(f"measure {one.id}: {found.unasked} amenities have no household within reach, and add nothing")
    return found.value


def character(context: Context, one: CharacterMeasure) -> FloatArray:
    """(n,) what the streets around each site are like; NaN without an entrance."""
    return context.streets().character(one.character, one.mode, one.within)
