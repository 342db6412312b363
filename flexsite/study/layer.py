"""Layers of the study format: where a dataset is and what it knows."""

from __future__ import annotations

from datetime import date as Date
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import Id, Scalar, StrictModel, StudyPath, Text, Word


class Table(StrictModel):
    """A table of attributes, joined to the features of a layer by a key."""

    path: StudyPath = Field(description="CSV or Parquet, from the folder of the study")
    key: Text = Field(description="column of the table; compared as text, so that leading zeros count")
    on: Text = Field(description="column of the file that holds the same key")
    year: int | None = Field(None, strict=True, description="of the figures")
    decimal: Literal[",", "."] | None = Field(None, description="CSV: left out, the file itself shows it")


class Layer(StrictModel):
    """One named vector or raster dataset.

    `columns` maps our names to the file's and, like `missing`, applies after `where` or `sql`, which use the file's
    own names with the meaning SQLite gives them.
    """

    path: StudyPath = Field(description="file, from the folder of the study")
    layer: Text | None = Field(None, description="layer in the file; needed when it holds several")
    where: Text | None = Field(None, description="SQLite expression; features that meet it are read")
    sql: Text | None = Field(None, description="SQLite SELECT over the file's layers, instead of layer and where")
    columns: dict[str, Text] = Field(default_factory=dict, description="our name: name in the file")
    missing: list[Scalar] = Field(default_factory=list, description="values that stand for 'no value'")
    crs: Text | None = Field(None, description="coordinate reference system, only where the file has none")
    coverage: Literal["complete", "extent"] | StudyPath | None = Field(
        None, description="polygons | complete | extent: where the layer knows anything; left out: assumed complete"
    )
    table: Table | None = Field(None, description="attributes from another file; reached by columns, not by where")
    role: Text | None = Field(None, description="what the layer is, such as plans")
    band: int = Field(1, ge=1, strict=True, description="band of a raster")
    source: str | None = None
    date: Date | str | None = None
    licence: str | None = None
    private: bool = Field(False, strict=True, description="kept out of the outputs of a public study")

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, data: Any) -> Any:
        return {"path": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.sql is not None and (self.layer is not None or self.where is not None):
            raise PydanticCustomError(
                "sql", "'sql' comes instead of 'layer' and 'where'; write the condition in the sql"
            )
        return self


class MoreCandidates(StrictModel):
    """Candidates of one layer, all of one kind."""

    layer: Text
    id: Text | None = Field(None, description="column with a unique id; left out: the feature id")
    prefix: Text | None = Field(None, description="text before each id, where ids of several layers are alike")
    kind: Word = "land"
    join: Text | None = Field(None, description="column: touching candidates with an equal value become one")
    min_area: float = Field(0.0, ge=0, strict=True, allow_inf_nan=False, description="m2 of a site")
    min_width: float = Field(0.0, ge=0, strict=True, allow_inf_nan=False, description="m")
    columns: dict[Id, Text] | None = Field(None, description="what the kind needs: name in the layer")

    @model_validator(mode="after")
    def _columns_of_each(self) -> Self:
        refuse_columns_of_joined(self.join, self.columns)
        return self


def refuse_columns_of_joined(join: str | None, columns: dict[str, str] | None) -> None:
    """Refuse columns of candidates that become one: there would be several values for it."""
    if join is not None and columns:
        raise PydanticCustomError(
            "candidates", "'join' makes one candidate of several, and 'columns' are of each; leave one of the two out"
        )


class Candidates(StrictModel):
    """What might hold a site: the polygons of a layer, or the cells of a grid; `also` names further layers."""

    layer: Text | None = None
    grid: float | None = Field(None, gt=0, strict=True, allow_inf_nan=False, description="cell size in metres")
    id: Text | None = Field(None, description="column with a unique id; left out: the feature id")
    kind: Word = "land"
    join: Text | None = Field(None, description="column: touching candidates with an equal value become one")
    min_area: float = Field(0.0, ge=0, strict=True, allow_inf_nan=False, description="m2 of a site")
    min_width: float = Field(0.0, ge=0, strict=True, allow_inf_nan=False, description="m")
    columns: dict[Id, Text] | None = Field(None, description="what the kind needs: name in the layer")
    also: list[MoreCandidates] | None = Field(None, description="candidates of further layers", min_length=1)

    def every(self) -> list[MoreCandidates]:
        """Candidates of each layer, those of `also` included; none for a grid."""
        if self.layer is None:
            return []
        first = MoreCandidates(
            layer=self.layer, id=self.id, kind=self.kind, join=self.join, min_area=self.min_area,
            min_width=self.min_width, columns=self.columns,
        )  # fmt: skip
        return [first, *(self.also or [])]

    def kinds(self) -> list[str]:
        """Ids of the kinds in use, each once."""
        return list(dict.fromkeys([self.kind, *(one.kind for one in self.also or [])]))

    @model_validator(mode="after")
    def _layer_or_grid(self) -> Self:
        if (self.layer is None) == (self.grid is None):
            raise PydanticCustomError("candidates", "candidates need either 'layer' or 'grid'")
        if self.grid is not None and (self.id is not None or self.join is not None):
            raise PydanticCustomError(
                "candidates", "'id' and 'join' belong to candidates of a layer, not to a grid; leave them out"
            )
        if self.grid is not None and (self.also or self.columns):
            raise PydanticCustomError(
                "candidates",
                "'also' and 'columns' belong to candidates of a layer, and cells of a grid are no locations; "
                "give a 'layer' instead of the grid",
            )
        refuse_columns_of_joined(self.join, self.columns)
        return self
