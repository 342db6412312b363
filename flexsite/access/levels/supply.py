"""What stops offer: which kinds of transport leave there, how often, and with which lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.access.levels.departures import Frequencies, busiest, departures
from flexsite.access.timetable.model import MODES, Texts, Timetable
from flexsite.errors import InputError
from flexsite.values import text_of

if TYPE_CHECKING:
    from flexsite.access.habits import Window
    from flexsite.access.levels.standard import Kind, Standard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

WORDS = {
    "bus": "bus",
    "tram": "tram", "light_rail": "tram", "lightrail": "tram", "sneltram": "tram",
    "metro": "metro", "subway": "metro",
    "rail": "rail", "train": "rail", "trein": "rail", "station": "rail",
    "ferry": "ferry", "veer": "ferry", "veerboot": "ferry", "pont": "ferry",
}  # fmt: skip
"""What a layer of stops may call a mode, in small letters; besides it may name the kinds of the standard."""


@dataclass(frozen=True)
class Supply:
    """Stops, and what leaves there in the window of a standard.

    Parameters
    ----------
    name
        (s,) names of the stops.
    place
        (s,) number of the station of every stop; a stop of its own has one of its own.
    frequencies
        Lines by place.
    line_name
        (l,) what people call a line: its short name, else its long one, else its id.
    line_words
        (l,) all names of a line, in which the words of a kind are looked for.
    kind
        (s,) without a timetable: mode or kind of every stop, empty where it is not known; None with a timetable.
    warnings
        What the user should know.
    """

    name: Texts
    place: Ints
    frequencies: Frequencies
    line_name: Texts
    line_words: Texts
    kind: Texts | None = None
    warnings: tuple[str, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether departures are known."""
        return self.kind is None

    def __len__(self) -> int:
        """Number of stops."""
        return len(self.name)

    @cached_property
    def by_mode(self) -> Floats:
        """(places, modes) departures per hour."""
        return self.frequencies.by_mode

    def per_hour(self, standard: Standard, kind: str) -> Floats:
        """Departures per hour (s,) at the stops of a mode or kind; 0 elsewhere, infinite where nobody knows."""
        own = standard.kinds.get(kind)
        mode = standard.mode_of(kind)
        if self.kind is not None:
            named = {kind} if own else {kind, *(name for name in standard.kinds if standard.mode_of(name) == mode)}
            here = np.isin(self.kind, list(named))
            if own is not None and own.line is None:
                here |= (self.kind == MODES[mode]) & _named(self.name, own.stop)
            return np.where(here, np.inf, 0.0)
        total = self.by_mode[:, mode]
        if own is not None:
            total = np.where(self._has_lines(own, mode), total, 0.0)
        found = total[self.place]
        return found if own is None else np.where(_named(self.name, own.stop), found, 0.0)

    def _has_lines(self, kind: Kind, mode: int) -> Flags:
        """(places,) where lines with a word of this kind leave as often as it asks."""
        frequencies, places = self.frequencies, len(self.frequencies.first) - 1
        rows = np.flatnonzero((frequencies.mode == mode) & _named(self.line_words, kind.line)[frequencies.line])
        at = np.searchsorted(frequencies.first, rows, "right") - 1
        number = np.bincount(at, frequencies.number[rows], minlength=places)
        return (number > 0) & (number >= kind.per_hour * frequencies.hours)


def supply_of(timetable: Timetable, window: Window) -> Supply:
    """What leaves at the stops of a timetable from the first second of a window up to its last.

    Parameters
    ----------
    timetable
        One service day.
    window
        Seconds since the beginning of the service day; see `Standard.window`.
    """
    _, place = np.unique(timetable.stops.station, return_inverse=True)
    place = place.astype(np.int64)
    found = busiest(departures(timetable, *window, place), int(place.max(initial=-1)) + 1)
    lines = timetable.lines
    names = [short or long or key for short, long, key in zip(lines.short_name, lines.long_name, lines.id, strict=True)]
    words = [f"{short} {long}" for short, long in zip(lines.short_name, lines.long_name, strict=True)]
    return Supply(timetable.stops.name, place, found, _texts(names), _texts(words))


def supply_of_stops(standard: Standard, names: Sequence[object] | None, modes: Sequence[object] | None) -> Supply:
    """What a layer of stops tells, for a study without timetable: where stops are and of which mode, not how often.

    Parameters
    ----------
    standard
        The standard, whose first kind of stop all stops are where no modes are given.
    names
        Name of every stop, or None.
    modes
        Mode of every stop, in the words of `WORDS` or a kind of the standard; None where the layer has none.

    Raises
    ------
    InputError
        The standard cannot do without departures, or no stop has a mode it knows.
    """
    if standard.formula == "ptal":
        raise InputError(
            f"the standard '{standard.id}' needs departures, and the study has no timetable",
            where="access.timetable", remedy="give access.timetable, or choose another standard",
        )  # fmt: skip
    count = len(names if names is not None else modes if modes is not None else [])
    said = []
    first = standard.reach[0].kinds[0]
    if modes is None:
        kind = np.full(count, first, dtype=object)
        said.append(f"{count} stops have no column 'mode' and count as {first}")
    else:
        known = WORDS | {name: name for name in standard.kinds}
        kind = _texts([known.get(text_of(mode).strip().lower(), "") for mode in modes])
        unknown = int((kind == "").sum())
        if count and unknown == count:
            raise InputError(
                f"no stop has a mode that is known, such as {text_of(modes[0])!r}", where="column 'mode'",
                remedy=f"use {', '.join(sorted(known))}",
            )  # fmt: skip
        if unknown:
            said.append(f"{unknown} of {count} stops have a mode that is not known and do not count")
    if standard.without_timetable is not None:
        said.append(
            f"there is no timetable: with a stop within reach the level is '{standard.without_timetable.id}', which "
            "has no number, because nobody knows what leaves there"
        )
    names = names if names is not None else [""] * count
    none = np.empty(0, np.int64)
    idle = Frequencies(np.zeros(count + 1, np.int64), none, none, none, 1.0)
    empty = np.empty(0, dtype=object)
    return Supply(_texts([text_of(name) for name in names]), np.arange(count), idle, empty, empty, kind, tuple(said))


def _texts(values: Sequence[str]) -> Texts:
    found: Texts = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _named(texts: Texts, words: list[str] | None) -> Flags:
    """Texts in which one of the words stands, whole and in any case; all of them when no words are asked for."""
    if words is None:
        return np.ones(len(texts), bool)
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in words) + r")(?!\w)", re.IGNORECASE)
    return np.fromiter((pattern.search(text) is not None for text in texts), bool, len(texts))
