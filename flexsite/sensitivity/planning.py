"""Every study that a run judges or counts, and which of them stand on the same ground."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from flexsite.errors import InputError, InputErrors
from flexsite.outputs.withheld import private_layers
from flexsite.sensitivity.moving import Move, moves
from flexsite.standing import ground_key
from flexsite.study.loading import vary
from flexsite.suitability.requirements import refuse_unknown_levels

if TYPE_CHECKING:
    from flexsite.study.models import Study

BASE = "base"


class Name(NamedTuple):
    """What a study is asked for.

    Attributes
    ----------
    purpose
        variant | sweep | tornado.
    about
        The variant, the sweep, or the key that is moved.
    values
        Values of the sweep; `low` or `high` of the tornado.
    """

    purpose: str
    about: str
    values: tuple[Any, ...] = ()

    @property
    def step(self) -> str:
        """What a user is told while it is counted."""
        return f"sweep {self.about}" if self.purpose == "sweep" else self.purpose


@dataclass(frozen=True)
class Asked:
    """A study to be judged or counted; equal grounds are laid out once."""

    name: Name
    study: Study
    ground: str


@dataclass(frozen=True)
class Plan:
    """All studies that a run asks for.

    Attributes
    ----------
    grounds
        Studies that stand on the same ground; that of the study as it is comes first.
    moves
        What the tornado moves.
    """

    grounds: list[list[Asked]]
    moves: list[Move]

    def told(self) -> int:
        """How many variants are judged and how many sweeps and tornados counted on some ground."""
        judged = sum(one.name.purpose == "variant" for ground in self.grounds for one in ground)
        return judged + sum(len(steps(ground)) for ground in self.grounds)


def steps(ground: list[Asked]) -> list[str]:
    """What is counted on some ground, in its order, by the words a user is told."""
    return list(dict.fromkeys(one.name.step for one in ground if one.name.purpose != "variant"))


def plan(study: Study) -> Plan:
    """Vary a study in every way that it asks for.

    Raises
    ------
    InputError, InputErrors
        A variant, a sweep or the tornado leads to no study.
    """
    own = ground_key(study)
    asked = [Asked(Name("variant", BASE), study, own)]
    for name, changes in study.variants.items():
        varied = vary(study, changes, place=f"{study.path.name}, variants.{name}")
        _refuse_opening(study, varied, name)
        asked.append(Asked(Name("variant", name), varied, ground_key(varied)))
    for one in asked:
        refuse_unknown_levels(one.study)
    for name in study.sweep:
        asked += sweep_points(study, name, own)
    moved = moves(study)
    for move in moved:
        asked += tornado_points(study, move, own)
    grounds: dict[str, list[Asked]] = {}
    for one in asked:
        grounds.setdefault(one.ground, []).append(one)
    return Plan(list(grounds.values()), moved)


def sweep_points(study: Study, name: str, own: str) -> Iterator[Asked]:
    """The study at every point of a sweep.

    Parameters
    ----------
    own
        Key of the ground of the study as it is.

    Raises
    ------
    InputError, InputErrors
        At the first point that is no study.
    """
    place = f"{study.path.name}, sweep.{name}"
    parameters = study.sweep[name].parameters()
    for values in itertools.product(*(taken for _, taken in parameters)):
        changes = {key: value for (keys, _), value in zip(parameters, values, strict=True) for key in keys}
        yield _asked(study, Name("sweep", name, values), changes, place, own)


def tornado_points(study: Study, move: Move, own: str) -> Iterator[Asked]:
    """The study with a number moved down, and up; as `sweep_points`."""
    place = f"{study.path.name}, sensitivity.tornado"
    for end, value in (("low", move.low), ("high", move.high)):
        if value != move.base:
            yield _asked(study, Name("tornado", move.key, (end,)), {move.key: value}, place, own)


def _asked(study: Study, name: Name, changes: Mapping[str, Any], place: str, own: str) -> Asked:
    for key in changes:
        _refuse_private(study, key, place)
    try:
        varied = vary(study, changes, place=place)
    except InputErrors as several:
        at = f"{study.path.name}, "
        found = [InputError(one.what, where=f"{place}, {one.where.removeprefix(at)}", remedy=one.remedy)
                 for one in several.errors]  # fmt: skip
        raise InputErrors(found) from None
    refuse_unknown_levels(varied)
    of_profiles = all(key.startswith("profiles.") for key in changes)
    return Asked(name, varied, own if of_profiles else ground_key(varied))


def _refuse_opening(study: Study, varied: Study, name: str) -> None:
    """A variant of a public study is written beside it: it may show nothing that the study itself withholds."""
    opened = set(private_layers(study)) - set(private_layers(varied))
    opened = {one for one in opened if one in varied.layers}
    opened |= {one for one in study.withheld_columns() if one in varied.columns} - set(varied.withheld_columns())
    if study.audience == "public" and (varied.audience != "public" or opened):
        what = f"'{min(opened)}'" if opened and varied.audience == "public" else "what is private"
        raise InputError(
            f"this variant of a public study would show {what}",
            where=f"{study.path.name}, variants.{name}",
            remedy="make the audience of the study internal, or leave that out of the variant",
        )


def _refuse_private(study: Study, key: str, place: str) -> None:
    """A table of counts names its keys: none may name what a public study keeps to itself."""
    hidden = set(private_layers(study))
    names = {
        "layers": hidden,
        "rules": {rule.id for rule in study.rules if rule.layer in hidden},
        "columns": set(study.withheld_columns()),
        "access": {measure.id for measure in study.withheld_measures()},
    }
    first, *rest = key.split(".")
    if names.get(first, set()) & set(rest):
        raise InputError(
            f"a public study cannot show what '{key}' does, which is private",
            where=place,
            remedy="make the audience internal, or leave it out",
        )
