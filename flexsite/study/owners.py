"""Whose land it is, and how long preparing takes for it: the keys `owners` and `lead_times` of a study."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from flexsite.errors import InputError
from flexsite.rulebook import lead_times_path, owners_path
from flexsite.study.base import Count, Label, Sourced, StrictModel, StudyPath, Text, nearest
from flexsite.study.yaml_source import read

if TYPE_CHECKING:
    from flexsite.study.layer import Layer
    from flexsite.study.models import Study

OwnerClass = Literal[
    "municipality", "municipality_leased", "corporation", "province", "state", "water_board", "nature_organisation",
    "commercial", "other", "unknown",
]  # fmt: skip
"""The eight of PBL's land-use model, with leased municipal land apart, and unknown."""
OWNER_CLASSES: tuple[OwnerClass, ...] = get_args(OwnerClass)
Right = Literal["ownership", "erfpacht", "opstal", "other", "unknown"]
RIGHTS: tuple[Right, ...] = get_args(Right)
PriceClass = Literal["low", "middle", "high", "unknown"]
LeadRoute = Literal["allowed", "check", "deviation", "unlisted", "unknown"]
BUILT_IN = "nl"
"""Name of the lead times that come with flexsite."""
PREEMPTION, PUBLIC_SELECTION = "preemption", "public_selection"
"""Marks on sites: a right of pre-emption lies there; a public body has to give everybody a chance."""


def _texts(data: Any) -> Any:
    """Keys as text: whole numbers of a file may stand in a YAML mapping without quotes.

    A message about a wrong class names no key, for it may be the name of somebody.
    """
    if not isinstance(data, dict):
        return data
    for ours in data.values():
        if ours not in OWNER_CLASSES:
            remedy = nearest(str(ours), list(OWNER_CLASSES))
            raise PydanticCustomError(
                "owners", "a value of 'classes' is no class of owners; {remedy}", {"remedy": remedy}
            )
    return {str(int(key)) if isinstance(key, float) and key.is_integer() else str(key): data[key] for key in data}


class Owners(StrictModel):
    """Where the owner of ground is read, as a name or as a class of one's own.

    Names are personal data: they are read to find a class, and appear in no output.
    """

    layer: Text = Field(description="polygons of who owns the ground")
    name: Text | None = Field(None, description="column with the owner's name, from which patterns make a class")
    class_: Text | None = Field(None, alias="class", description="column with a class of owners")
    classes: Annotated[dict[str, OwnerClass], BeforeValidator(_texts)] = Field(
        default_factory=dict, description="their class: ours"
    )
    patterns: StudyPath | None = Field(None, description="file with patterns that come before the built-in ones")
    right: Text | None = Field(None, description="column with the right on the ground, such as eigendom or erfpacht")
    preemption: Text | None = Field(None, description="layer with ground under a right of pre-emption")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.name is None) == (self.class_ is None):
            raise PydanticCustomError("owners", "'owners' needs either 'name' or 'class': the column to read")
        if self.classes and self.class_ is None:
            raise PydanticCustomError("owners", "'classes' belongs to 'class'; leave it out, or write 'patterns'")
        if self.patterns is not None and self.name is None:
            raise PydanticCustomError("owners", "'patterns' belongs to 'name'; leave it out, or write 'classes'")
        return self

    def columns(self) -> tuple[str, ...]:
        """Columns of the layer that are read."""
        return tuple(name for name in (self.name, self.class_, self.right) if name is not None)

    def outputs(self) -> tuple[str, ...]:
        """Columns that the sites get."""
        right = ("right",) if self.right is not None else ()
        return ("owner_class", "owner_share", *right, "price_class")


class LeadTimes(StrictModel):
    """Months of preparing on top of `lead_time`, by class of owner and by permit route; what is left out adds none."""

    owner: dict[OwnerClass, Count] = Field(default_factory=dict)
    route: dict[LeadRoute, Count] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _built_in(cls, data: Any) -> Any:
        if isinstance(data, str):
            if data != BUILT_IN:
                raise PydanticCustomError(
                    "lead_times", "there are no built-in lead times '{name}'; write nl, or months", {"name": data}
                )
            return built_in_lead_times()
        return data


class Pattern(StrictModel):
    """Words by which a text is known: one of the first five lists fits, one of `also` is there, none of `unless`."""

    is_: list[Text] = Field(default_factory=list, alias="is")
    words: list[Text] = Field(default_factory=list)
    starts: list[Text] = Field(default_factory=list)
    ends: list[Text] = Field(default_factory=list)
    contains: list[Text] = Field(default_factory=list)
    also: list[Text] = Field(default_factory=list)
    unless: list[Text] = Field(default_factory=list)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not (self.is_ or self.words or self.starts or self.ends or self.contains):
            raise PydanticCustomError("pattern", "a pattern needs one of 'is', 'words', 'starts', 'ends', 'contains'")
        for listed in (self.is_, self.words, self.starts, self.ends, self.contains, self.also, self.unless):
            if not all(any(sign.isalnum() for sign in text) for text in listed):
                raise PydanticCustomError("pattern", "a pattern holds a text without a letter or digit")
        return self


class OwnerPattern(Pattern):
    """A pattern of a name, and the class it means."""

    class_: OwnerClass = Field(alias="class")


class RightPattern(Pattern):
    """A pattern of a right, what it means, and whether somebody else than the owner of the ground has it."""

    right: Right
    holder: bool = Field(False, strict=True)


