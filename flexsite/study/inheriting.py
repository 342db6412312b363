"""Profiles as a study names them, made whole: built in or a file, a variant of another, or a bundle of several."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flexsite.errors import InputError
from flexsite.rulebook import flexmilieu_ids, flexmilieu_path, profile_ids, profile_path
from flexsite.study.base import nearest
from flexsite.study.flexmilieu import Group, expanded
from flexsite.study.yaml_source import Document, KeyPath, read

PROVENANCE = ("basis", "source", "certainty", "note")
_SUBJECTS = ("measure", "column", "route", "any")
_WHOLE = ("households", "groups")
"""Mappings of shares that sum to 1: half of one and half of another mean nothing."""
_LATE = re.compile(r"^profiles\.([^.]+)\.(extends|groups)(\.|$)")


@dataclass(frozen=True)
class Origin:
    """Where the keys of a profile were written: in its own file, or in one that it extends."""

    parts: tuple[tuple[Document, KeyPath], ...]

    def place(self, where: KeyPath) -> str:
        """File and line of a key, or of its nearest parent; the profile's own file goes before those it extends."""
        for length in range(len(where), -1, -1):
            for document, start in self.parts:
                if (*start, *where[:length]) in document.lines:
                    return document.place((*start, *where[:length]))
        document, start = self.parts[0]
        return document.place(start)


@dataclass(frozen=True)
class _Written:
    """A profile as it was written, with the folder from which it names others and the files on the way to it."""

    tree: dict[str, Any]
    origin: Origin
    folder: Path
    trail: tuple[Path, ...]


def fill(tree: dict[str, Any], document: Document, *, written: bool) -> dict[int, Origin]:
    """Put whole profiles in place of names, of variants of others and of flexmilieus; changes the tree.

    Parameters
    ----------
    tree
        The study as plain values.
    document
        The file of the study, for lines and for its folder.
    written
        Whether the tree is the file as written. In one that was filled before, a mapping with `groups` is a flexmilieu
        made whole.

    Returns
    -------
    dict
        Where the profile at a position was written, for those that were filled in.

    Raises
    ------
    InputError
        There is no such profile, a chain of `extends` comes back on itself, or the groups of a flexmilieu do not fit.
    """
    listed = tree.get("profiles")
    profiles: list[Any] = listed if isinstance(listed, list) else []
    origins: dict[int, Origin] = {}
    for index, entry in enumerate(profiles):
        own = Origin(((document, ("profiles", index)),))
        if isinstance(entry, str):
            found = _find(entry, document.path.parent, own.place(()), ())
        elif isinstance(entry, dict) and ("extends" in entry or (written and _is_bundle(entry))):
            found = _Written(entry, own, document.path.parent, ())
        else:
            continue
        whole = _whole(found)
        profiles[index], origins[index] = whole.tree, whole.origin
    return origins


def named_files(listed: Any, folder: Path) -> list[Path]:
    """The user's own profile files that a list of profiles leads to, through `extends` and groups too."""
    found: dict[Path, None] = {}
    for entry in listed if isinstance(listed, list) else []:
        for path in _files(entry, folder):
            found.setdefault(path)
    return list(found)


def refuse_late(overrides: Mapping[str, Any], place: str) -> None:
    """Refuse changes that would come after what they change has been used. Raises InputError."""
    for key in overrides:
        if late := _LATE.match(key):
            raise InputError(
                f"'{key}' is used before values are changed",
                where=place,
                remedy=f"list a profile of its own: {{id: ..., extends: {late[1]}, {late[2]}: ...}}",
            )


def _is_bundle(tree: Mapping[str, Any]) -> bool:
    return "groups" in tree and not {"requires", "criteria", "unit"} <= set(tree)


def _files(entry: Any, folder: Path) -> Iterator[Path]:
    if isinstance(entry, str):
        if entry in profile_ids() or entry in flexmilieu_ids():
            return
        yield folder / entry
        entry, folder = read(folder / entry).data, (folder / entry).parent
    if isinstance(entry, dict):
        if isinstance(entry.get("extends"), str):
            yield from _files(entry["extends"], folder)
        if isinstance(entry.get("groups"), dict):
            for name in entry["groups"]:
                if (folder / f"{name}.yaml").is_file() and name not in profile_ids():
                    yield from _files(f"{name}.yaml", folder)


