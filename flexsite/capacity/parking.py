"""Parking: spaces per home by public transport and regulation, and the ground that they take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from flexsite.access.levels.standard import load_standard
from flexsite.capacity.files import load
from flexsite.errors import InputError
from flexsite.rulebook import parking_path
from flexsite.study.access import StandardMeasure, output_column
from flexsite.study.base import Day, Label, NonNegative, PositiveNumber, Sourced, StrictModel, Text
from flexsite.study.capacity import norms_of
from flexsite.suitability.requirements import judge
from flexsite.values import text_of

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.profile import Profile, Test

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Share = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]


class Amount(Sourced):
    """A number with where it comes from."""

    value: NonNegative


class Ground(Sourced):
    """m2 of ground that a space takes, its part of the lane included."""

    value: PositiveNumber


class Full(Sourced):
    """Spaces per home without public transport, for homes of at most so many m2."""

    at_most: PositiveNumber | None = None
    value: NonNegative


class ByLevel(Sourced):
    """By level of a standard, the share of the full norm that is left; and the levels at which it may be zero."""

    share: dict[str, Share] = Field(min_length=1)
    passes: list[str] = Field(default_factory=list)

    @field_validator("passes", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        return [text_of(one) for one in value] if isinstance(value, list) else value

    @field_validator("share", mode="before")
    @classmethod
    def _text_keys(cls, value: Any) -> Any:
        return {text_of(key): one for key, one in value.items()} if isinstance(value, dict) else value


class ParkingNorms(StrictModel):
    """Spaces per home."""

    id: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]*$")]
    label: Label
    about: Text
    source: Text
    date: Day
    space_m2: Ground
    included: Amount
    full: list[Full] = Field(min_length=1)
    levels: dict[str, ByLevel] = Field(default_factory=dict)
    zero: Sourced = Field(default_factory=Sourced)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        bounds = [np.inf if row.at_most is None else row.at_most for row in self.full]
        if bounds != sorted(set(bounds)) or bounds[-1] != np.inf:
            raise PydanticCustomError("full", "'at_most' rises from row to row, and the last row has none")
        return self

    def spaces(self, floor_area: float | None) -> float:
        """Spaces per home of so many m2, without public transport; of an unknown size, as of the largest.

        Examples
        --------
        >>> load_parking("nl").spaces(28), load_parking("nl").spaces(None)
        (0.7, 1.3)
        """
        size = np.inf if floor_area is None else floor_area
        return next(row.value for row in self.full if row.at_most is None or size <= row.at_most)


@dataclass(frozen=True)
class Need:
    """Parking of one profile, per site.

    Attributes
    ----------
    norm
        Spaces per home.
    assumed
        Where the level of public transport or the regulation is not known and would lower the norm.
    density
        Homes per gross hectare once the parking beyond what the unit's density includes has its ground.
    """

    norm: Floats
    assumed: Mask
    density: Floats


def load_parking(norms: str | Path) -> ParkingNorms:
    """Load parking norms: the id of built-in ones, or the path of a file of the same form. Raises InputError.

    Examples
    --------
    >>> load_parking("nl").space_m2.value
    25.0
    """
    path = norms if isinstance(norms, Path) else parking_path(norms)
    return load(path, ParkingNorms, "the built-in nl.yaml")


def parking_need(profile: Profile, study: Study, sites: pd.DataFrame) -> Need | None:
    """Parking that a profile's homes need on each site; None when the study does not ask.

    The full norm falls with the level of public transport. It is zero only where parking is regulated and public
    transport or cycling is good enough. What is not known never lowers it.

    Raises
    ------
    InputError
        The norms cannot be read, or do not know the standard of the study's levels.
    """
    capacity = norms_of(study)
    if capacity.parking is None:
        return None
    norms = load_parking(capacity.parking)
    full = norms.spaces(profile.unit.floor_area)
    share, enough, unknown_level = _by_level(norms, study, sites)
    regulated, unknown_regulation = _tested(capacity.regulated, "regulated", study, sites)
    cycling, unknown_cycling = _tested(capacity.cycling, "cycling", study, sites)
    zero = regulated & (enough | cycling)
    perhaps_good = enough | cycling | unknown_level | unknown_cycling
    perhaps_zero = (regulated | unknown_regulation) & perhaps_good
    norm = np.where(zero, 0.0, full * share)
    included = norms.included.value if profile.unit.parking is None else profile.unit.parking
    beyond = np.maximum(norm - included, 0.0) * norms.space_m2.value
    homes = profile.unit.homes_per_ha
    return Need(norm, ~zero & (unknown_level | perhaps_zero), homes / (1.0 + homes * beyond / 10_000))


def refuse_parking(study: Study) -> None:
    """Refuse parking norms that cannot be read, or do not go with the levels of the study. Raises InputError."""
    parking = norms_of(study).parking
    if parking is not None:
        _shares(load_parking(parking), study)


def _by_level(norms: ParkingNorms, study: Study, sites: pd.DataFrame) -> tuple[Floats, Mask, Mask]:
    """Share of the full norm, whether the level is good enough for none, and whether it is unknown."""
    found = _shares(norms, study)
    if found is None:
        return np.ones(len(sites)), np.zeros(len(sites), bool), np.ones(len(sites), bool)
    measure, by_level = found
    codes, present = pd.factorize(sites[output_column(measure)])
    levels = [text_of(level) for level in present]
    known = np.array([*(level in by_level.share for level in levels), False])
    share = np.array([*(by_level.share.get(level, 1.0) for level in levels), 1.0])
    enough = np.array([*(level in by_level.passes for level in levels), False])
    return share[codes], enough[codes], ~known[codes]


def _shares(norms: ParkingNorms, study: Study) -> tuple[StandardMeasure, ByLevel] | None:
    """The measure of the study's level, and what the norms say of its standard."""
    level = norms_of(study).level
    if level is None:
        return None
    measure = next(one for one in study.access.measures if one.id == level)
    assert isinstance(measure, StandardMeasure)  # noqa: S101  (the study refuses another)
    standard = load_standard(measure.standard)
    place = f"{study.path.name}, capacity.level"
    if standard.id not in norms.levels:
        raise InputError(
            f"the parking norms '{norms.id}' say nothing of the standard '{standard.id}'",
            where=place,
            remedy=f"they know {', '.join(norms.levels)}; or name a file of norms of your own",
        )
    by_level = norms.levels[standard.id]
    for name in (*by_level.share, *by_level.passes):
        if name not in standard.level_ids:
            raise InputError(
                f"the standard '{standard.id}' has no level '{name}', which the parking norms '{norms.id}' name",
                where=place,
                remedy=f"its levels are, best first: {', '.join(standard.level_ids)}",
            )
    return measure, by_level


def _tested(test: Test | None, name: str, study: Study, sites: pd.DataFrame) -> tuple[Mask, Mask]:
    """Where a test passes, and where it cannot be judged; without one it passes nowhere, and that is known."""
    if test is None:
        return np.zeros(len(sites), bool), np.zeros(len(sites), bool)
    outcome = judge(test, study, sites, f"capacity.{name}")
    return outcome.passes, outcome.unknown & ~outcome.passes
