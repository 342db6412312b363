"""Maps from the network that readers may switch on below the sites, when the study offers one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flexsite.outputs.map.data import Background

HOSTS: dict[Background, str] = {"brt-grijs": "https://service.pdok.nl", "osm": "https://tile.openstreetmap.org"}
"""The only host that a page with a background may ask for pictures."""

_PATHS: dict[Background, str] = {
    "brt-grijs": "/brt/achtergrondkaart/wmts/v2_0/grijs/EPSG:3857/{z}/{x}/{y}.png",
    "osm": "/{z}/{x}/{y}.png",
}
_NAMES: dict[Background, str] = {"brt-grijs": "BRT-Achtergrondkaart (grijs)", "osm": "OpenStreetMap"}
_CREDITS: dict[Background, str] = {
    "brt-grijs": "© Kadaster, BRT-Achtergrondkaart, CC BY 4.0",
    "osm": "© OpenStreetMap contributors, ODbL",
}
_FINEST = 19  # zoom level


def background_of(name: Background | None) -> dict[str, str | int] | None:
    """What the page needs to show a background and to name its makers.

    Examples
    --------
    >>> background_of("osm")["url"]
    'https://tile.openstreetmap.org/{z}/{x}/{y}.png'
    """
    if name is None:
        return None
    return {"url": HOSTS[name] + _PATHS[name], "name": _NAMES[name], "credit": _CREDITS[name], "finest": _FINEST}