def _find(name: str, folder: Path, place: str, trail: tuple[Path, ...]) -> _Written:
    """The file of a name; `trail` holds the files that led here."""
    file = folder / name
    if name in profile_ids():
        file = profile_path(name)
    elif name in flexmilieu_ids():
        file = flexmilieu_path(name)
    elif not name.lower().endswith((".yaml", ".yml")):
        known = [*profile_ids(), *flexmilieu_ids()]
        raise InputError(f"there is no built-in profile '{name}'", where=place, remedy=nearest(name, known))
    elif not file.is_file():
        raise InputError(
            f"there is no profile file '{name}'",
            where=place,
            remedy="paths start at the folder of the study" if not trail else f"paths start at the folder {folder}",
        )
    file = file.resolve()
    if file in trail:
        round_trip = " -> ".join(path.name for path in (*trail[trail.index(file) :], file))
        raise InputError(f"profiles extend each other: {round_trip}", where=place, remedy="leave one 'extends' out")
    document = read(file)
    if not isinstance(document.data, dict):
        raise InputError("a profile is a mapping of keys, such as 'id: starter'", where=document.place())
    return _Written(document.data, Origin(((document, ()),)), file.parent, (*trail, file))


def _whole(found: _Written) -> _Written:
    """A profile without `extends`, and a flexmilieu with what it demands."""
    merged = _extended(found)
    if "groups" not in merged.tree:
        return merged
    groups: dict[str, Group] = {}
    names = merged.tree["groups"]
    place = merged.origin.place(("groups",))
    if not isinstance(names, dict):
        raise InputError("'groups' is a mapping of shares, such as {starter: 60, student: 40}", where=place)
    for name in names:
        if name in PROVENANCE:
            continue
        at = merged.origin.place(("groups", name))
        own = name if name in profile_ids() or name in flexmilieu_ids() else f"{name}.yaml"
        if own != name and not (merged.folder / own).is_file():
            raise InputError(
                f"there is no profile '{name}': not built in, and no file '{own}' beside this one",
                where=at,
                remedy=nearest(name, list(profile_ids())),
            )
        group = _extended(_find(own, merged.folder, at, merged.trail))
        if "groups" in group.tree:
            raise InputError(f"'{name}' is a flexmilieu, and groups are profiles", where=at, remedy="name its groups")
        groups[name] = Group(group.tree, group.origin.place)
    own = {key: merged.tree[key] for key in ("requires", "criteria") if merged.tree.get(key) is not None}
    tree = {key: value for key, value in merged.tree.items() if key not in ("requires", "criteria")}
    whole = _merged(expanded(tree, groups, merged.origin.place), own, (), merged.origin)
    return _Written(whole, merged.origin, merged.folder, merged.trail)


def _extended(found: _Written) -> _Written:
    """A profile merged with all that it extends."""
    if "extends" not in found.tree:
        return found
    change = {key: value for key, value in found.tree.items() if key != "extends"}
    name, place = found.tree["extends"], found.origin.place(("extends",))
    if not isinstance(name, str):
        raise InputError("'extends' is the id of a built-in profile or the path of a profile file", where=place)
    base = _extended(_find(name, found.folder, place, found.trail))
    kept = dict(base.tree)
    if change.get("id", kept.get("id")) != kept.get("id"):
        kept.pop("label", None)  # another group does not go by the same name
    tree = _merged(kept, change, (), found.origin)
    return _Written(tree, Origin((*found.origin.parts, *base.origin.parts)), base.folder, found.trail)


def _merged(base: dict[str, Any], change: dict[str, Any], where: KeyPath, origin: Origin) -> dict[str, Any]:
    """A mapping with changes: mappings merge, `null` removes, anything else takes the place of what was there.

    Numbers that change leave the basis, source and certainty of the old ones behind.
    """
    result = copy.deepcopy(base)
    new_numbers = False
    for key, value in change.items():
        at = (*where, key)
        if value is None:
            if key not in base:
                words = ".".join(map(str, at))
                raise InputError(
                    f"there is no '{words}' to remove", where=origin.place(at), remedy=nearest(str(key), list(base))
                )
            del result[key]
        elif isinstance(value, dict) and isinstance(base.get(key), dict) and not _replaces(at, value, base[key]):
            result[key] = _merged(base[key], value, at, origin)
        else:
            result[key] = copy.deepcopy(value)
            new_numbers |= key not in PROVENANCE and base.get(key) != value
    if new_numbers:
        for key in PROVENANCE:
            if key not in change:
                result.pop(key, None)
    return result


def _replaces(at: KeyPath, value: dict[str, Any], base: dict[str, Any]) -> bool:
    """Whether a mapping takes the other's place whole: shares, another type of home, a bound on something else."""
    if len(at) == 1:
        return at[0] in _WHOLE or (at[0] == "unit" and value.get("type", base.get("type")) != base.get("type"))
    subject = {key: value[key] for key in _SUBJECTS if key in value}
    return at[0] in ("requires", "criteria") and bool(subject) and any(base.get(k) != v for k, v in subject.items())
