"""Who may use a street: permission to walk, cycle and drive from OpenStreetMap tags.

Follows the OSM wiki pages "Key:access", "Key:oneway", "Key:oneway:bicycle", "Key:cycleway", "Key:motor_vehicle",
"Key:duration" and "OSM tags for routing/Access restrictions" (worldwide defaults). Stricter tags win over looser ones:
`foot` over `access`, `bicycle` over `vehicle` over `access`, `motorcar` over `motor_vehicle` over `vehicle` over
`access`.
"""

from __future__ import annotations

import math
import re
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

_CARS = frozenset(
    """motorway motorway_link trunk trunk_link primary primary_link secondary secondary_link tertiary tertiary_link
    unclassified residential living_street road service""".split()
)
"""Values of `highway` that cars use unless tagged otherwise; a track needs any permission, others one for cars."""

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
_NO_CARS = NO | {"bus", "goods", "hgv", "hov", "psv", "residents", "taxi"}
_CAR_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")  # the strictest first
_OPPOSITE = frozenset(("opposite", "opposite_lane", "opposite_track", "opposite_share_busway"))
_CYCLEWAYS = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")


KEYS = (
    "highway", "route", "railway", "public_transport", "area", "access", "foot", "bicycle", "vehicle", "motor_vehicle",
    "motorcar", "motorroad", "oneway", "oneway:bicycle", "bicycle:oneway", "bicycle:backward", "junction",
    *_CYCLEWAYS, *(f"{key}:oneway" for key in _CYCLEWAYS), *(f"oneway:{key}" for key in _CAR_KEYS[:3]),
    *(f"{key}:{way}" for key in _CAR_KEYS[:3] for way in ("forward", "backward")), "service", "ice_road", "winter_road",
    "duration",
)  # fmt: skip
"""Every tag that this module asks for."""

SELECTING = ("highway", "route", "railway", "public_transport")
"""Tags of which a way must have one to be a street, a ferry or a platform."""


class Permission(NamedTuple):
    """What is allowed along a way, in the order of its nodes."""

    walk: bool
    forward: bool
    """Cycling along the way."""
    backward: bool
    """Cycling against the way."""
    ferry: bool = False
    drive_forward: bool = False
    drive_backward: bool = False

    @property
    def anybody(self) -> bool:
        """Whether it is of use to anyone."""
        return self.walk or self.forward or self.backward or self.drive_forward or self.drive_backward


FORBIDDEN = Permission(walk=False, forward=False, backward=False)


def kind(tags: Mapping[str, str]) -> str | None:
    """The value of `highway`; a platform may have been tagged in other ways.

    Examples
    --------
    >>> kind({"railway": "platform"})
    'platform'
    """
    highway = tags.get("highway")
    if highway is None and "platform" in (tags.get("railway"), tags.get("public_transport")):
        return "platform"
    return highway


def permission(tags: Mapping[str, str]) -> Permission:
    """Permission to walk, cycle and drive along one way.

    A one-way street binds bicycles and cars, unless tagged otherwise, and never walkers. Steps and pavements are not
    for bicycles unless they say so; motorways and roads with `motorroad=yes` are for cars alone; a ferry carries those
    whom its tags name. An area is no street, nor is a road over ice.

    Examples
    --------
    >>> permission({"highway": "residential", "oneway": "yes"})[:4]
    (True, True, False, False)
    >>> permission({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}).backward
    True
    >>> permission({"highway": "steps"})
    Permission(walk=True, forward=False, backward=False, ferry=False, drive_forward=False, drive_backward=False)
    """
    if tags.get("area") == "yes" or "yes" in (tags.get("ice_road"), tags.get("winter_road")):
        return FORBIDDEN
    highway = kind(tags)
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
    ahead, back = car_directions(tags) if _cars(highway, tags) else (False, False)
    return Permission(walk, cycle and forward, cycle and backward, False, ahead, back)


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


def car_directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether cars may go along and against a way on which they are allowed.

    Roundabouts, motorways and their links are one-way unless they say otherwise.

    Examples
    --------
    >>> car_directions({"highway": "motorway_link"}), car_directions({"motor_vehicle:backward": "no"})
    ((True, False), (True, False))
    """
    found = None
    for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"):
        found = found or _direction(tags.get(key))
    if found is None:
        implied = tags.get("highway") in ("motorway", "motorway_link")
        found = (True, not implied and tags.get("junction") not in ("roundabout", "circular"))
    along, against = (
        next((value not in _NO_CARS for key in _CAR_KEYS[:3] if (value := tags.get(f"{key}:{way}"))), True)
        for way in ("forward", "backward")
    )
    return found[0] and along, found[1] and against


def _cars(highway: str, tags: Mapping[str, str]) -> bool:
    """Whether cars may use a way at all."""
    if highway in _CARS:
        return _allowed(tags, _CAR_KEYS, default=tags.get("service") != "emergency_access", no=_NO_CARS)
    return _allowed(tags, _CAR_KEYS if highway == "track" else _CAR_KEYS[:2], default=False, no=_NO_CARS)


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


def _allowed(tags: Mapping[str, str], keys: tuple[str, ...], *, default: bool, no: frozenset[str] = NO) -> bool:
    """The first key that says yes or no decides."""
    for key in keys:
        value = tags.get(key)
        if value in no:
            return False
        if value in YES:
            return True
    return default


def _ferry(tags: Mapping[str, str]) -> Permission:
    open_to_all = tags.get("access") not in NO
    walk = tags.get("foot") in YES and open_to_all
    cycle = tags.get("bicycle") in YES and open_to_all
    drive = any(tags.get(key) in YES for key in _CAR_KEYS[:3]) and open_to_all
    drive = drive and _allowed(tags, _CAR_KEYS, default=False, no=_NO_CARS)
    ahead, back = car_directions(tags) if drive else (False, False)
    return Permission(walk, cycle, cycle, walk or cycle or drive, ahead, back)


_CLOCK = re.compile(r"\d+(:\d\d?){0,2}")
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def seconds(duration: str | None) -> float:
    """Seconds of a value of `duration`: minutes, H:MM, H:MM:SS or ISO 8601; NaN where it says nothing of the kind.

    Examples
    --------
    >>> [seconds(text) for text in ("20", "00:20", "1:05:00", "PT1H5M", "soon")]
    [1200.0, 1200.0, 3900.0, 3900.0, nan]
    """
    text = (duration or "").strip().upper()
    if _CLOCK.fullmatch(text):
        parts = [int(part) for part in text.split(":")]
        hours, minutes, rest = [0, *parts, 0] if len(parts) == 1 else (*parts, 0)[:3]
        found = 3600 * hours + 60 * minutes + rest
    elif iso := _ISO.fullmatch(text):
        days, hours, minutes, rest = (int(part or 0) for part in iso.groups())
        found = 86400 * days + 3600 * hours + 60 * minutes + rest
    else:
        return math.nan
    return float(found) if found > 0 else math.nan
