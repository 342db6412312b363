"""One journey, step by step, to show to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flexsite.access.timetable.model import Timetable
from flexsite.access.transit.connections import Connections
from flexsite.access.transit.plain import Off, Plain

PLACE = -1
"""Row of the stop at the ends of a journey, which are none."""


@dataclass(frozen=True)
class Step:
    """A part of a journey; where the next begins later than this one ends, one waits.

    Parameters
    ----------
    kind
        On foot between a place and a stop, riding, or on foot between two vehicles (also at one stop).
    from_stop, to_stop
        Rows of stops; `PLACE` for the origin and the destination.
    depart, arrive
        Seconds of the service day. A change ends when one can board.
    metres
        Length of what is walked.
    line, trip
        Rows of the line and the trip of a ride, else -1.
    stops
        Rows of all stops of a ride, both ends among them.
    seated
        Whether one stayed in the vehicle of the ride before.
    """

    kind: Literal["walk", "ride", "change"]
    from_stop: int
    to_stop: int
    depart: int
    arrive: int
    metres: float = 0.0
    line: int = -1
    trip: int = -1
    stops: tuple[int, ...] = ()
    seated: bool = False


Way = tuple[int, float]
"""Seconds and metres on foot."""


def journey(
    timetable: Timetable,
    connections: Connections,
    plain: Plain,
    access: Mapping[int, Way],
    departure: int,
    egress: Mapping[int, Way],
    limit: int,
    direct: Way | None = None,
) -> list[Step]:
    """The journey that arrives first, with the fewest changes among those.

    Parameters
    ----------
    timetable, connections, plain
        What runs; `plain` is made of patterns of `connections`.
    access, egress
        Ways on foot by stop: from the origin, and to the destination.
    departure
        Second at which one leaves the origin.
    limit
        Seconds of the longest journey.
    direct
        The way on foot from origin to destination, if there is one.

    Returns
    -------
    Steps from origin to destination; none where there is no journey.
    """
    start = {stop: departure + way[0] for stop, way in access.items()}
    ends = {stop: way[0] for stop, way in egress.items()}
    best = plain.fastest(start, [ends], departure + limit)[0]
    if direct is not None and direct[0] <= limit and (best is None or departure + direct[0] <= best[0]):
        return [Step("walk", PLACE, PLACE, departure, departure + direct[0], direct[1])]
    if best is None:
        return []
    second, off = best
    steps = [Step("walk", off.stop, PLACE, off.second, second, egress[off.stop][1])]
    while True:
        steps += reversed(_rides(timetable, connections, plain, off))
        ready = off.before
        if ready.after is None:
            steps.append(Step("walk", PLACE, ready.stop, departure, ready.second, access[ready.stop][1]))
            return steps[::-1]
        off = ready.after
        steps.append(
            Step("change", off.stop, ready.stop, off.second, ready.second, _metres(plain, off.stop, ready.stop))
        )


def _rides(timetable: Timetable, connections: Connections, plain: Plain, off: Off) -> list[Step]:
    """A ride, one step for every trip that the vehicle makes."""
    some = plain.patterns
    size = int(some.first[off.pattern + 1] - some.first[off.pattern])
    begin = int(some.first_time[off.pattern]) + off.vehicle * size
    steps: list[Step] = []
    for ride in some.ride[begin + off.on : begin + off.off].tolist():
        if ride < 0:
            continue  # the end of a trip, from which the vehicle goes on elsewhere
        trip, from_stop, to_stop = (
            int(rows[ride]) for rows in (connections.trip, connections.from_stop, connections.to_stop)
        )
        depart, arrive = int(connections.depart[ride]), int(connections.arrive[ride])
        if steps and steps[-1].trip == trip:
            last = steps.pop()
            steps.append(
                Step(
                    "ride", last.from_stop, to_stop, last.depart, arrive,
                    line=last.line, trip=trip, stops=(*last.stops, to_stop), seated=last.seated,
                )
            )  # fmt: skip
        else:
            line = int(timetable.trip_line[trip])
            steps.append(
                Step(
                    "ride", from_stop, to_stop, depart, arrive,
                    line=line, trip=trip, stops=(from_stop, to_stop), seated=bool(steps),
                )
            )  # fmt: skip
    return steps


def _metres(plain: Plain, from_stop: int, to_stop: int) -> float:
    """Length of a footpath."""
    ways = plain.footpaths
    part = slice(int(ways.first[from_stop]), int(ways.first[from_stop + 1]))
    return float(ways.metres[part][ways.stop[part] == to_stop][0])
