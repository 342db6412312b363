"""Every search against a walk through all events, on days full of trouble; and the searches against each other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from flexsite.access.transit import router as room
from flexsite.access.transit.joining import REPORTS, STATISTICS, Journeys, Origins, join
from flexsite.access.transit.plain import summary
from flexsite.access.transit.profile import Coding, profiles
from flexsite.access.transit.raptor import NEVER
from flexsite.access.transit.router import Router
from flexsite.geometry import WORKERS
from tests.transit.days import Case, big_day, cases, footpaths_of, legs_of
from tests.transit.oracle import Events

MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def whole(ways: dict[int, float]) -> dict[int, int]:
    return {stop: int(metres) for stop, metres in ways.items()}


def matrix(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Seconds and changes (origins, departures, lanes), infinite where there is no journey."""
    events, columns = Events(case.day, case.ways), max(case.lanes) + 1
    seconds = np.full((len(case.origins), len(case.departures), columns), np.inf)
    changes = seconds.copy()
    for o, ways in enumerate(case.origins):
        for i, departure in enumerate(case.departures):
            start = {stop: departure + walk for stop, walk in whole(ways).items()}
            for k in range(columns):
                if case.direct and (walk := case.direct[o][k]) is not None and walk <= case.limit:
                    seconds[o, i, k], changes[o, i, k] = walk, 0
                for lane, place in zip(case.lanes, case.places, strict=True):
                    best = events.fastest(start, whole(place), departure + case.limit) if lane == k else None
                    if best and (best[0] - departure, best[1] - 1) < (seconds[o, i, k], changes[o, i, k]):
                        seconds[o, i, k], changes[o, i, k] = best[0] - departure, best[1] - 1
    return seconds, changes


def router_of(case: Case) -> Router:
    return Router.of(case.day, footpaths_of(case.ways, len(case.day.stops)), case.limit)


def direct_of(case: Case) -> np.ndarray | None:
    return None if case.direct is None else np.array(case.direct, float)


def travel(case: Case, statistic: str, *, report: tuple[str, ...] = REPORTS) -> Journeys:
    return router_of(case).travel(
        legs_of(case.origins), legs_of(case.places), case.departures, statistic,
        report=report, lanes=np.array(case.lanes, np.int32), direct=direct_of(case),
    )  # fmt: skip


def compare(case: Case, ask: Callable[..., Journeys]) -> None:
    seconds, changes = matrix(case)
    for statistic in STATISTICS:
        got = ask(case, statistic)
        for o in range(len(case.origins)):
            np.testing.assert_array_equal(got.seconds[o], summary(seconds[o], statistic))
    there = np.isfinite(seconds)
    np.testing.assert_array_equal(got.share, there.mean(axis=1))
    last = np.where(there, np.array(case.departures)[:, None], -np.inf).max(axis=1)
    np.testing.assert_array_equal(got.last, np.where(np.isfinite(last), last, np.nan))
    for o in range(len(case.origins)):
        np.testing.assert_array_equal(got.changes[o], summary(changes[o], "median"))


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FEW", -1)


@MANY
@given(case=cases())
def test_plain_journeys_are_those_of_the_events(case: Case) -> None:
    compare(case, travel)


def by_profile(case: Case, statistic: str) -> Journeys:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "FEW", -1)
        return travel(case, statistic)


@MANY
@given(case=cases())
def test_profiles_are_the_journeys_of_the_events(case: Case) -> None:
    compare(case, by_profile)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "FEW", -1)  # narrow numbers, without changes
        narrow = travel(case, "median", report=("share",))
    wide = by_profile(case, "median")
    np.testing.assert_array_equal(narrow.seconds, wide.seconds)
    np.testing.assert_array_equal(narrow.share, wide.share)
    assert len(narrow.last) == len(narrow.changes) == 0


