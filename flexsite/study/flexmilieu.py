"""Flexmilieus: several groups on one site, made into one ordinary profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from flexsite.errors import InputError
from flexsite.study.profile import Profile
from flexsite.study.yaml_source import KeyPath

_OWN = ("id", "label", "about", "homes", "term", "unit", "kinds", "stay", "households", "mix", "function")
_PROVENANCE = ("basis", "source", "certainty", "note")
_TOLERANCE = 1e-6
SCALES = range(100, 50, -1)
"""Weights that the heaviest criterion may have; the others are rounded to whole numbers beside it."""


@dataclass(frozen=True)
class Group:
    """A group of a flexmilieu: its profile as plain values, and where its keys stand."""

    tree: dict[str, Any]
    place: Callable[[KeyPath], str]


def expanded(milieu: dict[str, Any], groups: Mapping[str, Group], place: Callable[[KeyPath], str]) -> dict[str, Any]:
    """One profile that demands what all groups of a flexmilieu demand together.

    Parameters
    ----------
    milieu
        As written: `groups` with the share of the homes of each, in percent or summing to 1; what else it says goes
        before what follows from the groups.
    groups
        The profile of each group.
    place
        File and line of a key of the flexmilieu.

    Returns
    -------
    dict
        A profile with all requirements of all groups, and a score that is the mean of the groups' scores by share.

    Raises
    ------
    InputError
        The shares are no whole, a group is no valid profile, or the groups have no kind of site in common.
    """
    shares = _shares(milieu["groups"], place(("groups",)))
    profiles = {name: _valid(groups[name], name) for name in shares}
    trees = {name: groups[name].tree for name in shares}
    requires = _pooled(
        [(name, key, part) for name, tree in trees.items() for key, part in (tree.get("requires") or {}).items()]
    )
    result: dict[str, Any] = {key: milieu[key] for key in ("id", "label", "about") if key in milieu}
    result |= {
        "groups": shares,
        "requires": requires,
        "criteria": _criteria(trees, profiles, shares),
        "unit": _unit(milieu.get("unit"), profiles, shares),
        "homes": milieu.get("homes") or _homes(profiles, shares),
        "term": _term(milieu.get("term"), trees, profiles),
        **_rest(milieu, profiles, shares, place),
    }
    unknown = {key: milieu[key] for key in milieu if key not in {*result, *_OWN}}
    return result | unknown  # for the models to refuse, with the right line


def _shares(written: Mapping[str, Any], place: str) -> dict[str, float]:
    shares: dict[str, float] = {}
    for name, share in written.items():
        if name in _PROVENANCE:
            continue
        if isinstance(share, bool) or not isinstance(share, int | float) or not (math.isfinite(share) and share > 0):
            raise InputError(f"the share of '{name}' is {share!r}, and a share is a number above 0", where=place)
        shares[name] = float(share)
    total = sum(shares.values())
    whole = 100.0 if total > 1 + _TOLERANCE else 1.0
    if abs(total - whole) > _TOLERANCE * whole:
        raise InputError(
            f"the shares of the groups sum to {total:g}, not to 100", where=place, remedy="change one of them"
        )
    return {name: share / total for name, share in shares.items()}


def _valid(group: Group, name: str) -> Profile:
    try:
        return Profile.model_validate(group.tree)
    except ValidationError as error:
        first = error.errors()[0]
        message, _, remedy = first["msg"].partition("; ")
        at = ".".join(map(str, first["loc"]))
        raise InputError(
            f"the group '{name}' is no valid profile: {at}: {message[:1].lower()}{message[1:]}",
            where=group.place(first["loc"]),
            remedy=remedy,
        ) from None


def _content(part: Any) -> Any:
    """A requirement or criterion without where it comes from and how much it weighs: what makes two the same."""
    if isinstance(part, dict):
        kept = sorted((key, _content(value)) for key, value in part.items() if key not in (*_PROVENANCE, "weight"))
        return ("mapping", *kept)
    if isinstance(part, list):
        return ("list", *map(_content, part))
    # 500 and 500.0 are one bound, true and 1 are not
    return (isinstance(part, bool), isinstance(part, str), part)


def _pooled(parts: list[tuple[str, str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Parts of several groups under ids of their own: those that groups share under theirs, others with the group's.

    Examples
    --------
    >>> near, far = {"measure": "stop", "at_most": 300}, {"measure": "stop", "at_most": 800}
    >>> list(_pooled([("a", "stop", near), ("b", "stop", near), ("c", "stop", far)]))
    ['stop', 'c_stop']
    """
    held: dict[Any, list[tuple[str, str, dict[str, Any]]]] = {}
    for part in parts:
        held.setdefault(_content(part[2]), []).append(part)
    result: dict[str, dict[str, Any]] = {}
    alone = len({name for name, _, _ in parts}) == 1
    for (name, key, content), *others in held.values():
        wanted = key if (others or alone) and key not in result else f"{name}_{key}"
        free = wanted
        count = 2
        while free in result:
            free, count = f"{wanted}_{count}", count + 1
        result[free] = content
    return result


