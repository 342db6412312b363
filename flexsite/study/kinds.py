"""The kinds of sites of a study: built in, changed, or of the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from flexsite.errors import InputError
from flexsite.rulebook import kind_ids, kind_path
from flexsite.study.access import output_columns
from flexsite.study.base import nearest
from flexsite.study.kind import PER_HOME, Kind
from flexsite.study.yaml_source import Document, KeyPath, read

if TYPE_CHECKING:
    from flexsite.study.layer import MoreCandidates
    from flexsite.study.models import Study
    from flexsite.study.profile import Profile
    from flexsite.study.rule import RuleBase

LAND = "land"
"""The kind of candidates that say nothing of it; its homes are counted as the contract has it."""


def fill_kinds(tree: dict[str, Any], document: Document) -> dict[int, Document]:
    """Put the content of kinds in place of their names, and that of built-in kinds in use beside them.

    Parameters
    ----------
    tree
        The study as plain values; changed.
    document
        The file it was read from.

    Returns
    -------
    dict
        The documents of kinds that stand as they are in files of their own, by their position.

    Raises
    ------
    InputError
        There is no kind or file of that name.
    """
    documents: dict[int, Document] = {}
    given = tree.get("kinds")
    listed: list[Any] = given if isinstance(given, list) else []
    for index, entry in enumerate(listed):
        content = entry
        if isinstance(entry, str):
            documents[index] = _of_name(entry, document, ("kinds", index))
            content = documents[index].data
        if isinstance(content, dict) and "extends" in content:
            documents.pop(index, None)
            content = _extended(content, document, ("kinds", index))
        listed[index] = content
    known = {entry.get("id") for entry in listed if isinstance(entry, dict)}
    used = [name for name in _named(tree.get("candidates")) if name != LAND and name in kind_ids()]
    more = [name for name in dict.fromkeys(used) if name not in known]
    if more and (given is None or isinstance(given, list)):
        tree["kinds"] = [*listed, *(_built_in(name).data for name in more)]
    return documents


def _named(candidates: Any) -> Iterator[str]:
    """Kinds that the candidates of a study name, as far as they are well-formed."""
    if not isinstance(candidates, dict):
        return
    also = candidates.get("also")
    for one in [candidates, *(also if isinstance(also, list) else [])]:
        if isinstance(one, dict) and isinstance(one.get("kind"), str):
            yield one["kind"]


def _of_name(name: str, document: Document, at: KeyPath) -> Document:
    if name in kind_ids():
        return _built_in(name)
    place = document.place(at)
    if not name.lower().endswith((".yaml", ".yml")):
        raise InputError(f"there is no built-in kind '{name}'", where=place, remedy=nearest(name, list(kind_ids())))
    file = document.path.parent / name
    if not file.is_file():
        raise InputError(
            f"there is no kind file '{name}'", where=place, remedy="paths start at the folder of the study"
        )
    found = read(file)
    if not isinstance(found.data, dict):
        raise InputError("a kind is a mapping of keys, such as 'id: building'", where=found.place())
    return found


def _built_in(name: str) -> Document:
    return read(kind_path(name))


def _extended(entry: Mapping[str, Any], document: Document, at: KeyPath) -> dict[str, Any]:
    """A kind that says only what differs from another; `null` takes a key away."""
    base = entry["extends"]
    if not isinstance(base, str):
        raise InputError(
            "'extends' is the name of a kind", where=document.place(at), remedy="such as extends: building"
        )
    origin = _of_name(base, document, at).data
    if "extends" in origin:
        raise InputError(
            f"the kind '{base}' itself extends another", where=document.place(at), remedy="extend a whole kind"
        )
    merged: dict[str, Any] = _merged(origin, {key: value for key, value in entry.items() if key != "extends"})
    return merged


def _merged(base: Any, change: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    merged = {**base, **{key: _merged(base.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in merged.items() if not (key in change and change[key] is None)}


@cache
def built_in_kind(name: str) -> Kind:
    """A kind of the rulebook.

    Examples
    --------
    >>> built_in_kind("roof").capacity.method
    'roof'
    """
    return Kind.model_validate(_built_in(name).data)


def kind_of(study: Study, name: str) -> Kind:
    """The kind of that id in a study: its own, or else the built-in one; a name of neither is ground like land."""
    own = next((kind for kind in study.kinds or [] if kind.id == name), None)
    if own is not None or name in kind_ids():
        return own or built_in_kind(name)
    return built_in_kind(LAND).model_copy(update={"id": name, "label": name})


def unlisted_kinds(study: Study) -> list[str]:
    """Kinds of candidates that are neither built in nor the study's own, such as `cell`: they count as land does."""
    known = {kind.id for kind in study.kinds or []} | set(kind_ids())
    return [name for name in study.candidates.kinds() if name not in known]


def kinds_in_use(study: Study) -> list[Kind]:
    """The kinds of the candidates of a study, each once, in their order."""
    return [kind_of(study, name) for name in study.candidates.kinds()]


def kind_columns(study: Study) -> dict[str, None]:
    """Columns that the sites have because their kind needs them, in order."""
    return {name: None for kind in kinds_in_use(study) for name in kind.needs}


def withheld_kind_columns(study: Study) -> list[str]:
    """Columns of kinds that a public study keeps to itself: those of private layers."""
    if study.audience != "public":
        return []
    hidden = dict.fromkeys(one.kind for one in study.candidates.every() if study.layers[one.layer].private)
    return list(dict.fromkeys(name for kind in hidden for name in kind_of(study, kind).needs))


