"""Columns that a study adds to its sites: joined by overlap, or made of where a site lies."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from flexsite.study.base import Label, NonNegative, PositiveNumber, StrictModel, Text


class Column(StrictModel):
    """A column joined to the sites by the largest overlap."""

    layer: Text
    column: Text
    label: Label | None = None
    private: bool = Field(False, strict=True)


class Village(StrictModel):
    """Which settlements are villages: those with fewer inhabitants than this."""

    column: Text = Field(description="column with the inhabitants of a settlement")
    below: PositiveNumber | None = Field(None, description="inhabitants; left out: the rulebook's")


class ContextColumn(StrictModel):
    """Where a site lies: inside built-up ground, at its edge, in or at a village, or in the country.

    A site is `inside` when built-up polygons cover at least half of it, else at the `edge` when some lie within
    `edge` metres, else `rural`. Where the settlement that it belongs to, or that is nearest, is a village, inside and
    edge are both `village`. It is empty where more than half of the site lies outside the layer's coverage, and where
    a settlement's inhabitants are not known.
    """

    context: Text = Field(description="layer with the built-up ground, a polygon or more per settlement")
    edge: NonNegative | None = Field(None, description="metres; left out: the rulebook's")
    village: Village | None = Field(None, description="left out: no settlement is a village")
    label: Label | None = None
    private: bool = Field(False, strict=True)

    @property
    def layer(self) -> str:
        """Layer that the column is made of."""
        return self.context

    @property
    def column(self) -> str | None:
        """Column of that layer that it reads."""
        return None if self.village is None else self.village.column


def _kind(data: Any) -> str:
    return "context" if isinstance(data, ContextColumn) or (isinstance(data, dict) and "context" in data) else "joined"


SiteColumn = Annotated[
    Annotated[Column, Tag("joined")] | Annotated[ContextColumn, Tag("context")],
    Discriminator(_kind),
]
COLUMN_TAGS = ("joined", "context")
