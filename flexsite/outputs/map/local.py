"""What people who know the place say of sites, as the page needs it: words, places and the notes of the last run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flexsite.outputs.map.columns import labelled

if TYPE_CHECKING:
    import pyproj

    from flexsite.outputs.map.data import Label


@dataclass(frozen=True)
class LocalInfo:
    """The words of local knowledge and what was written so far.

    `reasons` gives a label for every reason of a verdict; `notes` are GeoJSON features in
    degrees, as `flexsite.layers.notes` reads them. A public map has words and no notes.
    """

    reasons: Mapping[str, Label] = field(default_factory=dict)
    notes: tuple[Mapping[str, Any], ...] = ()


def local_meta(local: LocalInfo, crs: pyproj.CRS) -> dict[str, Any]:
    """What of it stands in the description of the block, with the name of the study's CRS."""
    authority = crs.to_authority()
    return {
        "crs": ":".join(authority) if authority else crs.name,
        "reasons": [[name, labelled(label)] for name, label in local.reasons.items()],
        "notes": list(local.notes),
    }
