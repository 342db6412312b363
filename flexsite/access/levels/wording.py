"""Why a site has its level, in the words of the study's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable.model import MODES

if TYPE_CHECKING:
    import pyarrow as pa

    from flexsite.access.levels.standard import Standard
    from flexsite.access.levels.supply import Supply

Language = Literal["nl", "en"]
Ints = NDArray[np.int64]

_MODE = {
    "nl": {"tram": "tram", "metro": "metro", "rail": "trein", "bus": "bus", "ferry": "veer", "other": "ov"},
    "en": {"tram": "tram", "metro": "metro", "rail": "train", "bus": "bus", "ferry": "ferry", "other": "transport"},
}
_STOP = {
    "nl": {"rail": "Station", "metro": "Station", "": "Halte"},
    "en": {"rail": "Station", "metro": "Station", "": "Stop"},
}
_WAY = {
    "nl": {"walk": "m", "cycle": "m fietsen", "straight": "m hemelsbreed"},
    "en": {"walk": "m", "cycle": "m by bicycle", "straight": "m as the crow flies"},
}
_PER_HOUR = {"nl": "per uur", "en": "per hour"}
_UNKNOWN = {"nl": "vertrekken onbekend", "en": "departures unknown"}
_AND_MORE = {"nl": "en {n} andere", "en": "and {n} more"}
_NONE = {
    True: {
        "nl": "geen halte met vertrekken binnen de norm",
        "en": "no stop with departures within the standard's distance",
    },
    False: {"nl": "geen halte binnen de norm", "en": "no stop within the standard's distance"},
}
_INDEX = {"nl": "index {index}; beste lijn: ", "en": "index {index}; best line: "}
_SHOWN = 3
"""Lines named at a stop."""


def nothing(language: Language, *, timed: bool) -> str:
    """Why there is no level but the lowest."""
    return _NONE[timed][language]


def distance(metres: NDArray[np.float64], way: str, language: Language) -> pa.Array:
    """(n,) metres in whole ones, with how they were measured."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.array(np.floor(metres + 0.5).astype(np.int64)).cast(pa.string())
    return pc.binary_join_element_wise(whole, _WAY[language][way], " ")


def index(hundredths: Ints, language: Language) -> pa.Array:
    """(n,) the index with two decimals, and what follows it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    before, after = _INDEX[language].split("{index}")
    whole, rest = np.divmod(hundredths, 100)
    decimals = pc.utf8_lpad(pa.array(rest).cast(pa.string()), 2, "0")
    number = pc.binary_join_element_wise(pa.array(whole).cast(pa.string()), decimals, "," if language == "nl" else ".")
    return pc.binary_join_element_wise(before, number, after, "")


def stop_and_lines(supply: Supply, standard: Standard, kind: str, stop: int, language: Language) -> str:
    """What leaves at a stop, such as "Halte Dorpsplein, bus 12, 4 per uur"."""
    mode = standard.mode_of(kind)
    own = standard.kinds[kind].label if kind in standard.kinds else None
    where = _stop(supply, mode, stop, language, own.get(language) if isinstance(own, dict) else own)
    if not supply.timed:
        return f"{where}, {_MODE[language][MODES[mode]]}, {_UNKNOWN[language]}"
    frequencies, place = supply.frequencies, supply.place[stop]
    rows = np.arange(frequencies.first[place], frequencies.first[place + 1])
    rows = rows[frequencies.mode[rows] == mode]
    rows = rows[np.lexsort((rows, -frequencies.number[rows]))]
    names = list(dict.fromkeys(supply.line_name[frequencies.line[rows]].tolist()))
    lines = ", ".join(names[:_SHOWN])
    if len(names) > _SHOWN:
        lines += " " + _AND_MORE[language].format(n=len(names) - _SHOWN)
    often = _number(float(supply.by_mode[place, mode]), language)
    return f"{where}, {_MODE[language][MODES[mode]]} {lines}, {often} {_PER_HOUR[language]}"


def stop_and_line(supply: Supply, stop: int, row: int, language: Language) -> str:
    """One line at a stop."""
    mode = int(supply.frequencies.mode[row])
    name = supply.line_name[supply.frequencies.line[row]]
    often = _number(float(supply.frequencies.number[row]) / supply.frequencies.hours, language)
    where = _stop(supply, mode, stop, language, None)
    return f"{where}, {_MODE[language][MODES[mode]]} {name}, {often} {_PER_HOUR[language]}"


def _stop(supply: Supply, mode: int, stop: int, language: Language, noun: str | None) -> str:
    kinds = _STOP[language]
    noun = noun or kinds.get(MODES[mode], kinds[""])
    name = str(supply.name[stop]).strip()
    return name if name.lower().startswith(noun.lower()) else f"{noun} {name}".strip()


def _number(value: float, language: Language) -> str:
    """With one decimal where it has one; rounded down, so that 3.96 an hour is not called 4."""
    tenths = int(np.floor(value * 10 + 1e-9))
    text = f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"
    return text.replace(".", ",") if language == "nl" else text
