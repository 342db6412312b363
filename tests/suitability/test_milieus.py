"""A flexmilieu among its groups: the sites they share, the mean of their scores, the kinds they all accept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.rulebook import flexmilieu_ids, profile_ids

from .groups import KINDS, judged, sites, study


def plain_kinds(*kinds: str) -> dict[str, Any]:
    """Candidates of several kinds that ask nothing themselves."""
    also = [{"layer": "parcels", "kind": kind, "prefix": kind} for kind in kinds if kind != "land"]
    own = [{"id": kind, "capacity": {"method": "ground"}} for kind in kinds if kind != "land"]
    return {"candidates": {"layer": "parcels", "also": also}, "kinds": own}


def free(tree: dict[str, Any]) -> dict[str, Any]:
    return tree | {"homes": {"min": 0}}


@given(
    st.lists(st.sampled_from(profile_ids()), min_size=1, max_size=4, unique=True),
    st.integers(0, 30),
    st.data(),
)
@settings(max_examples=40, deadline=None)
def test_its_sites_are_those_of_all_its_groups(groups: list[str], seed: int, data: Any) -> None:
    parts = data.draw(st.lists(st.integers(1, 9), min_size=len(groups), max_size=len(groups)))
    shares = {name: part / sum(parts) for name, part in zip(groups, parts, strict=True)}
    bundle = free({"id": "bundle", "groups": shares})
    each = [free({"id": f"g_{name}", "extends": name}) for name in groups]
    ground = sites(seed, 150)
    ground["kind"] = np.array(KINDS)[np.arange(len(ground)) % len(KINDS)]
    found = study(*each, bundle, **plain_kinds(*KINDS))
    *of_groups, whole = judged(found, ground)
    expected = np.logical_and.reduce([verdict.table["suitable"].to_numpy() for verdict in of_groups])
    assert (whole.table["suitable"].to_numpy() == expected).all()
    if any(profile.criteria and any(c.weight for c in profile.criteria.values()) for profile in found.profiles[:-1]):
        here = expected
        mean = sum(
            (shares[name] * verdict.table["score"].to_numpy()[here]
             for name, verdict in zip(groups, of_groups, strict=True)), start=np.zeros(int(here.sum())),
        )  # fmt: skip
        assert np.abs(whole.table["score"].to_numpy()[here] - mean).max(initial=0) <= 1.0


@pytest.mark.parametrize("milieu", flexmilieu_ids())
def test_every_built_in_milieu_asks_no_less_than_each_of_its_groups(milieu: str) -> None:
    bundle = study(milieu).profiles[0]
    assert bundle.groups is not None
    found = study(*(free({"id": f"g_{name}", "extends": name}) for name in bundle.groups), milieu)
    *of_groups, whole = judged(found, sites(5, 600))
    for verdict in of_groups:
        assert not (whole.table["suitable"] & ~verdict.table["suitable"]).any()
    assert whole.table["suitable"].any()


class TestKinds:
    def ground(self) -> Any:
        ground = sites(3)
        ground["kind"] = np.array(["land", "farm_yard"])[np.arange(len(ground)) % 2]
        return ground

    def test_a_kind_that_a_group_refuses_fails_before_anything_else(self) -> None:
        here = {"id": "only_land", "kinds": ["land"], "unit": {"homes_per_ha": 30}}
        every = {"id": "every", "unit": {"homes_per_ha": 30}}
        found = study(here, every, **plain_kinds("land", "farm_yard"))
        first, second = judged(found, self.ground())
        assert [step.rule for step in first.steps] == ["available", "kind", "term", "homes.min"]
        assert [step.rule for step in second.steps] == [step.rule for step in first.steps]
        yard = self.ground()["kind"] == "farm_yard"
        assert first.table["failed"].str.split(";").str[0].eq("kind").tolist() == yard.tolist()
        assert not first.table["suitable"][yard].any()
        assert first.table["suitable"][~yard].any()
        assert second.table["suitable"][yard].any()
        assert int(first.steps[1].sites.sum()) == (~yard).sum()

    def test_where_nobody_refuses_a_kind_there_is_no_such_step(self) -> None:
        found = study({"id": "a", "kinds": ["land"], "unit": {"homes_per_ha": 30}})
        assert [step.rule for step in judged(found, sites(3))[0].steps] == ["available", "term", "homes.min"]
