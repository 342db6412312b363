"""From candidates to sites: footprints read once, tiles of candidates through the rules, one answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.availability import prepared, sites, spots, tile, tiles
from flexsite.availability.account import Account, Step
from flexsite.availability.tile import Pieces, Small, Tile, Wanted
from flexsite.availability.window import Clock
from flexsite.availability.work import Crew, digest, recipe
from flexsite.cache import key as key_of
from flexsite.memory import give_back

if TYPE_CHECKING:
    from flexsite.availability.footprint import Footprint
    from flexsite.availability.spots import Frame, Spots
    from flexsite.candidates import Candidates
    from flexsite.layers import Layers
    from flexsite.notices import Notices
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase

MANY = 50_000
"""Candidates from which the compiled way pays for the time it takes to load."""


_INDEX = "index"


@dataclass(frozen=True)
class Available:
    """What the rules leave of the candidates.

    Attributes
    ----------
    ground
        What each rule took from each candidate, in numbers.
    ids
        Of the sites, in code point order; `sites` has their geometry and what touches them, in the same order.
    small
        Ground too small for a site, where asked for.
    steps
        The waterfall's row of each rule.
    reused
        Tiles whose result was kept from an earlier run, and tiles in all.
    spots
        What claims the ground on a grid, where asked for.
    """

    ground: Account
    ids: NDArray[np.object_]
    sites: Pieces
    small: Small
    steps: list[Step]
    clock: Clock
    reused: tuple[int, int]
    spots: Spots | None = None


def find(
    study: Study,
    layers: Layers,
    candidates: Candidates,
    notices: Notices,
    told: Callable[[str], None],
    crew: Crew,
    *,
    keep_taken: bool,
    keep_all: bool,
    frame: Frame | None = None,
) -> Available:
    """Let every rule of a study act on the candidates, and describe what is left.

    Parameters
    ----------
    notices, told
        Receive the warnings, and the name of each step as it begins.
    crew
        Who works, and what it remembers.
    keep_taken
        Keep the ground that each rule took.
    keep_all
        A candidate without a site stands in as a whole.
    frame
        Grid on which to look what claims the ground.

    Raises
    ------
    InputError
        A rule and its layer do not fit.
    """
    clock = Clock.of(study)
    rows = tiles.split(candidates.shapes.bounds)
    wanted = Wanted(compiled=len(candidates) >= MANY, taken=keep_taken, stand_ins=keep_all)
    names = [prepared.name_of(rule, study, layers, candidates.bounds, clock, crew.cache) for rule in study.rules]
    index = None if None in names else key_of(_INDEX, names, digest(candidates.shapes), recipe(study, wanted))
    done = _known(study, layers, notices, crew, names, index)
    reused = len(rows)
    footprints: dict[str, Footprint] = {}
    if done is None:
        reading = prepared.footprints(study.rules, study, layers, candidates.bounds, clock, crew.cache)
        for rule in study.rules:
            told(f"rule {rule.id}")
            found = next(reading)
            footprints[rule.id] = found
            if wanted.compiled:
                give_back()
        _note_empty([rule for rule in study.rules if not len(footprints[rule.id])], notices)
        told("sites")
        if wanted.compiled:
            _make_ready()
        done, reused, keys = crew.tiles(candidates.shapes, rows, footprints, study, clock, wanted)
        if crew.cache is not None and index is not None and keys:
            crew.cache.keep(_INDEX, index, lambda folder: _write_index(folder, keys))
    seen = None if frame is None else _spots(study, candidates, clock, crew, frame, index, footprints, names)
    del footprints
    give_back()
    whole = tile.together(done, rows, len(candidates), [rule.id for rule in study.rules])
    del done
    ids, order = sites.numbered(
        whole.pieces.candidate, whole.pieces.shapes.bounds, whole.pieces.area_m2, candidates.ids
    )
    if not len(ids) or whole.pieces.stand_in.all():
        things = "cells" if candidates.is_grid else "sites"
        notices.warn("no_site", f"0 {things} are left of {len(candidates)} candidates")
    return Available(
        ground=whole.account,
        ids=ids[order],
        sites=whole.pieces.take(order),
        small=whole.small,
        steps=whole.account.steps(study),
        clock=clock,
        reused=(reused, len(rows)),
        spots=seen,
    )


def _spots(
    study: Study,
    candidates: Candidates,
    clock: Clock,
    crew: Crew,
    frame: Frame,
    index: str | None,
    footprints: dict[str, Footprint],
    features_of: Sequence[str | None],
) -> Spots | None:
    """What claims the ground on a grid, from the cache where it was looked at before.

    Parameters
    ----------
    footprints, features_of
        By rule; where all tiles were known none was read, and the cache has them under these names.
    """
    name = None if index is None else key_of(spots.KIND, index, list(astuple(frame)))
    known = None if crew.cache is None or name is None else crew.cache.get(spots.KIND, name)
    if known is not None:
        return spots.load(known)
    if crew.cache is not None and not footprints:
        features = [crew.cache.get(prepared.KIND, feature or "") for feature in features_of]
        footprints = {
            rule.id: prepared.load(folder)
            for rule, folder in zip(study.rules, features, strict=True)
            if folder is not None
        }
    if len(footprints) < len(study.rules):
        return None
    found = spots.spot(candidates.shapes, footprints, study, clock, frame)
    if crew.cache is not None and name is not None and found is not None:
        crew.cache.keep(spots.KIND, name, lambda folder: spots.save(found, folder))
    return found


def _known(
    study: Study,
    layers: Layers,
    notices: Notices,
    crew: Crew,
    names: list[str | None],
    index: str | None,
) -> list[Tile] | None:
    """All tiles of a run in which nothing changed, found without reading a feature; None where that cannot be."""
    folder = None if crew.cache is None or index is None else crew.cache.get(_INDEX, index)
    if crew.cache is None or folder is None:
        return None
    features = [crew.cache.get(prepared.KIND, name or "") for name in names]
    if None in features:
        return None
    found = crew.recalled(json.loads((folder / "tiles.json").read_text(encoding="utf-8")))
    if found is None:
        return None
    kept = [(rule, one) for rule, one in zip(study.rules, features, strict=True) if one is not None]
    _note_empty([rule for rule, one in kept if not prepared.recall(one, layers)], notices)
    return found


def _write_index(folder: Path, keys: list[str]) -> None:
    (folder / "tiles.json").write_text(json.dumps(keys), encoding="utf-8")


def _note_empty(rules: list[RuleBase], notices: Notices) -> None:
    """Warn of rules that have nothing here; of several from the library, which brings more than a study needs, once."""
    listed = [rule for rule in rules if rule.library is not None]
    if len(listed) > 1:
        named = ", ".join(f"'{rule.id}' (layer '{rule.layer}')" for rule in listed)
        notices.warn("library_empty", f"{len(listed)} rules of the library have 0 features in this area: {named}")
    for rule in rules:
        if rule.library is None or len(listed) == 1:
            notices.warn(
                f"rule_{rule.id}",
                f"rule '{rule.id}': 0 features of layer '{rule.layer}' {'match ' if rule.match else ''}in this area",
            )


def _make_ready() -> None:
    """Load the compiled functions before threads ask for them."""
    from flexsite import kernel

    if not kernel.compiled():
        kernel.warm()
