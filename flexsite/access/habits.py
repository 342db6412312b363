"""How people travel: speeds, and how far they walk to a stop, where a study does not say otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from flexsite.study.access import Timetable

Window = tuple[int, int]
"""First and last departure, seconds since midnight."""


@dataclass(frozen=True)
class Habits:
    """How people travel by public transport.

    Parameters
    ----------
    speed
        On foot, metres per second.
    max_walk
        Metres to the first stop, and from the last.
    change_walk
        Metres between two vehicles.
    change_time
        Seconds between two vehicles at least.
    longest
        Seconds of a journey that is still one.

    Examples
    --------
    >>> Habits.of(None).max_walk
    2000.0
    """

    speed: float
    max_walk: float
    change_walk: float
    change_time: int
    longest: int

    @classmethod
    def of(cls, timetable: Timetable | None) -> Habits:
        """What the study says, and for the rest the assumptions of the rulebook."""
        own = {} if timetable is None else timetable.model_dump()

        def number(name: str) -> float:
            said = own.get(name)
            return float(_assumed()[name]["value"] if said is None else said)

        return cls(
            speed=metres_per_second("walk"),
            max_walk=number("max_walk"),
            change_walk=number("change_walk"),
            change_time=round(number("change_time")),
            longest=round(number("longest") * 60),
        )


@cache
def _speeds() -> dict[str, Any]:
    return _read("flexsite.access", "speeds.yaml")


@cache
def _assumed() -> dict[str, Any]:
    return _read("flexsite.rulebook", "transit.yaml")


def _read(package: str, name: str) -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = yaml.safe_load((files(package) / name).read_text(encoding="utf-8"))
    return found


def metres_per_second(mode: str) -> float:
    """Speed of walking or cycling (design, Distances).

    Examples
    --------
    >>> metres_per_second("walk") * 60
    80.0
    """
    return float(_speeds()[mode]["km_per_hour"]) / 3.6


def window(depart: tuple[str, str] | None) -> Window:
    """First and last departure in seconds since midnight; the morning peak where a measure does not say.

    Examples
    --------
    >>> window(("07:00", "09:00"))
    (25200, 32400)
    """
    first, last = depart or _assumed()["depart"]["value"]
    return clock_seconds(first), clock_seconds(last)


def clock_seconds(clock: str) -> int:
    """Seconds since midnight.

    Examples
    --------
    >>> clock_seconds("26:30")
    95400
    """
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60