@MANY
@given(case=cases())
def test_raptor_gets_off_where_the_events_do(case: Case) -> None:
    router, events = router_of(case), Events(case.day, case.ways)
    departure, origins = case.departures[0], legs_of(case.origins)
    stops = len(case.day.stops)
    expected = np.full((len(case.origins), stops), NEVER)
    values, total = 2.0 ** np.arange(stops), np.zeros(len(case.origins))
    for o, ways in enumerate(case.origins):
        latest = departure + case.limit
        start = {stop: departure + walk for stop, walk in whole(ways).items()}
        reached = {stop for stop, second in start.items() if second <= latest}
        for stop, second in events.arrivals(start, latest).items():
            expected[o, stop] = second
            reached |= {stop} | {w for (v, w), walk in case.ways.items() if v == stop and second + walk <= latest}
        total[o] = values[sorted(reached)].sum()
    for few in (-1, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(room, "FEW", few)
            np.testing.assert_array_equal(router.arrivals(origins, departure, case.limit), expected)
            np.testing.assert_array_equal(router.totals(origins, departure, case.limit, values), total)


@MANY
@given(case=cases())
def test_a_journey_adds_up_to_the_fastest_with_the_fewest_changes(case: Case) -> None:
    router, (seconds, changes) = router_of(case), matrix(case)
    origins, places = legs_of(case.origins), legs_of(case.places)
    rides = {
        (int(case.day.stop[e]), int(case.day.depart[e]), int(case.day.stop[e + 1]), int(case.day.arrive[e + 1]))
        for e in range(len(case.day.stop) - 1)
    }
    for o in range(len(case.origins)):
        for i, departure in enumerate(case.departures):
            for k in range(max(case.lanes) + 1):
                wanted = [place for place, lane in enumerate(case.lanes) if lane == k]
                walk = case.direct[o][k] if case.direct else None
                steps = router.journey(
                    origins, o, places, wanted, departure, None if walk is None else (walk, float(walk))
                )
                if not np.isfinite(seconds[o, i, k]):
                    assert steps == []
                    continue
                assert steps[0].depart == departure and steps[-1].arrive == departure + seconds[o, i, k]
                assert steps[0].from_stop == steps[-1].to_stop == -1
                assert sum(step.kind == "change" for step in steps) == changes[o, i, k]
                for one, other in itertools.pairwise(steps):
                    assert one.arrive <= other.depart
                    assert one.to_stop == other.from_stop or other.seated
                for step in steps:
                    if step.kind == "change":
                        assert step.arrive - step.depart == case.ways[step.from_stop, step.to_stop] == step.metres
                    elif step.kind == "walk":
                        assert step.arrive - step.depart == step.metres
                    else:
                        assert step.stops[0] == step.from_stop and step.stops[-1] == step.to_stop
                        if len(step.stops) == 2:
                            assert (step.from_stop, step.depart, step.to_stop, step.arrive) in rides


@MANY
@given(case=cases())
def test_places_within_a_time_are_those_whose_statistic_is(case: Case) -> None:
    each = replace(case, lanes=list(range(len(case.places))), direct=None)
    seconds, _ = matrix(each)
    router, values = router_of(case), 2.0 ** np.arange(len(case.places))
    rng = np.random.default_rng(len(case.day.stop))
    on_foot = [
        {int(k): float(rng.integers(0, 9)) for k in rng.choice(len(case.places), rng.integers(0, 2), replace=False)}
        for _ in case.origins
    ]
    for o, ways in enumerate(on_foot):
        for k, walk in ways.items():
            seconds[o, :, k] = np.minimum(seconds[o, :, k], walk if walk <= case.limit else np.inf)
    for statistic in STATISTICS:
        times = np.array([summary(some, statistic) for some in seconds])
        for limit in (3, 6, case.limit):
            expected = ((times <= limit) * values).sum(axis=1)
            for few in (-1, 10**9):
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(room, "FEW", few)
                    got = router.within(
                        legs_of(case.origins), legs_of(case.places), case.departures, limit, statistic,
                        values=values, direct=legs_of(on_foot),
                    )  # fmt: skip
                np.testing.assert_array_equal(got, expected)


def big(seed: int, places: int = 70, origins: int = 200) -> tuple[Router, Any, Any]:
    day, ways = big_day(seed)
    rng = np.random.default_rng(seed + 1000)
    near = [
        {int(stop): float(rng.integers(0, 400)) for stop in rng.integers(0, len(day.stops), rng.integers(0, 5))}
        for _ in range(origins + places)
    ]
    return Router.of(day, footpaths_of(ways, len(day.stops))), legs_of(near[:origins]), legs_of(near[origins:])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limit", [600, 1500, 3000, 7200])
@pytest.mark.usefixtures("compiled")
def test_on_a_big_day_profiles_and_raptor_agree(seed: int, limit: int) -> None:
    router, origins, places = big(seed)
    router = replace(router, limit=limit)
    departure = 1800 * seed
    by_profile = router.travel(origins, places, [departure], "min").seconds
    off = router.arrivals(origins, departure, limit).astype(float)
    off[off == NEVER] = np.inf
    by_raptor = np.full(by_profile.shape, np.inf)
    for k in range(len(places)):
        ways = slice(places.first[k], places.first[k + 1])
        if ways.stop > ways.start:
            by_raptor[:, k] = (off[:, places.stop[ways]] + places.metres[ways]).min(axis=1) - departure
    by_raptor[by_raptor > limit] = np.nan
    np.testing.assert_array_equal(by_profile, by_raptor)
    assert 0.001 * limit / 600 < np.isfinite(by_profile).mean() < 1


@pytest.mark.usefixtures("compiled")
def test_a_big_day_is_the_same_plainly_with_two_threads_and_in_wide_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    router, origins, places = big(9, places=3, origins=30)
    departures = range(600, 2400, 600)
    answers = []
    for workers in (1, 2):
        token = WORKERS.set(workers)
        monkeypatch.setattr("flexsite.access.transit.joining.CHUNK", 4096 if workers == 1 else 7)
        answers.append(router.travel(origins, places, departures, "p85", report=REPORTS))
        answers.append(router.travel(origins, places, departures, "p85", report=("share", "last")))
        WORKERS.reset(token)
    monkeypatch.setattr(room, "FEW", 10**12)
    answers.append(router.travel(origins, places, departures, "p85", report=REPORTS))
    for name in ("seconds", *REPORTS):
        for one in answers:
            if len(getattr(one, name)):
                np.testing.assert_array_equal(getattr(one, name), getattr(answers[0], name))
    assert np.nanmax(answers[0].changes) >= 2


@pytest.mark.parametrize("coding", [Coding.of(7200), Coding.of(7200, narrow=False), Coding.of(20_000)])
def test_statistics_are_those_of_numpy_on_the_whole_matrix(coding: Coding) -> None:
    router, origins, places = big(5, places=40)
    departures = np.arange(0, 3601, 60, dtype=np.int32)
    ways = Origins(origins.first, origins.stop, origins.seconds(1.0))
    lane = np.repeat(np.arange(len(places)), np.diff(places.first)).astype(np.int32)
    rides = router.connections
    for block, profile in profiles(
        rides, router.footpaths, places.stop, places.seconds(1.0), lane, len(places), coding
    ):
        none = np.empty((0, block.stop - block.start))
        columns = [
            join(profile, ways, none, departures[i : i + 1], "min", frozenset()).seconds for i in range(len(departures))
        ]
        table = np.nan_to_num(np.array(columns), nan=np.inf)
        for statistic in STATISTICS:
            got = join(profile, ways, none, departures, statistic, frozenset(REPORTS) - {"changes"})
            expected = np.array([summary(table[:, o], statistic) for o in range(len(origins))])
            np.testing.assert_array_equal(got.seconds, expected)
        np.testing.assert_array_equal(got.share, np.isfinite(table).mean(axis=0))
