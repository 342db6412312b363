"""The rules on one tile of candidates: the account of its ground, its sites, and what touches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flexsite.availability import exact, route, sites, touching, waterfall
from flexsite.availability.account import Account, Taken, Unknown, joined
from flexsite.flat import Flat
from flexsite.geometry import Floats, Geometries, Indices, union_groups
from flexsite.study.rule import RouteRule

if TYPE_CHECKING:
    from flexsite.availability.footprint import Footprint
    from flexsite.availability.laying import Laid
    from flexsite.availability.window import Clock
    from flexsite.study.models import Study

Objects = NDArray[np.object_]


@dataclass(frozen=True)
class Wanted:
    """How a tile is dealt with.

    Attributes
    ----------
    compiled
        Take the fast way, which pays for many candidates.
    taken
        Keep the ground that each rule took, and the parts too small for a site.
    stand_ins
        A candidate without a site stands in as a whole.
    """

    compiled: bool
    taken: bool
    stand_ins: bool


@dataclass(frozen=True)
class Pieces:
    """Sites of a tile, without their final ids; every array is as long as there are sites.

    Attributes
    ----------
    candidate, shapes, area_m2
        Row of the candidate in the tile, the polygon and its area.
    stand_in
        Whether it only stands for a candidate without any site.
    marks, unknown
        Ids of rules, joined by `;`.
    available_until, mark_until
        Dates or None.
    cap
        Most homes, infinite without a cap.
    route, route_share
        The permit route of the largest part, and its share (0..1).
    """

    candidate: Indices
    shapes: Flat
    area_m2: Floats
    stand_in: NDArray[np.bool_]
    marks: Objects
    unknown: Objects
    available_until: Objects
    mark_until: Objects
    cap: Floats
    route: Objects
    route_share: Floats

    def __len__(self) -> int:
        return len(self.candidate)

    def take(self, rows: Indices) -> Pieces:
        """Some sites, in the order asked."""
        columns: dict[str, Any] = {one.name: _taken(getattr(self, one.name), rows) for one in fields(self)}
        return Pieces(**columns)

    @classmethod
    def joined(cls, several: Sequence[Pieces]) -> Pieces:
        """Sites of several tiles, one after the other."""
        columns: dict[str, Any] = {}
        for one in fields(cls):
            values = [getattr(pieces, one.name) for pieces in several]
            columns[one.name] = Flat.join(values) if one.name == "shapes" else np.concatenate(values)
        return cls(**columns)


@dataclass(frozen=True)
class Small:
    """Ground of candidates that the rules leave and that is too small for a site; one row per candidate."""

    candidate: Indices
    shapes: Flat


@dataclass(frozen=True)
class Tile:
    """What the rules leave of the candidates of a tile."""

    account: Account
    pieces: Pieces
    small: Small

    def take(self, rows: Indices) -> Tile:
        """The same for some of its candidates, as if they were a tile; `rows` rise."""
        place = np.full(len(self.account.start_m2), -1)
        place[rows] = np.arange(len(rows))
        account = self.account
        taken = {}
        for name, one in account.taken.items():
            mine = place[one.index] >= 0
            taken[name] = Taken(
                place[one.index[mine]], one.touched_m2[mine], one.taken_m2[mine], one.only_m2[mine], one.geometry[mine]
            )
        unknown = {}
        for name, beyond in account.unknown.items():
            mine = place[beyond.index] >= 0
            unknown[name] = Unknown(place[beyond.index[mine]], beyond.area_m2[mine])
        kept = np.flatnonzero(place[self.pieces.candidate] >= 0)
        pieces = self.pieces.take(kept)
        lost = np.flatnonzero(place[self.small.candidate] >= 0)
        return Tile(
            Account(
                account.start_m2[rows],
                account.area_m2[rows],
                taken,
                unknown,
                None if account.overlaps is None else account.overlaps.take(place),
            ),
            replace(pieces, candidate=place[pieces.candidate]),
            Small(place[self.small.candidate[lost]], self.small.shapes.take(lost)),
        )


def together(tiles: Sequence[Tile], rows: Sequence[Indices], count: int, rules: Sequence[str]) -> Tile:
    """The tiles as one: `rows` says for each which candidates of the whole it holds."""
    account = joined([tile.account for tile in tiles], rows, count, rules)
    pieces = Pieces.joined(
        [replace(tile.pieces, candidate=own[tile.pieces.candidate]) for tile, own in zip(tiles, rows, strict=True)]
    )
    order = np.argsort(pieces.candidate, kind="stable")
    lost = np.concatenate([own[tile.small.candidate] for tile, own in zip(tiles, rows, strict=True)])
    by_row = np.argsort(lost, kind="stable")
    small = Small(lost[by_row], Flat.join([tile.small.shapes for tile in tiles]).take(by_row))
    return Tile(account, pieces.take(order), small)


def find(
    shapes: Flat,
    footprints: Mapping[str, Footprint],
    study: Study,
    clock: Clock,
    wanted: Wanted,
    laid: Laid | None = None,
) -> Tile:
    """Let every rule act on the candidates of a tile, and describe what is left.

    Parameters
    ----------
    shapes
        The candidates.
    footprints
        By rule, at least around the tile.
    laid
        These laid over the candidates, where that is at hand; for the compiled way.
    """
    if wanted.compiled and not wanted.taken and exact.possible(study.rules):
        least = study.candidates.min_area if not wanted.stand_ins else 0.0
        account, left = exact.clear(shapes, footprints, study, clock, least=least, laid=laid)
    else:
        ground = waterfall.start(shapes.geometry())
        for rule in study.rules:
            waterfall.apply(ground, rule, footprints[rule.id], study, clock, keep_geometry=wanted.taken)
        account, left = _as_kept(waterfall.account(ground, arrange=wanted.taken)), ground.geometry
    parts = sites.parts_of(left, study.candidates)
    found = parts.sites()
    stand_in = np.zeros(len(found), dtype=bool)
    if wanted.stand_ins:
        stood = sites.placeholders(found, shapes.geometry())
        stand_in = np.concatenate([stand_in, np.ones(len(stood), dtype=bool)])
        found = sites.Sites(
            np.concatenate([found.candidate, stood.candidate]),
            np.concatenate([found.geometry, stood.geometry]),
            np.concatenate([found.area_m2, stood.area_m2]),
        )
    return Tile(account, _described(found, stand_in, footprints, study, clock), _small(parts, keep=wanted.taken))


def _described(
    found: sites.Sites,
    stand_in: NDArray[np.bool_],
    footprints: Mapping[str, Footprint],
    study: Study,
    clock: Clock,
) -> Pieces:
    touched = touching.Touching.none(len(found))
    for rule in study.rules:
        touching.touch(touched, found, rule, footprints[rule.id], study, clock)
    zoning = next((rule for rule in study.rules if isinstance(rule, RouteRule)), None)
    its_route, share = route.routes(found, zoning, footprints[zoning.id] if zoning else None)
    return Pieces(
        candidate=found.candidate,
        shapes=Flat.of(found.geometry),
        area_m2=found.area_m2,
        stand_in=stand_in,
        marks=_texts(touched.marks),
        unknown=_texts(touched.unknown),
        available_until=touched.available_until,
        mark_until=touched.mark_until,
        cap=touched.cap,
        route=its_route,
        route_share=share,
    )


def _small(parts: sites.Parts, *, keep: bool) -> Small:
    rows = np.flatnonzero(~parts.kept & (parts.area_m2 > 0)) if keep else np.empty(0, dtype=np.intp)
    lost = union_groups(parts.geometry[rows], parts.candidate[rows])
    return Small(lost.row, Flat.of(lost.geometry))


def _as_kept(account: Account) -> Account:
    """With the ground that rules took as it comes back from disk: rings in their set directions."""
    taken = {name: replace(one, geometry=_turned(one.geometry)) for name, one in account.taken.items()}
    overlaps = account.overlaps
    if overlaps is not None:
        overlaps = replace(overlaps, geometry=_turned(overlaps.geometry))
    return replace(account, taken=taken, overlaps=overlaps)


def _turned(geometry: Geometries) -> Geometries:
    result = geometry.copy()
    filled = np.flatnonzero(geometry != None)  # noqa: E711 - element by element
    result[filled] = Flat.of(geometry[filled]).geometry()
    return result


def _texts(ids: list[list[str]]) -> Objects:
    result = np.empty(len(ids), dtype=object)
    result[:] = [";".join(one) for one in ids]
    return result


def _taken(values: NDArray[np.generic] | Flat, rows: Indices) -> NDArray[np.generic] | Flat:
    return values.take(rows) if isinstance(values, Flat) else values[rows]
