"""Which numbers a tornado moves, and how far."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flexsite.errors import InputError
from flexsite.outputs.key_words import label_of, profile_of, tests_of
from flexsite.outputs.words import words
from flexsite.study.overrides import given
from flexsite.study.profile import Profile
from flexsite.study.sensitivity import Range

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.sensitivity import Tornado

_BESIDE = {"at_most": "at_least", "at_least": "at_most", "min": "max", "max": "min"}
"""Numbers that may not cross."""


@dataclass(frozen=True)
class Move:
    """A number of the study, and where it is moved to.

    Attributes
    ----------
    profile
        Whose it is; None for a number of the study itself.
    certainty
        As the study says it; empty where it does not.
    low, high
        Equal to `base` where the number cannot be moved that way.
    """

    key: str
    label: str
    profile: str | None
    certainty: str
    low: float
    base: float
    high: float


def moves(study: Study) -> list[Move]:
    """Every number that the study's tornado moves.

    These are the numbers of the profiles that bound sites or homes and are marked as an assumption, and what is asked
    by `keys`. Weights of criteria, and what is best or worst, are left out: they rank sites and change no home.

    Raises
    ------
    InputError
        A key leads to no number, or cannot be moved.
    """
    spec = None if study.sensitivity is None else study.sensitivity.tornado
    if spec is None:
        return []
    tree = study.resolved()
    asked = {one.key: one for one in spec.keys}
    automatic = [
        Range(key=key)
        for profile in study.profiles
        for key in _numbers(profile)
        if key not in asked and given(tree, key, place=study.path.name).certainty in spec.certainty
    ]
    found = [_move(study, tree, one, spec, asked=one.key in asked) for one in [*automatic, *spec.keys]]
    return [move for move in found if move is not None]


def _numbers(profile: Profile) -> Iterator[str]:
    """Keys of the numbers of a profile that decide which sites are suitable and how many homes they hold."""
    start = f"profiles.{profile.id}"
    for name, requirement in profile.requires.items():
        for tail, test in tests_of(requirement):
            for bound in ("at_most", "at_least"):
                if getattr(test, bound) is not None:
                    yield f"{start}.requires.{name}{tail}.{bound}"
    yield f"{start}.unit.homes_per_ha"
    if profile.homes.min:
        yield f"{start}.homes.min"
    if profile.homes.max is not None:
        yield f"{start}.homes.max"
    if profile.term.min:
        yield f"{start}.term.min"


def _move(study: Study, tree: dict[str, Any], one: Range, spec: Tornado, *, asked: bool) -> Move | None:
    place = f"{study.path.name}, sensitivity.tornado"
    found = given(tree, one.key, place=place)
    base = found.value
    if isinstance(base, bool) or not isinstance(base, int | float):
        raise InputError(f"'{one.key}' is no number", where=place, remedy="give the key of a number")
    whole = isinstance(base, int)
    reach = spec.step * abs(base)
    low = one.low if one.low is not None else _rounded(base - reach, whole=whole, up=False)
    high = one.high if one.high is not None else _rounded(base + reach, whole=whole, up=True)
    if one.low is None and one.high is None:
        if not base and asked:
            raise InputError(
                f"'{one.key}' is 0, and a share of nothing moves nothing", where=place, remedy="give 'low' and 'high'"
            )
        low, high = _between(tree, one.key, low, high)
    if not low <= base <= high:
        raise InputError(
            f"'{one.key}' is {base}, which is not between 'low' and 'high'", where=place, remedy="move one of the two"
        )
    if low == high:
        return None
    return Move(
        key=one.key,
        label=words(one.key, one.label)[study.language] if one.label else label_of(study, one.key),
        profile=profile_of(one.key),
        certainty=found.certainty or "",
        low=_typed(low, whole=whole),
        base=base,
        high=_typed(high, whole=whole),
    )


def _rounded(value: float, *, whole: bool, up: bool) -> float:
    """A number without the dust of floating point; a whole one moves by one at least."""
    value = round(value, 9)
    if not whole:
        return value
    return math.ceil(value) if up else math.floor(value)


def _typed(value: float, *, whole: bool) -> float:
    return int(value) if whole and float(value).is_integer() else value


def _between(tree: dict[str, Any], key: str, low: float, high: float) -> tuple[float, float]:
    """Bounds cut off where a number would cross the one beside it."""
    parent, _, last = key.rpartition(".")
    around = given(tree, parent, place="").value if parent else tree
    beside = around.get(_BESIDE.get(last, "")) if isinstance(around, dict) else None
    if beside is None:
        return low, high
    if last in {"at_most", "max"}:
        return max(low, beside), high
    return low, min(high, beside)
