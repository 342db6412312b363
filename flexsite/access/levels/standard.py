"""Standards of service by public transport: published classes and bands, as YAML files that a user can write too."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from flexsite.access.habits import Window, window
from flexsite.access.timetable.model import MODES
from flexsite.errors import InputError
from flexsite.rulebook import standard_path
from flexsite.study.base import Day, Label, NonNegative, Number, PositiveNumber, Sourced, StrictModel, Text, Word
from flexsite.study.clock import ClockTime
from flexsite.study.yaml_source import read

Way = Literal["walk", "cycle", "straight"]
"""How the metres between a site and a stop are measured."""
TransitMode = Literal["tram", "metro", "rail", "bus", "ferry", "other"]


class Hours(Sourced):
    """The part of the day whose departures count; the first moment does, the last does not."""

    from_: ClockTime = Field(alias="from")
    to: ClockTime

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.to <= self.from_:
            raise PydanticCustomError("window", "'to' is not after 'from'; a night goes on to 29:59")
        return self

    @property
    def seconds(self) -> Window:
        """First second that counts, and the first that no longer does."""
        return window((self.from_, self.to))


class Kind(Sourced):
    """A kind of stop within a mode, such as an Intercity station.

    Parameters
    ----------
    mode
        Mode of the timetable; all its departures at the stop count.
    line
        Words of which one stands in the names of a line, for the stop to be of this kind.
    per_hour
        Departures of such lines per hour at least.
    stop
        Words of which one stands in the name of the stop. Words are whole and their case is nothing.
    """

    mode: TransitMode
    line: list[Text] | None = Field(None, min_length=1)
    per_hour: NonNegative = 0.0
    stop: list[Text] | None = Field(None, min_length=1)
    label: Label | None = None


class Reach(Sourced):
    """Kinds of stops, modes or own kinds, that count within a distance: metres, or minutes at the standard's speed."""

    kinds: list[Word] = Field(min_length=1)
    mode: Way
    metres: PositiveNumber | None = None
    minutes: PositiveNumber | None = None

    @model_validator(mode="after")
    def _one_distance(self) -> Self:
        if (self.metres is None) == (self.minutes is None):
            raise PydanticCustomError("reach", "give either 'metres' or 'minutes'")
        return self


class Speed(Sourced):
    """Metres per minute."""

    metres_per_minute: PositiveNumber


class Level(Sourced):
    """A level, and what a site must have for it.

    Parameters
    ----------
    id
        What the sites get as their level.
    value
        The number by which levels are compared.
    per_hour
        Departures per hour at least, at a stop within reach.
    minutes
        Minutes to it at most, at the standard's speed.
    above
        Index above which the level holds (formula `ptal`).
    """

    id: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]
    value: Number
    label: Label | None = None
    per_hour: PositiveNumber | None = None
    minutes: PositiveNumber | None = None
    above: NonNegative | None = None

    @property
    def bounds(self) -> tuple[float | None, ...]:
        """All that a site must have."""
        return self.per_hour, self.minutes, self.above


class Unknown(StrictModel):
    """The level of a site with a stop within reach whose departures nobody knows; it has no number."""

    id: Text
    label: Label | None = None


class Waiting(Sourced):
    """Minutes that the vehicles of a mode are late on average, added to half the time between two of them."""

    late: dict[TransitMode, NonNegative]


class Weights(Sourced):
    """Weight of the best line of a mode, and of each other line; and what the time to a vehicle is divided into."""

    best: PositiveNumber
    others: NonNegative
    minutes: PositiveNumber = Field(description="equivalent doorstep frequency = minutes / minutes of access")


