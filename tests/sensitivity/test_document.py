"""Every example of the document on sensitivity loads, leads somewhere, and says what is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import flexsite
from flexsite.outputs import plots
from flexsite.sensitivity.planning import plan
from flexsite.sensitivity.tables import SWEEP, TORNADO
from flexsite.sensitivity.weighing import PARTS, draw, weights_table
from flexsite.study.sensitivity import MOST_POINTS, Weights

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "sensitivity.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_can_be_run(root: Path, number: int) -> None:
    part: dict[str, Any] = yaml.safe_load(EXAMPLES[number])
    study = flexsite.load(root / "data" / "small" / "study.yaml", part)
    asked = plan(study)
    assert sum(map(len, asked.grounds)) + len(study.variants) > 1 or study.sensitivity is not None
    assert all(list(getattr(study, key) or [1]) for key in part)


def test_the_columns_are_named(root: Path) -> None:
    empty = flexsite.load(root / "data" / "small" / "study.yaml")
    for columns in (SWEEP, TORNADO, weights_table(empty, empty_suitability()).columns):
        assert all(f"`{column}`" in TEXT for column in columns if column not in {"site_id", "profile"})
    assert f"at most {MOST_POINTS:,}" in TEXT.replace("\n", " ")


def empty_suitability() -> Any:
    from flexsite.outputs.tables import EMPTY_SUITABILITY

    return EMPTY_SUITABILITY


def test_the_spread_that_the_document_gives() -> None:
    shares = draw([25, 75], Weights(draws=100_000, concentration=50), "x")[:, 0] / PARTS
    low, high = np.quantile(shares, [0.05, 0.95])
    assert f"between {100 * low:.0f} and {100 * high:.0f} %" in TEXT.replace("\n", " ")


def test_the_figures_are_there() -> None:
    named = re.findall(r"`(\w+)`", TEXT[TEXT.index("gives SVG text") :].split(".")[0])
    assert len(named) == 6
    assert all(callable(getattr(plots, name)) for name in named)
