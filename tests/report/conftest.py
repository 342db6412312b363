"""Runs that several tests look at, written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.outputs.helpers import run

from .worlds import rich_world


@pytest.fixture(scope="session")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run in English."""
    folder = tmp_path_factory.mktemp("english")
    run(rich_world(folder)).write(folder / "out")
    return folder / "out"


@pytest.fixture(scope="session")
def dutch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in Dutch."""
    folder = tmp_path_factory.mktemp("dutch")
    run(rich_world(folder, language="nl")).write(folder / "out")
    return folder / "out"
