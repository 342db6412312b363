"""A study from the record of its run: what its audience may see of it, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flexsite.errors import InputError, InputErrors
from flexsite.outputs.record import plain
from flexsite.outputs.withheld import PLANNED, WITHHELD, public_study
from flexsite.study.loading import resolve
from flexsite.study.yaml_source import Document

if TYPE_CHECKING:
    from flexsite.study.models import Study

_HIDDEN = (PLANNED, WITHHELD)
_STAND_IN: dict[str, Any] = {"path": WITHHELD, "private": True}
"""A layer in place of one that is kept from the audience."""
_STAND_IN_COLUMN: dict[str, Any] = {"layer": WITHHELD, "column": WITHHELD, "private": True}
"""A column in place of one that is kept from the audience, and on which a profile sets a requirement."""


def as_seen(study: Study) -> tuple[dict[str, Any], Study]:
    """The resolved study as `run.json` has it, and the study as its audience may read it.

    Raises
    ------
    InputError
        A public study cannot be told without what is private in it.
    """
    tree = plain(public_study(study))
    if study.audience != "public":
        return tree, study
    return tree, rebuilt(tree, study.path.parent, study.path.name)


def rebuilt(tree: dict[str, Any], folder: Path, place: str) -> Study:
    """The study of a resolved tree as its audience may read it; what was withheld has a stand-in or is left out.

    Parameters
    ----------
    tree
        From `flexsite.outputs.withheld.public_study`, or `study` of a run's record.
    folder
        From which its paths start.
    place
        Names the tree in messages.

    Raises
    ------
    InputError
        This version cannot read the study.
    """
    tree = copy.deepcopy(tree)
    document = Document(folder / "study.yaml", tree, {})
    try:
        _fill_in(tree)
        if tree.get("audience") == "public":
            known = resolve({**tree, "profiles": []}, document, {}).known_columns()
            missing = [name for name in _columns_asked(tree) if name not in known]
            tree["columns"] |= {name: dict(_STAND_IN_COLUMN) for name in missing}
        return resolve(tree, document, {})
    except (InputError, InputErrors, AttributeError, KeyError, TypeError) as error:
        first = error.errors[0] if isinstance(error, InputErrors) else error
        raise InputError(
            f"the study of this run cannot be read by this version of flexsite ({first})",
            where=place,
            remedy="run the study again",
        ) from error


def _fill_in(tree: dict[str, Any]) -> None:
    """Put stand-ins for what was withheld; changes the tree."""
    tree["rules"] = [rule for rule in tree.get("rules", []) if set(rule) != {"id"} or rule["id"] not in _HIDDEN]
    local = tree.get("local")
    if isinstance(local, dict):
        local.setdefault("path", WITHHELD)
    owners = tree.get("owners")
    if isinstance(owners, dict):
        owners.pop("classes", None)  # only their number is told
        owners.setdefault("layer", WITHHELD)
        if "name" not in owners and "class" not in owners:
            owners["class"] = WITHHELD
    layers = tree.setdefault("layers", {})
    for name in _layers_named(tree):
        layers.setdefault(name, dict(_STAND_IN))
    tree.setdefault("columns", {})
    if tree.get("audience") == "public":
        layers.setdefault(WITHHELD, dict(_STAND_IN))


def _layers_named(tree: dict[str, Any]) -> Iterator[str]:
    candidates = tree.get("candidates", {})
    for one in [candidates, *candidates.get("also", [])]:
        if "layer" in one:
            yield one["layer"]
    if isinstance(tree.get("owners"), dict):
        yield tree["owners"]["layer"]


def _columns_asked(tree: dict[str, Any]) -> Iterator[str]:
    """Columns on which profiles set requirements."""
    for profile in tree.get("profiles", []):
        for requirement in profile.get("requires", {}).values():
            for test in requirement.get("any", [requirement]):
                if "column" in test:
                    yield test["column"]