def accepts(profile: Profile, kind: Kind, study: Study) -> bool:
    """Whether a target group can live on sites of a kind; what is in no rulebook counts as land here too."""
    if profile.kinds is None or kind.id in profile.kinds:
        return True
    return LAND in profile.kinds and kind.id in unlisted_kinds(study)


def applies(rule: RuleBase, kind: Kind) -> bool:
    """Whether a rule acts on candidates of a kind.

    A rule that lists kinds acts on these alone, whatever else is said; any other acts on all but those exempt from it.
    """
    if rule.kinds is not None:
        return kind.id in rule.kinds
    return rule.id not in kind.exempt and getattr(rule, "theme", None) not in kind.exempt


def of_one_kind(study: Study, what: str) -> Study:
    """The study with the rules that act on its kind of candidates alone.

    Parameters
    ----------
    what
        Who asks, for the message.

    Raises
    ------
    InputError
        There are candidates of further layers.
    """
    if study.candidates.also:
        raise InputError(
            f"{what} looks at candidates of one layer, and this study has {1 + len(study.candidates.also)}",
            where=f"{study.path.name}, candidates.also",
            remedy="leave the others out with --set candidates.also=null, or use 'flexsite run'",
        )
    kind = kind_of(study, study.candidates.kind)
    rules = [rule for rule in study.rules if applies(rule, kind)]
    return study if len(rules) == len(study.rules) else study.model_copy(update={"rules": rules})


def own_kind_files(study: Study) -> list[Path]:
    """Files of the user's that the study names as kinds."""
    data = read(study.path).data
    listed = data.get("kinds") if isinstance(data, dict) else None
    named = [one.get("extends") if isinstance(one, dict) else one for one in listed or []]
    return [study.path.parent / one for one in named if isinstance(one, str) and one not in kind_ids()]


def check_kinds(study: Study) -> None:
    """Refuse kinds that are not there, columns they do not know, and names that stand twice.

    Raises
    ------
    PydanticCustomError
        With the place in the study as `at`.
    """
    own = [kind.id for kind in study.kinds or []]
    known = list(dict.fromkeys([*own, *kind_ids()]))
    for name in own:
        if own.count(name) > 1:
            raise PydanticCustomError(
                "twice", "the kind '{name}' stands twice under 'kinds'; keep one", {"name": name, "at": f"kinds.{name}"}
            )
    # A name that is like none of them is ground of the user's own words; one that is near is a slip.
    known += [name for name in study.candidates.kinds() if name not in known and not nearest(name, known).endswith("?")]
    asked = [("candidates", name) for name in study.candidates.kinds()]
    asked += [(f"rules.{rule.id}", name) for rule in study.rules for name in rule.kinds or []]
    asked += [(f"profiles.{profile.id}.kinds", name) for profile in study.profiles for name in profile.kinds or []]
    for at, name in asked:
        if name not in known:
            remedy = nearest(name, known)
            raise PydanticCustomError(
                "kind",
                "there is no kind of sites '{name}'; {remedy}, or name a file of your own under 'kinds'",
                {"name": name, "remedy": remedy.removesuffix("?"), "at": at},
            )
    for one in study.candidates.every():
        _check_columns(study, one)
    _check_names(study)
    for profile in study.profiles:
        for kind in kinds_in_use(study):
            if kind.capacity.method in PER_HOME and accepts(profile, kind, study) and profile.unit.floor_area is None:
                raise PydanticCustomError(
                    "floor_area",
                    "homes in sites of the kind '{kind}' are counted by the floor area of a home, and this profile "
                    "has none; give unit.floor_area, or leave the kind out of its 'kinds'",
                    {"kind": kind.id, "at": f"profiles.{profile.id}.unit"},
                )


def _check_columns(study: Study, one: MoreCandidates) -> None:
    kind = kind_of(study, one.kind)
    for name in one.columns or {}:
        if name not in kind.needs:
            remedy = nearest(name, list(kind.needs)) if kind.needs else "it looks at none"
            raise PydanticCustomError(
                "kind_column",
                "the kind '{kind}' looks at no column '{name}'; {remedy}",
                {"kind": kind.id, "name": name, "remedy": remedy, "at": "candidates"},
            )


def _check_names(study: Study) -> None:
    """Columns and marks of kinds stand beside those of the study."""
    rules = {rule.id for rule in study.rules}
    taken = {name for column in study.columns for name in (column, f"{column}_share")}
    taken |= {name for measure in study.access.measures for name in output_columns(measure)}
    meant: dict[str, tuple[str, str]] = {}
    for kind in kinds_in_use(study):
        for name, need in kind.needs.items():
            if name in taken:
                raise PydanticCustomError(
                    "twice",
                    "the output column '{name}' would be there twice: the kind '{kind}' needs it too; rename yours",
                    {"name": name, "kind": kind.id, "at": f"columns.{name}" if name in study.columns else "access"},
                )
            other, type_ = meant.setdefault(name, (kind.id, need.type))
            if type_ != need.type:
                raise PydanticCustomError(
                    "twice",
                    "'{name}' is {a} for the kind '{one}' and {b} for '{two}'; rename one of the two",
                    {"name": name, "a": type_, "one": other, "b": need.type, "two": kind.id, "at": f"kinds.{kind.id}"},
                )
        for mark in kind.marks:
            if mark.id in rules:
                raise PydanticCustomError(
                    "twice",
                    "the kind '{kind}' gives a mark '{name}', which is the id of a rule; rename the rule",
                    {"kind": kind.id, "name": mark.id, "at": f"rules.{mark.id}"},
                )
