"""From candidates to sites: every rule in turn, then what each site is and what touches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.availability import footprint, route, sites, touching, waterfall
from flexsite.availability.window import Clock
from flexsite.geometry import Floats
from flexsite.study.rule import RouteRule

if TYPE_CHECKING:
    from flexsite.candidates import Candidates
    from flexsite.layers import Layers
    from flexsite.notices import Notices
    from flexsite.study.models import Study


@dataclass(frozen=True)
class Available:
    """What the rules leave of the candidates.

    Attributes
    ----------
    ground, parts, sites
        What is left per candidate, its connected parts, and those that are large and wide enough.
    steps
        The waterfall's row of each rule.
    touched
        Per site its marks, what is unknown, the ends of its window and its cap.
    route, route_share
        Per site its permit route and the share (0..1) of the site that has it.
    placeholders
        Per site whether it only stands for a candidate without any.
    """

    ground: waterfall.Ground
    parts: sites.Parts
    sites: sites.Sites
    steps: list[waterfall.Step]
    touched: touching.Touching
    route: NDArray[np.object_]
    route_share: Floats
    placeholders: NDArray[np.bool_]
    clock: Clock


def find(
    study: Study,
    layers: Layers,
    candidates: Candidates,
    notices: Notices,
    told: Callable[[str], None],
    *,
    keep_taken: bool,
    keep_all: bool,
) -> Available:
    """Let every rule of a study act on the candidates, and describe what is left.

    Parameters
    ----------
    notices, told
        Receive the warnings, and the name of each step as it begins.
    keep_taken
        Keep the ground that each rule took.
    keep_all
        A candidate without a site stands in as a whole.

    Raises
    ------
    InputError
        A rule and its layer do not fit.
    """
    ground, clock = waterfall.start(candidates), Clock.of(study)
    footprints: dict[str, footprint.Footprint] = {}
    for rule in study.rules:
        told(f"rule {rule.id}")
        found = footprint.read(rule, study, layers, candidates.bounds, clock)
        if not len(found.features):
            notices.warn(f"rule_{rule.id}", f"rule '{rule.id}': 0 features of layer '{rule.layer}' in this area")
        waterfall.apply(ground, rule, found, candidates, study, clock, keep_geometry=keep_taken)
        footprints[rule.id] = found
    told("sites")
    parts = sites.parts_of(ground, study.candidates)
    pieces = sites.sites_of(parts, candidates)
    if not len(pieces.ids):
        things = "cells" if candidates.is_grid else "sites"
        notices.warn("no_site", f"0 {things} are left of {len(candidates.ids)} candidates")
    placeholders = np.zeros(len(pieces.ids), dtype=bool)
    if keep_all:
        pieces, placeholders = sites.with_placeholders(pieces, candidates)
    touched = touching.Touching.none(len(pieces.ids))
    for rule in study.rules:
        touching.touch(touched, pieces, rule, footprints[rule.id], study, clock)
    zoning = next((rule for rule in study.rules if isinstance(rule, RouteRule)), None)
    found_route, share = route.routes(pieces, zoning, footprints[zoning.id] if zoning else None)
    return Available(
        ground=ground,
        parts=parts,
        sites=pieces,
        steps=waterfall.steps(ground, study),
        touched=touched,
        route=found_route,
        route_share=share,
        placeholders=placeholders,
        clock=clock,
    )
