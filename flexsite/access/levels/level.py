"""The service level of every site, by a standard, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.access.levels import wording
from flexsite.access.levels._index import index_of
from flexsite.access.reach.bounded import TOLERANCE
from flexsite.access.reach.legs import Legs
from flexsite.access.timetable.model import MODES

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from flexsite.access.levels.standard import Standard, Way
    from flexsite.access.levels.supply import Supply
    from flexsite.access.levels.wording import Language

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEW = 20_000
"""Ways for which compiling the index would take longer than it saves (a few microseconds a way)."""


@dataclass(frozen=True)
class Need:
    """Ways that a standard asks for: from every site to these stops, so many metres at most.

    Parameters
    ----------
    mode
        How to measure.
    metres
        Farthest stop that counts.
    stops
        (k,) rows of the stops that count; others need not be searched for.
    kinds
        Kinds of stops in this reach, of which the most frequent at a stop counts.
    """

    mode: Way
    metres: float
    stops: Ints
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Levels:
    """Service level of every site.

    Parameters
    ----------
    level
        (n,) text; missing where it is not known, because a site has no entrance.
    why
        (n,) text: the stop, its lines, their frequency and the distance; missing likewise.
    value
        (n,) the number of the level; NaN where there is none.
    """

    level: pd.api.extensions.ExtensionArray
    why: pd.api.extensions.ExtensionArray
    value: Floats


def needs(standard: Standard, supply: Supply, mode: Way | None = None) -> tuple[Need, ...]:
    """Ways that `levels` must be given, in this order.

    Parameters
    ----------
    standard
        The standard.
    supply
        What the stops offer.
    mode
        How to measure, instead of the standard's way.
    """
    return tuple(
        Need(
            mode or reach.mode,
            standard.metres(reach),
            np.flatnonzero(np.logical_or.reduce([supply.per_hour(standard, kind) > 0 for kind in reach.kinds])),
            tuple(reach.kinds),
        )
        for reach in standard.reach
    )


def levels(
    standard: Standard,
    supply: Supply,
    wanted: Sequence[Need],
    legs: Sequence[Legs],
    reached: Sequence[Flags],
    language: Language,
) -> Levels:
    """Level of every site, the reason, and the level's number.

    Parameters
    ----------
    standard, supply
        The standard, and what the stops offer.
    wanted, legs
        What `needs` asked for, and the ways found: `Legs.stop` are rows of the supply's stops.
    reached
        Per need (n,) whether a site has an entrance, so that a stop could be found at all. Where one way of measuring
        has none, the level is only known when it is the best one already.
    language
        Of the reason.
    """
    formula = _by_index if standard.formula == "ptal" else _by_class
    return formula(standard, supply, wanted, legs, reached, language)


def _by_class(
    standard: Standard,
    supply: Supply,
    wanted: Sequence[Need],
    legs: Sequence[Legs],
    reached: Sequence[Flags],
    language: Language,
) -> Levels:
    """The best level of which a stop within reach has what it asks for; of several such stops the nearest."""
    lowest, count = len(standard.levels) - 1, len(legs[0])
    rank = np.full(count, lowest + 1)
    metres, chosen, which = np.full(count, np.inf), np.full(count, -1), np.zeros(count, np.int64)
    for number, (need, ways) in enumerate(zip(wanted, legs, strict=True)):
        often = np.max([supply.per_hour(standard, kind) for kind in need.kinds], axis=0)
        found = _ranks(standard, need, ways.metres, often[ways.stop])
        site, best = _best(ways, found, lowest)
        better = (found[best] < rank[site]) | ((found[best] == rank[site]) & (ways.metres[best] < metres[site]))
        site, best = site[better], best[better]
        rank[site], metres[site], chosen[site], which[site] = found[best], ways.metres[best], ways.stop[best], number
    seen = chosen >= 0
    ids = [level.id for level in standard.levels]
    values = [level.value for level in standard.levels]
    if not supply.timed and standard.without_timetable is not None:
        ids, values = [standard.without_timetable.id] * len(ids) + [ids[-1]], [np.nan] * len(ids) + [values[-1]]
        lowest += 1
        rank[~seen] = lowest
    # what one way of measuring leaves open can only be better than what another has found
    known = np.logical_and.reduce(list(reached)) | (rank == 0)
    rank = np.minimum(rank, lowest)
    why = _phrases(standard, supply, wanted, language, np.flatnonzero(seen & known), chosen, which, metres)
    return _answer(ids, values, rank, known, why, wording.nothing(language, timed=supply.timed))


def _ranks(standard: Standard, need: Need, metres: Floats, per_hour: Floats) -> NDArray[np.int8]:
    """Row of the best level (k,) for which each way will do; one more than the last for a way that does not count."""
    lowest = len(standard.levels) - 1
    rank = np.full(len(metres), lowest + 1, np.int8)
    counts = (metres <= need.metres + TOLERANCE) & (per_hour > 0)
    rank[counts] = lowest
    for row in range(lowest - 1, -1, -1):
        level = standard.levels[row]
        enough = counts
        if level.per_hour is not None:
            enough = enough & (per_hour >= level.per_hour * (1 - 1e-12))
        if level.minutes is not None:
            pace = standard.speed[need.mode if need.mode in standard.speed else _published(standard, need)]
            enough = enough & (metres <= level.minutes * pace.metres_per_minute + TOLERANCE)
        rank[enough] = row
    return rank


def _published(standard: Standard, need: Need) -> Way:
    """The way of measuring whose speed holds for a need that is measured otherwise."""
    return next(reach.mode for reach in standard.reach if tuple(reach.kinds) == need.kinds)


def _best(ways: Legs, rank: NDArray[np.int8], lowest: int) -> tuple[Ints, Ints]:
    """Sites with a way that counts, and that way: of the best rank, then the shortest, then the first stop."""
    keep = np.flatnonzero(rank <= lowest)
    site = np.repeat(np.arange(len(ways)), np.diff(ways.first))[keep]
    if not len(keep):
        return site, keep
    begin = np.flatnonzero(np.concatenate([[True], site[1:] != site[:-1]]))
    size = np.diff(np.append(begin, len(keep)))
    top = np.minimum.reduceat(rank[keep], begin)
    metres = np.where(rank[keep] == np.repeat(top, size), ways.metres[keep], np.inf)
    shortest = np.flatnonzero(metres == np.repeat(np.minimum.reduceat(metres, begin), size))
    sites, first = np.unique(site[shortest], return_index=True)
    return sites, keep[shortest[first]]


def _phrases(
    standard: Standard, supply: Supply, wanted: Sequence[Need], language: Language,
    rows: Ints, stop: Ints, which: Ints, metres: Floats,
) -> tuple[Ints, pa.Array]:  # fmt: skip
    """Sites, and why each has its level; every stop is put in words once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    stops = max(len(supply), 1)
    keys, inverse = np.unique(which[rows] * stops + stop[rows], return_inverse=True)
    offers = [np.array([supply.per_hour(standard, kind) for kind in need.kinds]) for need in wanted]
    texts = []
    for key in keys.tolist():
        need, at = divmod(key, stops)
        kind = wanted[need].kinds[int(np.argmax(offers[need][:, at]))]
        texts.append(wording.stop_and_lines(supply, standard, kind, at, language))
    said = pa.array(texts, pa.string()).take(pa.array(inverse))
    parts = []
    order = np.argsort(which[rows], kind="stable")
    for number, need in enumerate(wanted):
        mine = order[which[rows][order] == number]
        far = wording.distance(metres[rows[mine]], need.mode, language)
        parts.append(pc.binary_join_element_wise(said.take(pa.array(mine)), far, ", "))
    return rows[order], pa.concat_arrays(parts)


