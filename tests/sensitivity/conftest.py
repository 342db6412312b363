"""What tests of sensitivity share: which grounds a run lays out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flexsite import pipeline
from flexsite.standing import Standing
from flexsite.study.models import Study


@pytest.fixture
def laid_out(monkeypatch: pytest.MonkeyPatch) -> list[Study]:
    """The studies whose ground is laid out from now on."""
    studies: list[Study] = []
    own: Callable[..., Standing] = pipeline.stand

    def counting(study: Study, *rest: Any, **more: Any) -> Standing:
        studies.append(study)
        return own(study, *rest, **more)

    monkeypatch.setattr(pipeline, "stand", counting)
    return studies
