"""Timetables and ways written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from flexsite.access.reach.legs import Legs
from flexsite.access.timetable.model import MODES, Changes, Lines, Stops, Timetable


def clock(text: str) -> int:
    """Seconds of "07:30"."""
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def words(values: Sequence[str]) -> Any:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def timetable(
    stops: Sequence[tuple[str, float, float] | tuple[str, float, float, int]],
    lines: Sequence[tuple[str, str] | tuple[str, str, str]],
    trips: Sequence[tuple[int, int, Sequence[tuple[int, str]]]],
    *,
    no_board: Sequence[tuple[int, int]] = (),
    runs: Sequence[int] | None = None,
) -> Timetable:
    """A timetable: stops (name, x, y, station), lines (short name, mode, long name), trips (line, direction, calls).

    A call is a stop and the time at which the vehicle leaves there; `no_board` names (trip, call) to get off only.
    """
    station = [stop[3] if len(stop) == 4 else 1000 + row for row, stop in enumerate(stops)]
    calls = [call for _, _, made in trips for call in made]
    first = np.cumsum([0, *(len(made) for _, _, made in trips)]).astype(np.int64)
    depart = np.array([clock(time) for _, time in calls], np.int32)
    board = np.ones(len(calls), bool)
    for trip, call in no_board:
        board[first[trip] + call] = False
    none = np.empty(0, np.int32)
    return Timetable(
        day=date(2026, 3, 10),
        stops=Stops(
            words([f"s{row}" for row in range(len(stops))]), words([stop[0] for stop in stops]),
            np.array([stop[1:3] for stop in stops], float).reshape(-1, 2), np.array(station, np.int32),
            none, np.empty((0, 2)),
        ),
        lines=Lines(
            words([f"l{row}" for row in range(len(lines))]), words([line[0] for line in lines]),
            words([line[2] if len(line) == 3 else "" for line in lines]),
            np.array([MODES.index(line[1]) for line in lines], np.int8), np.zeros(len(lines), np.int32),
        ),
        changes=Changes(none, none, none),
        trip_id=words([f"t{row}" for row in range(len(trips))]),
        trip_headsign=words([""] * len(trips)),
        trip_line=np.array([trip[0] for trip in trips], np.int32),
        trip_direction=np.array([trip[1] for trip in trips], np.int8),
        trip_run=np.array(runs if runs is not None else range(len(trips)), np.int32),
        first=first,
        stop=np.array([stop for stop, _ in calls], np.int32),
        arrive=depart.copy(),
        depart=depart,
        board=board,
        alight=np.ones(len(calls), bool),
    )  # fmt: skip


def every(minutes: int, first: str, last: str) -> list[str]:
    """Times from the first up to and with the last."""
    return [f"{t // 60:02}:{t % 60:02}" for t in range(clock(first) // 60, clock(last) // 60 + 1, minutes)]


def service(line: int, direction: int, calls: Sequence[int], minutes: int, first: str, last: str, ride: int = 5) -> Any:
    """Trips of a line every so many minutes, `ride` minutes from stop to stop."""

    def later(time: str, by: int) -> str:
        total = clock(time) // 60 + by
        return f"{total // 60:02}:{total % 60:02}"

    return [
        (line, direction, [(stop, later(time, ride * row)) for row, stop in enumerate(calls)])
        for time in every(minutes, first, last)
    ]


def legs(ways: Sequence[dict[int, float]]) -> Legs:
    """Ways by site: metres by stop."""
    first = np.cumsum([0, *(len(site) for site in ways)]).astype(np.int64)
    stop = np.array([stop for site in ways for stop in sorted(site)], np.int32)
    metres = np.array([site[stop] for site in ways for stop in sorted(site)], float)
    return Legs(first, stop, metres)


def shown(values: Any) -> list[Any]:
    """Texts, None for a missing one."""
    return [None if value is None or value != value else value for value in values.tolist()]
