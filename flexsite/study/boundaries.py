"""How far a figure per neighbourhood depends on where the boundaries of neighbourhoods are drawn."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import Number, PositiveNumber, StrictModel, Text, Word


class Boundaries(StrictModel):
    """One figure taken over several delineations of the same ground.

    A delineation is a layer of areas with the figure in `column`; a `buffer` around the site; or cells of a `grid`.
    The last two take the figure from the layer with the smallest areas, weighted by area.

    Sites flip between two delineations when they lie on different sides of a line: `threshold`; or the middle between
    `best` and `worst`; or, without these, that middle in each profile with a criterion on `measure`.
    """

    measure: Word = Field(description="name of the figure; profiles with a criterion on it give the line")
    layers: dict[Word, Text] = Field(description="delineation: layer of areas", min_length=1)
    column: Text = Field(description="column with the figure, under our name, in all layers")
    buffer: PositiveNumber | None = Field(None, description="metres around the site")
    grid: PositiveNumber | None = Field(None, description="metres, side of a cell")
    best: Number | None = None
    worst: Number | None = None
    threshold: Number | None = None

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if (self.best is None) != (self.worst is None):
            raise PydanticCustomError("boundaries", "'best' and 'worst' come together; give both, or 'threshold'")
        if self.best is not None and self.threshold is not None:
            raise PydanticCustomError("boundaries", "give either 'threshold' or 'best' and 'worst'")
        if self.best is not None and self.best == self.worst:
            raise PydanticCustomError("boundaries", "'best' equals 'worst': there is no middle between them")
        if len(self.layers) + (self.buffer is not None) + (self.grid is not None) < 2:
            raise PydanticCustomError(
                "boundaries", "one delineation has nothing to be compared with; add a layer, 'buffer' or 'grid'"
            )
        return self