class Standard(StrictModel):
    """A standard of service; `levels` go from the best to the worst, and the worst asks nothing."""

    id: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_-]*$")]
    label: Label
    about: Text
    source: Text
    date: Day
    formula: Literal["classes", "ptal"] = "classes"
    window: Hours
    speed: dict[Way, Speed] = Field(default_factory=dict)
    kinds: dict[Word, Kind] = Field(default_factory=dict)
    reach: list[Reach] = Field(min_length=1)
    waiting: Waiting | None = None
    weights: Weights | None = None
    levels: list[Level] = Field(min_length=2)
    without_timetable: Unknown | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        ptal = self.formula == "ptal"
        for name in ("waiting", "weights"):
            if (getattr(self, name) is not None) != ptal:
                raise PydanticCustomError("ptal", "'{name}' belongs to formula ptal, which needs it", {"name": name})
        if ptal and (len({reach.mode for reach in self.reach}) > 1 or self.kinds):
            raise PydanticCustomError("ptal", "formula ptal has one way to all stops and no 'kinds' of its own")
        if ptal and self.waiting is not None and (missing := self.counted - set(self.waiting.late)):
            raise PydanticCustomError(
                "ptal", "'waiting.late' lacks {modes}; add it", {"modes": ", ".join(sorted(missing))}
            )
        for reach in self.reach:
            for kind in reach.kinds:
                if kind not in self.kinds and kind not in MODES:
                    raise PydanticCustomError(
                        "kind", "there is no kind of stop '{kind}'; use one of {modes}, or define it under 'kinds'",
                        {"kind": kind, "modes": ", ".join(MODES)},
                    )  # fmt: skip
            if (ptal or reach.minutes is not None) and reach.mode not in self.speed:
                raise PydanticCustomError("speed", "minutes need 'speed.{mode}'", {"mode": reach.mode})
        if named := set(self.kinds) & set(MODES):
            raise PydanticCustomError("kind", "'{kind}' is a mode already; rename it", {"kind": min(named)})
        self._check_levels(ptal=ptal)
        return self

    def _check_levels(self, *, ptal: bool) -> None:
        ids = self.level_ids
        if len(set(ids)) < len(ids):
            raise PydanticCustomError("levels", "two levels have the same id; rename one of them")
        best = [level.value for level in self.levels]
        if any(one <= worse for one, worse in pairwise(best)):
            raise PydanticCustomError("levels", "levels go from the best to the worst: every 'value' below the last")
        if any(bound is not None for bound in self.levels[-1].bounds):
            raise PydanticCustomError("levels", "the last level is what is left: it has an id and a value only")
        for level in self.levels[:-1]:
            if (level.above is not None) != ptal or (ptal and any(b is not None for b in level.bounds[:2])):
                raise PydanticCustomError("levels", "'above' belongs to formula ptal, and nothing else does")
            if level.minutes is not None and any(reach.mode not in self.speed for reach in self.reach):
                raise PydanticCustomError("speed", "minutes need a 'speed' for every way in 'reach'")
        if self.asks_frequency == (self.without_timetable is None) and not ptal:
            raise PydanticCustomError(
                "levels", "'without_timetable' belongs to levels with 'per_hour', and they need it"
            )

    @property
    def counted(self) -> set[str]:
        """Modes and kinds of stops that count."""
        return {kind for reach in self.reach for kind in reach.kinds}

    @property
    def asks_frequency(self) -> bool:
        """Whether a level cannot be known without departures."""
        return self.formula == "ptal" or any(level.per_hour is not None for level in self.levels)

    @property
    def level_ids(self) -> list[str]:
        """What a site may get as its level, best first."""
        own = [level.id for level in self.levels]
        return own if self.without_timetable is None else [*own, self.without_timetable.id]

    @property
    def numbers(self) -> dict[str, float]:
        """The number of each level by its id; that without a number is left out."""
        return {level.id: level.value for level in self.levels}

    def seconds(self, depart: tuple[str, str] | None = None) -> Window:
        """Window of the day whose departures count, the standard's or another; its last second does not count."""
        return self.window.seconds if depart is None else window(depart)

    def metres(self, reach: Reach) -> float:
        """Distance within which a stop counts."""
        if reach.metres is not None:
            return reach.metres
        assert reach.minutes is not None  # noqa: S101  (the model refuses it)
        return reach.minutes * self.speed[reach.mode].metres_per_minute

    def mode_of(self, kind: str) -> int:
        """Number in `MODES` of the mode that a kind of stop belongs to."""
        return MODES.index(self.kinds[kind].mode if kind in self.kinds else kind)


def load_standard(standard: str | Path) -> Standard:
    """Load a standard.

    Parameters
    ----------
    standard
        The id of a built-in one, or the path of a file of the same form.

    Raises
    ------
    InputError
        There is no such standard, or the file is none; with the line and the key.

    Examples
    --------
    >>> load_standard("pbl-crow").level_ids
    ['4', '2', '1', '0', 'stop']
    """
    path = standard if isinstance(standard, Path) else standard_path(standard)
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), remedy="paths start at the folder of the study")
    status = path.stat()
    return _load(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=32)
def _load(path: Path, _modified: int, _size: int) -> Standard:
    document = read(path)
    try:
        return Standard.model_validate(document.data)
    except ValidationError as error:
        first = error.errors()[0]
        message, _, remedy = first["msg"].partition("; ")
        where = tuple(part for part in first["loc"] if part != "[key]")
        words = ".".join(str(part) for part in where)
        raise InputError(
            message[0].lower() + message[1:],
            where=document.place(where) + (f", {words}" if words else ""),
            remedy=remedy or "compare with a built-in standard",
        ) from None
