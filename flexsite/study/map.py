"""What a study asks of its map."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from flexsite.study.base import StrictModel


class MapOptions(StrictModel):
    """Options of the interactive map; without any it never asks the network for anything."""

    background: Literal["brt-grijs", "osm"] | None = Field(
        None, description="a map from the network that readers may switch on; off at first"
    )