class PatternFile(StrictModel):
    """Patterns of one's own; the built-in ones come after them unless `built_in` is false."""

    patterns: list[OwnerPattern] = Field(min_length=1)
    built_in: bool = Field(True, strict=True)
    otherwise: OwnerClass = "other"


class Dated(Sourced):
    """What a fact of the rulebook rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: Any


class OwnerKind(Dated):
    """What is known of a class of owners."""

    label: Label
    words: list[Text] = Field(description="values of a class column that mean it")
    public_selection: bool
    price: PriceClass


class OwnerBook(StrictModel):
    """The rulebook on owners."""

    classes: dict[OwnerClass, OwnerKind]
    public_selection: Dated
    words: dict[str, Label]
    rights: list[RightPattern]
    patterns: list[OwnerPattern]
    otherwise: OwnerClass


@cache
def owner_book() -> OwnerBook:
    """The rulebook on owners: classes, rights, patterns of names."""
    return OwnerBook.model_validate(read(owners_path()).data)


@cache
def lead_book() -> dict[str, Any]:
    """The rulebook on lead times, payback and terms, with what each number rests on."""
    data: dict[str, Any] = read(lead_times_path()).data
    return data


def built_in_lead_times() -> dict[str, dict[str, int]]:
    """Months by owner and route that come with flexsite.

    Examples
    --------
    >>> built_in_lead_times()["owner"]["corporation"]
    0
    """
    book = lead_book()[BUILT_IN]
    return {part: {name: entry["months"] for name, entry in book[part].items()} for part in ("owner", "route")}


def default_payback() -> float:
    """Years after which homes are paid back, from the rulebook."""
    return float(lead_book()["payback"]["value"])


def default_terms() -> list[float]:
    """Terms in years by which windows are counted, from the rulebook."""
    return [float(value) for value in lead_book()["terms"]["value"]]


def fill_lead_times(tree: dict[str, Any]) -> None:
    """Put the built-in months in place of their name, so that single ones can be changed; changes the tree."""
    if tree.get("lead_times") == BUILT_IN:
        tree["lead_times"] = built_in_lead_times()


def name_patterns(owners: Owners) -> tuple[list[OwnerPattern], OwnerClass]:
    """Patterns in their order, and the class of a name that none fits.

    Raises
    ------
    InputError
        The study's own file of patterns is wrong. The message names the place and shows no word of the file, for it may
        hold names of people.
    """
    book = owner_book()
    if owners.patterns is None:
        return book.patterns, book.otherwise
    document = read(owners.patterns)
    data = {"patterns": document.data} if isinstance(document.data, list) else document.data
    try:
        own = PatternFile.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False)[0]
        where = tuple(part for part in first["loc"] if part != "[key]")
        path = where[1:] if isinstance(document.data, list) else where
        what = "unknown key" if first["type"] == "unknown_key" else first["msg"].partition(";")[0]
        raise InputError(
            f"this is no list of owner patterns: {what[0].lower()}{what[1:]}",
            where=f"owners.patterns ({document.place(path)})",
            remedy="write entries as {class: municipality, starts: [gemeente]}",
        ) from None
    return [*own.patterns, *(book.patterns if own.built_in else [])], own.otherwise


def own_patterns(study: Study) -> list[Path]:
    """The study's own file of patterns, where it has one."""
    return [study.owners.patterns] if study.owners is not None and study.owners.patterns is not None else []


def owner_layers(study: Study) -> list[tuple[str, str]]:
    """Places in the study and names of the layers that tell of owners."""
    if study.owners is None:
        return []
    named = [("owners.layer", study.owners.layer), ("owners.preemption", study.owners.preemption)]
    return [(place, name) for place, name in named if name is not None]


def owner_columns(study: Study) -> tuple[str, ...]:
    """Columns of the sites that the keys `owners` and `lead_times` give."""
    owners = study.owners.outputs() if study.owners is not None else ()
    return (*owners, *(("lead_months",) if study.lead_times is not None else ()))


def check_owners(study: Study) -> None:
    """Refuse a study that would print the names of owners, or whose rules bear the names of our marks.

    Raises
    ------
    PydanticCustomError
        With the place.
    """
    owners = study.owners
    if owners is None:
        return
    for rule in study.rules:
        if rule.id in (PREEMPTION, PUBLIC_SELECTION):
            raise PydanticCustomError(
                "twice",
                "'{name}' is a mark that 'owners' sets; rename the rule",
                {"name": rule.id, "at": f"rules.{rule.id}"},
            )
    if owners.name is None:
        return
    printed = [(f"columns.{name}", column.layer, column.column) for name, column in study.columns.items()]
    printed += [("candidates.id", one.layer, one.id) for one in study.candidates.every()]
    for place, layer, column in printed:
        if column is not None and holds_names(study, layer, column):
            raise PydanticCustomError(
                "names",
                "this would print the names of owners, which are personal data; use the column owner_class instead",
                {"at": place},
            )


def holds_names(study: Study, layer: str, column: str) -> bool:
    """Whether a column of a layer is the one with the owners' names, under whatever name of the layer or column."""
    owners = study.owners
    if owners is None or owners.name is None or layer not in study.layers or owners.layer not in study.layers:
        return False
    one, other = study.layers[layer], study.layers[owners.layer]
    files = {one.path} & {other.path} or (_tables(one) & _tables(other))
    return (
        bool(files) and one.columns.get(column, column).lower() == other.columns.get(owners.name, owners.name).lower()
    )


def _tables(layer: Layer) -> set[Path]:
    return set() if layer.table is None else {layer.table.path}
