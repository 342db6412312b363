"""Where streets and timetables come from, and how people change."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import Day, NonNegative, PositiveNumber, StrictModel, StudyPath


class StreetsSource(StrictModel):
    """Where the street network comes from: one file, or a table of nodes and one of edges."""

    path: StudyPath | None = None
    nodes: StudyPath | None = None
    edges: StudyPath | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, data: Any) -> Any:
        return {"path": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        tables = self.nodes is not None and self.edges is not None
        if (self.path is not None) == tables or (self.nodes is None) != (self.edges is None):
            raise PydanticCustomError("streets", "streets are one file, or 'nodes' and 'edges' together")
        return self


class Timetable(StrictModel):
    """One or several GTFS feeds, the service day to read from them, and how people change."""

    path: StudyPath | list[StudyPath] = Field(description="a zip, a folder of tables, or a list of these")
    date: Day
    max_walk: PositiveNumber | None = Field(
        None, description="metres on foot to the first stop, from the last, and without any vehicle"
    )
    change_walk: NonNegative | None = Field(None, description="metres on foot between two vehicles")
    change_time: NonNegative | None = Field(None, description="seconds between two vehicles at least")
    on_demand: bool = Field(False, description="whether services that must be ordered count")

    @property
    def paths(self) -> list[Path]:
        """All feeds."""
        return self.path if isinstance(self.path, list) else [self.path]