def _by_index(
    standard: Standard,
    supply: Supply,
    wanted: Sequence[Need],
    legs: Sequence[Legs],
    reached: Sequence[Flags],
    language: Language,
) -> Levels:
    """PTAL (Transport for London, 2010): the band of the index of public transport within reach."""
    import pyarrow as pa
    import pyarrow.compute as pc

    assert standard.waiting is not None  # noqa: S101  (the model sees to it)
    assert standard.weights is not None  # noqa: S101
    ways = _joined(legs)
    reach = np.full(len(MODES), -1.0)
    late = np.zeros(len(MODES))
    for need in wanted:
        for kind in need.kinds:
            reach[standard.mode_of(kind)] = need.metres + TOLERANCE
    for mode, minutes in standard.waiting.late.items():
        late[MODES.index(mode)] = minutes
    offers = supply.frequencies
    waiting = 30 / offers.per_hour + late[offers.mode]
    run = index_of if len(ways.stop) <= FEW else _compiled()
    index, way, row = run(
        ways.first, ways.stop, ways.metres, supply.place,
        offers.first, offers.line, offers.mode, waiting, reach,
        len(supply.line_name), standard.speed[standard.reach[0].mode].metres_per_minute,
        standard.weights.minutes, standard.weights.best, standard.weights.others,
    )  # fmt: skip
    hundredths = np.floor(index * 100 + 0.5).astype(np.int64)
    bounds = [round((level.above or 0) * 100) for level in standard.levels[:-1]]
    rank = np.searchsorted(-np.array(bounds), -hundredths, "right")
    known = np.logical_and.reduce(list(reached))
    rows = np.flatnonzero((way >= 0) & known)
    stop, lines = ways.stop[way[rows]].astype(np.int64), max(len(offers.line), 1)
    keys, inverse = np.unique(stop * lines + row[rows], return_inverse=True)
    texts = [wording.stop_and_line(supply, key // lines, key % lines, language) for key in keys.tolist()]
    said = pa.array(texts, pa.string()).take(pa.array(inverse))
    far = wording.distance(ways.metres[way[rows]], wanted[0].mode, language)
    why = pc.binary_join_element_wise(
        wording.index(hundredths[rows], language), pc.binary_join_element_wise(said, far, ", "), ""
    )
    ids, values = [level.id for level in standard.levels], [level.value for level in standard.levels]
    return _answer(ids, values, rank, known, (rows, why), wording.nothing(language, timed=True))


def _joined(legs: Sequence[Legs]) -> Legs:
    """All ways of each site together, those of the first legs first."""
    first = np.sum([ways.first for ways in legs], axis=0)
    stop, metres = np.empty(first[-1], np.int32), np.empty(first[-1])
    before = np.zeros(len(first) - 1, np.int64)
    for number, ways in enumerate(legs):
        # a way moves by those of sites before its own in the other legs, and those of its own site in earlier ones
        moved = before + np.sum([other.first[:-1] for other in legs[number:]], axis=0) - ways.first[:-1]
        to = np.arange(len(ways.stop)) + np.repeat(moved, np.diff(ways.first))
        stop[to], metres[to] = ways.stop, ways.metres
        before += ways.first[1:]
    return Legs(first, stop, metres)


def _answer(
    ids: list[str], values: list[float], rank: Ints, known: Flags, why: tuple[Ints, pa.Array], nothing: str
) -> Levels:
    """Text and number of every site's level; rows of `why` have a reason, the other known ones have `nothing`."""
    import pandas as pd
    import pyarrow as pa

    rows, texts = why
    level = pd.array(ids, dtype="str").take(np.where(known, rank, -1), allow_fill=True)
    place = np.full(len(rank), len(texts))
    place[rows] = np.arange(len(rows))
    said = pa.concat_arrays([texts.cast(pa.large_string()), pa.array([nothing], pa.large_string())])
    reasons = pd.array(said.take(pa.array(place, mask=~known)), dtype="str")
    return Levels(level, reasons, np.where(known, np.array(values)[rank], np.nan))


@cache
def _compiled() -> Callable[..., tuple[Floats, Ints, Ints]]:
    """The loop behind the index, compiled; it gives the same answers."""
    from flexsite.kernel._jit import entry

    return entry(index_of)
