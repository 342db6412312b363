"""One small dataset in every format, and short ways to open layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flexsite.layers import Layers
from flexsite.study.models import Layer

from .helpers import FORMATS, RD, plots, write


@pytest.fixture(scope="session")
def every_format(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The plots in six formats."""
    folder = tmp_path_factory.mktemp("formats")
    return {suffix: write(plots(), folder / f"plots.{suffix}") for suffix in FORMATS}


@pytest.fixture
def layers() -> Callable[..., Layers]:
    """Layers in EPSG:28992 from paths or mappings."""

    def opened(**specs: Any) -> Layers:
        made = {name: Layer(**spec) if isinstance(spec, dict) else Layer(path=spec) for name, spec in specs.items()}
        return Layers(made, RD)

    return opened
