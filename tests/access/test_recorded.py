"""Answers that pandana gave once on streets of Helsinki, kept in a file: it is no dependency, and was not run here."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flexsite.access.entering.snap import Entrances
from flexsite.access.reach.distance import nearest_places, total_within
from flexsite.access.streets.model import Graph

from .conftest import RD, street_file
from .test_distance import NOBODY_INSIDE

RECORDED = Path(__file__).parent / "recorded" / "pandana-0.8.json"
ROUNDING = 0.002
"""Metres: pandana keeps lengths as whole millimetres, and its answers were written down so; they are off by 1 mm."""


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def graph(recorded: dict[str, Any]) -> Graph:
    """The network as recorded: pandana was given the metres, not the geometry."""
    xy, u, v = np.column_stack([recorded["x"], recorded["y"]]), np.array(recorded["u"]), np.array(recorded["v"])
    # ends apart, as several junctions have the same place in the file
    apart = [([(2.0 * row, 0.0), (2.0 * row + 1, 0.0)],) for row in range(len(u))]
    file = dataclasses.replace(street_file(apart), node_id=np.arange(len(xy)), u=u, v=v)
    streets = dataclasses.replace(file.window(RD), length=np.array(recorded["metres"]), _graphs={})
    return streets.graph("walk")


def at(graph: Graph, nodes: list[int]) -> Entrances:
    """Entrances at junctions."""
    streets = graph.streets
    edge = np.zeros(len(streets.node_id), np.int64)
    edge[streets.v], edge[streets.u] = np.arange(len(streets)), np.arange(len(streets))
    chosen = edge[nodes]
    offset = np.where(streets.u[chosen] == nodes, 0.0, streets.length[chosen])
    return Entrances(np.arange(len(nodes)), chosen, offset, np.zeros(len(nodes)), np.zeros((len(nodes), 2)))


def test_nearest_as_pandana(graph: Graph, recorded: dict[str, Any]) -> None:
    kinds = ["few", "many"]
    found, _ = nearest_places(graph, at(graph, recorded["site"]), [at(graph, recorded[kind]) for kind in kinds],
                              len(recorded["site"]))  # fmt: skip
    for row, kind in enumerate(kinds):
        expected = np.array(recorded[f"nearest_{kind}"], float)
        assert np.isfinite(expected).sum() > 300
        np.testing.assert_allclose(found[row], expected, rtol=0, atol=ROUNDING)
        np.testing.assert_array_equal(np.isnan(found[row]), np.isnan(expected))


@pytest.mark.parametrize("within", [300, 600])
def test_counts_and_sums_as_pandana(graph: Graph, recorded: dict[str, Any], within: int) -> None:
    sites, places, count = at(graph, recorded["site"]), at(graph, recorded["many"]), len(recorded["site"])

    def total(value: Any, metres: float) -> np.ndarray:
        return total_within(graph, sites, places, np.array(value, float), count, metres, NOBODY_INSIDE)

    ones = np.ones(len(recorded["many"]))
    sure = total(ones, within - ROUNDING) == total(ones, within + ROUNDING)  # else rounding decides
    assert sure.mean() > 0.98
    np.testing.assert_array_equal(total(ones, within)[sure], np.array(recorded[f"count_{within}"])[sure])
    np.testing.assert_allclose(total(recorded["value"], within)[sure], np.array(recorded[f"sum_{within}"])[sure],
                               rtol=0, atol=1e-3)  # fmt: skip
    assert len(np.unique(recorded[f"count_{within}"])) > 5
