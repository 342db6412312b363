"""Who may use a street: walking and cycling permission from OpenStreetMap tags.

Follows the OSM wiki pages "Key:access", "Key:oneway", "Key:oneway:bicycle", "Key:cycleway" and "OSM tags for
routing/Access restrictions" (worldwide defaults). Stricter tags win over looser ones: `foot` over `access`, `bicycle`
over `vehicle` over `access`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

OUT = frozenset(
    """abandoned construction demolished disused dismantled escape no planned proposed raceway razed
    rest_area services traffic_island trailhead via_ferrata""".split()
)
"""Values of `highway` on which nobody travels, whatever else is tagged."""

MOTOR_ONLY = frozenset(("motorway", "motorway_link", "bus_guideway", "busway"))
"""Values of `highway` that need an explicit permission to walk or cycle."""

FOOT_ONLY = frozenset(("footway", "pedestrian", "steps", "corridor", "elevator", "platform", "bridleway", "ladder"))
"""Values of `highway` that need an explicit permission to cycle."""

YES = frozenset(("yes", "designated", "permissive", "official", "destination", "customers", "public", "allowed"))
NO = frozenset(
    (
        "no",
        "private",
        "military",
        "agricultural",
        "forestry",
        "delivery",
        "emergency",
        "restricted",
        "permit",
        "use_sidepath",
        "dismount",
    )
)
_OPPOSITE = frozenset(("opposite", "opposite_lane", "opposite_track", "opposite_share_busway"))
_CYCLEWAYS = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")


class Permission(NamedTuple):
    """What is allowed along a way, in the order of its nodes."""

    walk: bool
    forward: bool
    """Cycling along the way."""
    backward: bool
    """Cycling against the way."""
    ferry: bool = False


FORBIDDEN = Permission(walk=False, forward=False, backward=False)


def permission(tags: Mapping[str, str]) -> Permission:
    """Walking and cycling permission of one way.

    A one-way street binds bicycles, unless tagged otherwise, and never walkers. Steps and pavements are not for
    bicycles unless they say so; motorways and roads with `motorroad=yes` are for neither; a ferry carries those whom
    its tags name. An area is no street.

    Examples
    --------
    >>> permission({"highway": "residential", "oneway": "yes"})
    Permission(walk=True, forward=True, backward=False, ferry=False)
    >>> permission({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}).backward
    True
    >>> permission({"highway": "steps"})
    Permission(walk=True, forward=False, backward=False, ferry=False)
    """
    if tags.get("area") == "yes":
        return FORBIDDEN
    highway = tags.get("highway")
    if highway is None:
        return _ferry(tags) if tags.get("route") == "ferry" else FORBIDDEN
    if highway in OUT:
        return FORBIDDEN
    motor = highway in MOTOR_ONLY or tags.get("motorroad") == "yes"
    walk = _allowed(tags, ("foot", "access"), default=not motor)
    cycle = _allowed(tags, ("bicycle", "vehicle", "access"), default=not motor and highway not in FOOT_ONLY)
    if highway in FOOT_ONLY or motor:  # a general permission does not reach bicycles here, only their own
        cycle = tags.get("bicycle") in YES
        walk = walk and (not motor or tags.get("foot") in YES)
    forward, backward = bicycle_directions(tags)
    return Permission(walk, cycle and forward, cycle and backward)


def bicycle_directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether bicycles may go along and against a way on which they are allowed.

    Examples
    --------
    >>> bicycle_directions({"oneway": "-1"})
    (False, True)
    >>> bicycle_directions({"oneway": "yes", "cycleway": "opposite_lane"})
    (True, True)
    """
    own = _direction(tags.get("oneway:bicycle") or tags.get("bicycle:oneway"))
    if own is not None:
        return own
    general = _direction(tags.get("oneway"))
    if general is None:
        general = (True, False) if tags.get("junction") in ("roundabout", "circular") else (True, True)
    if general != (True, True) and _contraflow(tags):
        return (True, True)
    return general


def _contraflow(tags: Mapping[str, str]) -> bool:
    """Whether a cycle track or lane runs against a one-way street."""
    if tags.get("bicycle:backward") in YES or any(tags.get(key) in _OPPOSITE for key in _CYCLEWAYS):
        return True
    return any(tags.get(f"{key}:oneway") in ("no", "-1") for key in _CYCLEWAYS)


def _direction(value: str | None) -> tuple[bool, bool] | None:
    if value in ("yes", "true", "1"):
        return (True, False)
    if value in ("-1", "reverse"):
        return (False, True)
    if value in ("no", "false", "0", "reversible", "alternating"):
        return (True, True)
    return None


def _allowed(tags: Mapping[str, str], keys: tuple[str, ...], *, default: bool) -> bool:
    """The first key that says yes or no decides."""
    for key in keys:
        value = tags.get(key)
        if value in NO:
            return False
        if value in YES:
            return True
    return default


def _ferry(tags: Mapping[str, str]) -> Permission:
    open_to_all = tags.get("access") not in NO
    walk = tags.get("foot") in YES and open_to_all
    cycle = tags.get("bicycle") in YES and open_to_all
    return Permission(walk, cycle, cycle, ferry=walk or cycle)