def _criteria(
    trees: Mapping[str, dict[str, Any]], profiles: Mapping[str, Profile], shares: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """Criteria of all groups with weights that make the score the mean of theirs by share.

    The score of group g is the sum of weight x value over W_g, its sum of weights; in the mean by share a criterion
    weighs the sum over groups of share_g * weight / W_g. These are brought to whole numbers, of which none that counts
    becomes 0; a group without weights has no wish and no say.
    """
    exact: dict[Any, float] = {}
    parts: list[tuple[str, str, dict[str, Any]]] = []
    for name, tree in trees.items():
        total = sum(one.weight for one in profiles[name].criteria.values())
        for key, part in (tree.get("criteria") or {}).items():
            parts.append((name, key, part))
            weight = shares[name] * profiles[name].criteria[key].weight / total if total else 0.0
            exact[_content(part)] = exact.get(_content(part), 0.0) + weight
    pooled = _pooled(parts)
    weights = whole_weights([exact[_content(part)] for part in pooled.values()])
    note = "weight: mean of the groups of the flexmilieu, by share"
    return {
        key: {**part, "weight": weight, "note": note}
        for (key, part), weight in zip(pooled.items(), weights, strict=True)
    }


def whole_weights(exact: list[float]) -> list[int]:
    """Whole weights from 0 to 100 whose shares of their sum are nearest to those of the weights given.

    Of all sizes of the heaviest from 100 down to 51 the one is taken that shifts the least weight; what counts keeps 1.

    Examples
    --------
    >>> whole_weights([0.5, 0.25, 0.0]), whole_weights([3.0, 2.5, 1.5])
    ([100, 50, 0], [96, 80, 48])
    """
    largest, total = max(exact, default=0.0), sum(exact)
    if largest == 0:
        return [0] * len(exact)

    def rounded(scale: int) -> list[int]:
        return [max(1, math.floor(scale * weight / largest + 0.5)) if weight > 0 else 0 for weight in exact]

    def shifted(weights: list[int]) -> float:
        return round(sum(abs(w / sum(weights) - x / total) for w, x in zip(weights, exact, strict=True)), 12)

    return min((rounded(scale) for scale in SCALES), key=shifted)


def _unit(own: Any, profiles: Mapping[str, Profile], shares: Mapping[str, float]) -> Any:
    """Land divided by the shares of the homes: the density is the harmonic mean; sizes are means by share.

    A home that the flexmilieu names itself, by type or density, takes the place of these whole.
    """
    if own is not None and not (isinstance(own, dict) and not {"type", "homes_per_ha"} & set(own)):
        return own
    land = sum(share / profiles[name].unit.homes_per_ha for name, share in shares.items())
    unit: dict[str, Any] = {
        "homes_per_ha": round(1 / land, 4),
        "basis": "Land divided by the shares of the homes; sizes are means by share",
        "certainty": "assumption",
    }
    for key in ("floor_area", "storeys", "rooms"):
        sizes = [getattr(profile.unit, key) for profile in profiles.values()]
        if None not in sizes:
            unit[key] = round(sum(shares[name] * size for name, size in zip(profiles, sizes, strict=True)), 4)
    return unit | (own or {})


def _homes(profiles: Mapping[str, Profile], shares: Mapping[str, float]) -> dict[str, Any]:
    """The largest of the smallest, and no group beyond its own largest number."""
    bounds: dict[str, Any] = {"min": max(profile.homes.min for profile in profiles.values())}
    most = [profile.homes.max / shares[name] for name, profile in profiles.items() if profile.homes.max is not None]
    if most:
        bounds["max"] = max(bounds["min"], math.floor(min(most) + 1e-9))
    return bounds | {"basis": "No group above its own largest number", "certainty": "assumption"}


def _term(own: Any, trees: Mapping[str, dict[str, Any]], profiles: Mapping[str, Profile]) -> dict[str, Any]:
    """The longest that a group asks for, or the flexmilieu itself."""
    longest = max(profiles, key=lambda name: profiles[name].term.min)
    asked = profiles[longest].term.min
    if isinstance(own, dict) and not (isinstance(own.get("min"), int | float) and own["min"] < asked):
        return own
    return dict(trees[longest].get("term") or {"min": asked})


def _rest(
    milieu: Mapping[str, Any], profiles: Mapping[str, Profile], shares: Mapping[str, float],
    place: Callable[[KeyPath], str],
) -> dict[str, Any]:  # fmt: skip
    """Kinds in common, stays, households by share, mix; what the flexmilieu says itself goes before."""
    rest: dict[str, Any] = {}
    limited = [
        one for one in (milieu.get("kinds"), *(profile.kinds for profile in profiles.values())) if one is not None
    ]
    if limited:
        rest["kinds"] = [kind for kind in limited[0] if all(kind in one for one in limited)]
        if not rest["kinds"]:
            raise InputError("the groups accept no kind of site in common", where=place(("groups",)))
    stays = [profile.stay for profile in profiles.values()]
    if (known := [stay for stay in stays if stay is not None]) and len(known) == len(stays):
        rest["stay"] = {"min": min(stay.min for stay in known)}
        if (longest := [stay.max for stay in known if stay.max is not None]) and len(longest) == len(known):
            rest["stay"]["max"] = max(longest)
    if all(profile.households is not None for profile in profiles.values()):
        rest["households"] = _households(profiles, shares)
    own = {key: milieu[key] for key in ("function", "stay", "households", "mix") if key in milieu}
    return rest | own


def _households(profiles: Mapping[str, Profile], shares: Mapping[str, float]) -> dict[str, Any]:
    mixed: dict[str, float] = {}
    for name, profile in profiles.items():
        for kind, share in (profile.households.shares if profile.households else {}).items():
            mixed[kind] = mixed.get(kind, 0.0) + shares[name] * share
    rounded = {kind: round(share, 9) for kind, share in mixed.items()}
    return rounded | {"basis": "Households of the groups by share", "certainty": "assumption"}
