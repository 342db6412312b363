"""Ranks under drawn weights: fair where criteria are alike, certain where one decides, the same for the same seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import flexsite
from flexsite.outputs.result import Result
from flexsite.sensitivity import weighing
from flexsite.sensitivity.weighing import PARTS, draw, rank, stability
from flexsite.study.sensitivity import Weights
from tests.outputs.helpers import PROFILE, run, world

COLUMNS = ["site_id", "profile", "rank", "top10", "top50", "top10pct", "rank_p05", "rank_p50", "rank_p95"]


def ranks_of(values: Any, draws: Any) -> np.ndarray[Any, Any]:
    table = np.asarray(values, dtype=np.uint8)
    made = np.zeros((len(draws), table.shape[1]), dtype=np.uint32)
    rank(table, np.asarray(draws, dtype=np.uint32), made)
    return made


def brute(values: Any, draws: Any) -> list[list[int]]:
    """Ranks by sorting exact sums, ties by place."""
    found = []
    for weights in np.asarray(draws).tolist():
        sums = [sum(w * v for w, v in zip(weights, site, strict=True)) for site in np.asarray(values).T.tolist()]
        order = sorted(range(len(sums)), key=lambda site: (-sums[site], site))
        found.append([order.index(site) + 1 for site in range(len(sums))])
    return found


@st.composite
def cases(draw_: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    criteria, sites = draw_(st.integers(1, 4)), draw_(st.integers(1, 12))
    row = st.lists(st.integers(0, 100), min_size=sites, max_size=sites)
    values = draw_(st.lists(row, min_size=criteria, max_size=criteria))
    weights = st.lists(st.integers(0, PARTS // criteria), min_size=criteria, max_size=criteria)
    return values, draw_(st.lists(weights, min_size=1, max_size=5))


@settings(deadline=None)  # the first call compiles
@given(cases())
def test_ranks_equal_brute_force(case: tuple[list[list[int]], list[list[int]]]) -> None:
    values, draws = case
    assert ranks_of(values, draws).tolist() == brute(values, draws)


def test_many_sites_equal_a_sort_by_numpy() -> None:
    source = np.random.default_rng(1)
    values = source.integers(0, 101, (5, 30_000)).astype(np.uint8)
    values[:, 100:300] = values[:, :1]  # ties
    draws = draw([50, 20, 20, 5, 5], Weights(draws=30), "tester")
    for weights, found in zip(draws.astype(np.int64), ranks_of(values, draws), strict=True):
        order = np.lexsort((np.arange(values.shape[1]), -(weights @ values.astype(np.int64))))
        assert (np.argsort(order) + 1 == found).all()


class TestDraws:
    def test_the_mean_is_what_is_given_and_the_spread_follows_the_concentration(self) -> None:
        for concentration in (3.0, 30.0, 300.0):
            shares = draw([60, 30, 10], Weights(draws=50_000, concentration=concentration), "a") / PARTS
            given_shares = np.array([0.6, 0.3, 0.1])
            spread = np.sqrt(given_shares * (1 - given_shares) / (concentration + 1))
            assert np.abs(shares.mean(axis=0) - given_shares).max() < 5 * spread.max() / np.sqrt(50_000)
            assert shares.std(axis=0) == pytest.approx(spread, rel=0.03)
            assert shares.sum(axis=1) == pytest.approx(1, abs=1e-6)

    def test_equal_weights_with_their_number_as_concentration_are_uniform(self) -> None:
        """Of the uniform Dirichlet over k parts, a share exceeds x with probability (1 - x)^(k - 1)."""
        for criteria in (2, 3, 5):
            shares = draw([20] * criteria, Weights(draws=40_000), "a") / PARTS
            for x in (0.1, 0.3, 0.6):
                expected = (1 - x) ** (criteria - 1)
                error = np.sqrt(expected * (1 - expected) / 40_000)
                assert np.abs((shares > x).mean(axis=0) - expected).max() < 4.5 * error

    def test_a_seed_and_a_profile_have_draws_of_their_own(self) -> None:
        first = draw([50, 50], Weights(), "a")
        assert (draw([50, 50], Weights(), "a") == first).all()
        assert (draw([50, 50], Weights(seed=2), "a") != first).any()
        assert (draw([50, 50], Weights(), "b") != first).any()

    def test_small_concentrations_and_lopsided_weights_give_weights(self) -> None:
        drawn = draw([100, 1, 1], Weights(draws=2000, concentration=0.01), "a")
        assert drawn.sum(axis=1).min() > 0.99 * PARTS
        assert drawn.max() <= PARTS


class TestShares:
    @pytest.mark.parametrize("criteria", [2, 3, 5])
    def test_with_criteria_alike_every_site_is_as_often_at_every_rank(self, criteria: int) -> None:
        """Sites that each are the best on one criterion and nothing on the others: chi-square over their ranks.

        Bounds are the 99.9 % quantiles of the chi-square distribution with (k - 1) degrees of freedom; a draw gives
        each rank once.
        """
        draws = draw([40] * criteria, Weights(draws=5000), "tester")
        ranks = ranks_of(100 * np.eye(criteria, dtype=int), draws)
        bound = {2: 10.83, 3: 13.82, 5: 18.47}[criteria]
        for site in range(criteria):
            counts = np.bincount(ranks[:, site], minlength=criteria + 1)[1:]
            expected = 5000 / criteria
            assert ((counts - expected) ** 2 / expected).sum() < bound

    def test_draws_that_are_symmetric_give_shares_that_are_equal_exactly(self) -> None:
        """Each draw with all its rotations: no criterion is before another."""
        some = draw([40] * 3, Weights(draws=500), "tester")
        draws = np.concatenate([np.roll(some, turn, axis=1) for turn in range(3)])
        values = np.repeat(100 * np.eye(3, dtype=np.uint8), 20, axis=1)
        values[:, ::2] //= 2
        found = stability(values, draws)
        per_criterion = found["top10"].reshape(3, 20).sum(axis=1)
        assert per_criterion == pytest.approx(10 / 3)
        assert found["top10pct"].sum() == pytest.approx(6)
        assert found["top50"].sum() == pytest.approx(50)

    def test_what_one_criterion_decides_is_certain(self) -> None:
        values = np.array([[10, 90, 50], [100, 0, 100], [100, 0, 100]], dtype=np.uint8)
        found = stability(values, draw([100, 1, 1], Weights(draws=2000, concentration=2000), "tester"))
        assert found["top10pct"].tolist() == [0, 1, 0]
        for name in ("rank_p05", "rank_p50", "rank_p95"):
            assert found[name].tolist() == [3, 1, 2]
        alone = stability(values[:1], draw([7], Weights(draws=50), "tester"))
        assert alone["top10pct"].tolist() == [0, 1, 0]

    def test_a_site_better_in_everything_is_never_behind(self) -> None:
        source = np.random.default_rng(2)
        values = source.integers(0, 90, (4, 500)).astype(np.uint8)
        values[:, 7] = values.max(axis=1) + 1
        values[:, 9] = 0
        values[:, 10:] += 1
        found = stability(values, draw([10, 20, 30, 40], Weights(draws=300), "tester"))
        assert (found["top10"][7], found["rank_p95"][7]) == (1, 1)
        assert (found["top50"][9], found["rank_p05"][9]) == (0, 500)

    def test_shares_and_quantiles_by_hand(self) -> None:
        """Two criteria and four draws: the second site is before the first when its criterion has more weight."""
        draws = np.array([[3, 1], [1, 3], [2, 2], [4, 0]], dtype=np.uint32) * (PARTS // 4)
        values = np.array([[100, 0] + [0] * 10, [0, 100] + [0] * 10], dtype=np.uint8)
        found = stability(values, draws)
        assert found["top10pct"].tolist() == [1, 1, *[0] * 10]  # two of twelve, rounded up
        assert found["top10"].tolist() == [*[1] * 10, 0, 0]
        # Ranks of the first: 1, 2, 1 (a tie), 1; of the second: 2, 1, 2, 2. Of four draws the first is 5 %, the second
        # 50 %, the fourth 95 %.
        assert [found[name][:2].tolist() for name in ("rank_p05", "rank_p50", "rank_p95")] == [[1, 1], [1, 2], [2, 2]]

    def test_half_of_two_draws_is_one(self) -> None:
        draws = np.array([[1, 0], [0, 1]], dtype=np.uint32) * PARTS
        found = stability(np.array([[100, 0], [0, 100]], dtype=np.uint8), draws)
        assert {name: found[name].tolist() for name in weighing.QUANTILES} == {
            "rank_p05": [1, 1], "rank_p50": [1, 1], "rank_p95": [2, 2],
        }  # fmt: skip

    def test_no_site_and_one_site(self) -> None:
        draws = draw([50, 50], Weights(draws=5), "tester")
        assert all(not len(column) for column in stability(np.zeros((2, 0), np.uint8), draws).values())
        one = stability(np.zeros((2, 1), np.uint8), draws)
        assert {name: column.tolist() for name, column in one.items()} == {name: [1] for name in one}

    def test_ranks_in_a_file_are_those_in_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        values = np.random.default_rng(3).integers(0, 101, (3, 9000)).astype(np.uint8)
        draws = draw([50, 30, 20], Weights(draws=40), "tester")
        inside = stability(values, draws)
        monkeypatch.setattr(weighing, "IN_MEMORY", 0)
        outside = stability(values, draws)
        assert all((inside[name] == outside[name]).all() for name in inside)


TWO = {
    **PROFILE,
    "requires": {},
    "criteria": {
        "stop": {"measure": "stop", "best": 0, "worst": 700, "weight": 30},
        "size": {"column": "area_m2", "best": 10_000, "worst": 0, "weight": 30},
        "nothing": {"column": "area_m2", "best": 0, "worst": 10_000, "weight": 0},
    },
}
OTHER = {"id": "other", "unit": {"homes_per_ha": 10}}


def weighed(folder: Path, **keys: Any) -> Result:
    spec = keys.pop("weights", {})
    return run(world(folder, sensitivity={"weights": spec}, **{"profiles": [TWO], **keys}))


class TestTable:
    def test_it_has_the_suitable_sites_and_their_rank(self, tmp_path: Path) -> None:
        result = weighed(tmp_path)
        table = result.tables["weights"]
        suitable = result.suitability[result.suitability["suitable"]].reset_index(drop=True)
        assert list(table.columns) == COLUMNS
        assert_frame_equal(table[["site_id", "profile", "rank"]], suitable[["site_id", "profile", "rank"]],
                           check_dtype=False)  # fmt: skip
        assert table["top10"].tolist() == [1.0] * 4
        # K1 is nearest and whole. The others trade: K2 is half a hectare at 250 m (values 64, 50), K4 whole at 650 m
        # (7, 100), K3 0.7 ha at 480 m (31, 70).
        assert table["top10pct"].tolist() == [1.0, 0, 0, 0]
        assert table["rank"].tolist() == [1, 2, 4, 3]
        assert (table["rank_p05"] <= table["rank_p50"]).all() and (table["rank_p50"] <= table["rank_p95"]).all()
        assert table["rank_p95"].tolist()[0] == 1 and table["rank_p95"].max() == 4

    def test_a_probability_by_hand(self, tmp_path: Path) -> None:
        """K2 is before K4 when w * 64 + (1 - w) * 50 >= w * 7 + (1 - w) * 100, w the weight of the stop: uniform.

        That is w > 50 / 107.
        """
        result = weighed(tmp_path, weights={"draws": 20_000})
        values = result.suitability.set_index("site_id")[["v_stop", "v_size"]]
        assert values.loc[["K2", "K4"]].to_numpy().tolist() == [[64, 50], [7, 100]]
        draws = draw([30, 30], Weights(draws=20_000), "tester")
        ranks = ranks_of(values.to_numpy(dtype=int).T, draws)
        ahead = (ranks[:, 1] < ranks[:, 3]).mean()
        assert ahead == pytest.approx(1 - 50 / 107, abs=4 * np.sqrt(0.25 / 20_000))

    def test_the_same_bytes_for_the_same_seed_whatever_the_threads(self, tmp_path: Path) -> None:
        path = world(tmp_path, sensitivity={"weights": {"draws": 200}}, profiles=[TWO])
        for name, workers in (("one", 1), ("two", 3)):
            flexsite.run(flexsite.load(path), workers=workers).write(tmp_path / name)
        assert (tmp_path / "one" / "weights.parquet").read_bytes() == (
            tmp_path / "two" / "weights.parquet"
        ).read_bytes()
        changes = [{"sensitivity.weights": {"draws": 3, "seed": seed}} for seed in range(6)]
        tables = [flexsite.run(flexsite.load(path, change)).tables["weights"] for change in changes]
        assert not all(table.equals(tables[0]) for table in tables)

    def test_another_profile_changes_nothing(self, tmp_path: Path) -> None:
        alone = weighed(tmp_path).tables["weights"]
        more = {**TWO, "id": "more"}
        both = weighed(tmp_path, profiles=[more, TWO]).tables["weights"]
        assert_frame_equal(both[both["profile"] == "tester"].reset_index(drop=True), alone)
        theirs = both[both["profile"] == "more"].reset_index(drop=True)
        assert theirs["rank"].equals(alone["rank"])

    def test_profiles_without_weights_are_left_out_and_named(self, tmp_path: Path) -> None:
        result = weighed(tmp_path, profiles=[OTHER, TWO])
        assert result.tables["weights"]["profile"].unique().tolist() == ["tester"]
        assert "1 profiles have no weights to draw: other" in result.warnings
        none = weighed(tmp_path, profiles=[OTHER]).tables["weights"]
        assert list(none.columns) == COLUMNS and not len(none)

    def test_no_suitable_site(self, tmp_path: Path) -> None:
        table = weighed(tmp_path, profiles=[{**TWO, "homes": {"min": 10_000}}]).tables["weights"]
        assert list(table.columns) == COLUMNS and not len(table)

    def test_many_draws_around_the_given_weights_give_the_given_ranks(self, tmp_path: Path) -> None:
        table = weighed(tmp_path, weights={"concentration": 1e8}).tables["weights"]
        for name in ("rank_p05", "rank_p50", "rank_p95"):
            assert table[name].tolist() == table["rank"].tolist()
