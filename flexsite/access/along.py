"""Measures along the streets, or straight: the nearest place, places within reach, baskets, catchments, character."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flexsite.access import straight

if TYPE_CHECKING:
    from flexsite.access.context import Context
    from flexsite.access.streets import FloatArray, NetworkMode
    from flexsite.study.access import CountMeasure, OsmTags, SumMeasure


def nearest(context: Context, to: str | OsmTags, mode: str) -> FloatArray:
    """(n,) metres from each site to the nearest place; NaN when none can be reached."""
    source = context.source(to)
    if mode == "straight":
        return straight.nearest(source, context.sites, context.access.margin)
    return context.streets().nearest(source, cast("NetworkMode", mode))


def total_within(context: Context, one: CountMeasure | SumMeasure) -> FloatArray:
    """(n,) number or sum of the places within the metres of a measure; NaN for a site without entrance."""
    source = context.places(one)
    if one.mode == "straight":
        return straight.total_within(source, context.sites, one.within)
    return context.streets().total_within(source, cast("NetworkMode", one.mode), one.within)
