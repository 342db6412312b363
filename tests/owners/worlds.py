"""Small worlds with owners: parcels of a hectare in a row, and who owns them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.acceptance.helpers import PROFILE, RD, box, study_file, vector

HECTARE = 10_000.0


def row_of(count: int) -> list[Any]:
    """Parcels of a hectare, 200 m apart."""
    return [box(200 * place, 0, 200 * place + 100, 100) for place in range(count)]


def world(folder: Path, parcels: int, owned: Sequence[Any], values: dict[str, Sequence[Any]], /, **keys: Any) -> Path:
    """A study of parcels K1, K2...; `keys` replace those of the study, `layers` are added to its own."""
    vector(folder / "area.gpkg", [box(-1000, -1000, 5000, 1000)])
    vector(folder / "parcels.gpkg", row_of(parcels), code=[f"K{place + 1}" for place in range(parcels)])
    vector(folder / "owned.gpkg", owned, **values)
    study: dict[str, Any] = {
        "flexsite": 1,
        "name": "Owned",
        "crs": RD,
        "date": "2026-01-01",
        "term": 15,
        "lead_time": 24,
        "area": "area.gpkg",
        "layers": {"parcels": "parcels.gpkg", "owned": "owned.gpkg"},
        "candidates": {"layer": "parcels", "id": "code"},
        "owners": {"layer": "owned", "name": "naam"},
        "profiles": [{**PROFILE, "term": {"min": 10}}],
        "outputs": ["parquet", "tables"],
    }
    layers = study["layers"] | keys.pop("layers", {})
    return study_file(folder, study | keys | {"layers": layers})
