"""The invented region, made once for all tests of it."""

from __future__ import annotations

import pytest

from flexsite.demo.region import Region, build


@pytest.fixture(scope="session")
def region() -> Region:
    return build()
