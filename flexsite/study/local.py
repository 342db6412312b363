"""What people who know the place say of sites: the key `local` of a study."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from flexsite.rulebook import local_knowledge_path
from flexsite.study.base import Label, Sourced, StrictModel, StudyPath, Word
from flexsite.study.yaml_source import read

if TYPE_CHECKING:
    from pathlib import Path

    from flexsite.study.models import Study

VERDICTS = ("favourite", "veto")
STEP = "local"
"""Step of the waterfall, and the reason why a site fails that somebody who knows the place vetoes."""
LOCAL_COLUMNS = ("local_verdict", "local_reason", "local_notes")
"""Columns of the sites: favourite, veto or empty; reasons of that verdict; how many entries lie on the site."""


class Local(StrictModel):
    """A file of notes as the map exports it: verdicts on sites, pins and drawings, in GeoJSON."""

    path: StudyPath = Field(description="GeoJSON, from the folder of the study")
    veto: Literal["show", "exclude"] = Field("show", description="exclude: a vetoed site fails every profile")

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, data: Any) -> Any:
        return {"path": data} if isinstance(data, str) else data


class _Reasons(Sourced):
    """Why somebody gives a verdict."""

    date: Any
    labels: dict[Word, Label]


class LocalBook(StrictModel):
    """The rulebook on local knowledge."""

    verdicts: dict[Word, Label]
    reasons: _Reasons


@cache
def local_book() -> LocalBook:
    """The words of local knowledge.

    Examples
    --------
    >>> local_book().reasons.labels["nitrogen"]["nl"]
    'Stikstof'
    """
    return LocalBook.model_validate(read(local_knowledge_path()).data)


def local_columns(study: Study) -> tuple[str, ...]:
    """Columns of the sites that the key `local` gives."""
    return LOCAL_COLUMNS if study.local is not None else ()


def withheld_local_columns(study: Study) -> tuple[str, ...]:
    """Those that a public study keeps to itself: all of them."""
    return local_columns(study) if study.audience == "public" else ()


def local_files(study: Study) -> list[Path]:
    """The file of notes, where the study has one and its audience may know of it."""
    return [study.local.path] if study.local is not None and study.audience != "public" else []


def hide_local(tree: dict[str, Any]) -> None:
    """Leave out of a public study's tree where the notes are; changes the tree."""
    for one in [tree, *tree.get("variants", {}).values()]:
        one.pop("local.path", None)
        local = one.get("local")
        if isinstance(local, dict):
            local.pop("path", None)
        elif local is not None:
            del one["local"]
