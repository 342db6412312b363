"""What every part of the study format shares: strict models, ids, numbers, paths."""

from __future__ import annotations

import datetime
import difflib
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializationInfo,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

RESERVED = frozenset(
    """start min_size homes term base available
    site_id candidate_id kind area_m2 route route_share available_from available_until mark_until net_years marks
    unknown geometry
    profile suitable failed missing score access_score rank homes_fit
    candidates sites area_ha removed_ha touched_ha only_ha unknown_ha variant stage step rule effect class
    plot_id available_m2 site_area_m2 verdict rules taken_m2 touched_m2 no_access
    d_sites d_area_ha d_homes from until moved_from
    moves bridging local local_verdict local_reason local_notes""".split()
)
"""Ids with a meaning of their own in the outputs (design, section 4)."""


def nearest(word: str, known: list[str]) -> str:
    """A remedy that names the nearest known word, or all of them when none is near.

    Examples
    --------
    >>> nearest("bufer", ["buffer", "where"])
    "did you mean 'buffer'?"
    """
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known are: {', '.join(known)}" if known else "there are none"


class StrictModel(BaseModel):
    """A frozen model that refuses unknown keys and suggests the nearest right one."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = [field.alias or name for name, field in cls.model_fields.items()]
        accepted = set(known) | set(cls.model_fields)
        for key in data:
            if key not in accepted:
                raise PydanticCustomError(
                    "unknown_key",
                    "unknown key '{key}'; {remedy}",
                    {"key": key, "remedy": nearest(str(key), known)},
                )
        return data


def unknown_kind(data: dict[Any, Any], known: set[str], kinds: list[str], what: str) -> PydanticCustomError:
    """The error for a mapping that names none of its kinds: most often a misspelt one."""
    unknown = [str(key) for key in data if key not in known]
    remedy = nearest(unknown[0], kinds) if unknown else f"give one of: {', '.join(kinds)}"
    what = f"unknown key '{unknown[0]}'" if unknown else what
    return PydanticCustomError("kind", "{what}; {remedy}", {"what": what, "remedy": remedy})


def _not_reserved(value: str) -> str:
    if value in RESERVED:
        raise PydanticCustomError("reserved", "the id '{value}' is reserved; choose another", {"value": value})
    return value


def _resolve(value: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    return Path(folder) / value if folder is not None else value


def _shown(value: Path, info: SerializationInfo) -> str:
    folder = (info.context or {}).get("folder")
    return Path(os.path.relpath(value, folder)).as_posix() if folder is not None else value.as_posix()


def _written(value: Any) -> Any:
    """A date is written as text; a bare number would count seconds since 1970."""
    if isinstance(value, str | datetime.date):
        return value
    raise PydanticCustomError("date_type", "{value} is no date", {"value": repr(value)})


_WORD = StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")
Word = Annotated[str, _WORD]
"""A name in the study: lower case letters, digits and underscores, a letter first."""
Id = Annotated[str, _WORD, AfterValidator(_not_reserved)]
"""A name that also becomes a row or column of the outputs."""
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
PositiveNumber = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]
NonNegative = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Count = Annotated[int, Field(strict=True, ge=0)]
Text = Annotated[str, StringConstraints(strict=True, min_length=1)]
Scalar = Annotated[int, Field(strict=True)] | Annotated[float, Field(strict=True)] | Annotated[str, Field(strict=True)]
"""A value in a list: number or text, kept as written."""
Day = Annotated[datetime.date, BeforeValidator(_written)]
"""A calendar day, written as 2026-01-31."""
Label = str | dict[str, str]
"""What people read: one text, or one per language (nl, en)."""
StudyPath = Annotated[Path, AfterValidator(_resolve), PlainSerializer(_shown, return_type=str)]
"""A path, taken from the folder of the file that names it."""


class Sourced(StrictModel):
    """Keys that any number with a policy meaning may carry."""

    basis: str | None = Field(None, description="law, norm or argument it rests on")
    source: str | None = Field(None, description="where it was found")
    certainty: str | None = Field(None, description="found | norm | background | assumption | verify")
    note: str | None = None
