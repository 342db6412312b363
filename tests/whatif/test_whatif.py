"""The table behind what-if, against runs of the study as it would then be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import flexsite
from flexsite import cli
from flexsite.availability import exact
from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.errors import InputError
from flexsite.study.loading import resolve
from flexsite.study.models import Study
from flexsite.study.yaml_source import Document
from flexsite.whatif import WhatIf, as_text, what_if

STUDY = "data/small/study.yaml"
FIGURES = ["candidates", "area_ha", "removed_ha", "touched_ha", "only_ha", "unknown_ha"]


@pytest.fixture(scope="module")
def study(root: Path) -> Study:
    return flexsite.load(root / STUDY, {"profiles": [], "outputs": ["parquet"]})


@pytest.fixture(scope="module")
def found(study: Study) -> WhatIf:
    return what_if(study)


def run_with(study: Study, rules: list[str]) -> pd.DataFrame:
    """The waterfall of availability of a run with these rules in this order."""
    tree = dict(study.tree)
    by_id = {rule["id"]: rule for rule in tree["rules"]}
    tree |= {"rules": [by_id[name] for name in rules]}
    changed = resolve(tree, Document(study.path, None, {}), {})
    table = flexsite.run(changed).waterfall
    return table[(table["stage"] == "availability") & (table["rule"] != "min_size")].reset_index(drop=True)


def assert_equal(mine: pd.DataFrame, runs: pd.DataFrame) -> None:
    mine = mine.iloc[:-1].reset_index(drop=True)
    assert mine["rule"].tolist() == runs["rule"].tolist()
    for name in FIGURES:
        left, right = mine[name].to_numpy(dtype=float), runs[name].to_numpy(dtype=float)
        # Each candidate is rounded to 0.01 m2, here from the table and there from geometry.
        np.testing.assert_allclose(left, right, atol=2e-5, rtol=0, err_msg=name)


def test_the_study_as_it_is_equals_its_run(study: Study, found: WhatIf) -> None:
    assert_equal(found.waterfall(), run_with(study, [rule.id for rule in study.rules]))


def test_rules_off_equal_a_run_without_them(study: Study, found: WhatIf) -> None:
    off = [rule.id for rule in study.rules if rule.effect == "exclude"][:2]
    assert_equal(found.waterfall(off=off), run_with(study, [rule.id for rule in study.rules if rule.id not in off]))


def test_another_order_equals_a_run_in_that_order_and_leaves_the_same(study: Study, found: WhatIf) -> None:
    turned = [rule.id for rule in study.rules][::-1]
    assert_equal(found.waterfall(order=turned), run_with(study, turned))
    assert found.waterfall(order=turned)["area_ha"].iloc[-2] == pytest.approx(found.waterfall()["area_ha"].iloc[-2])


def test_rules_left_out_of_an_order_follow_in_the_order_of_the_study(study: Study, found: WhatIf) -> None:
    names = [rule.id for rule in study.rules]
    assert found.waterfall(order=[names[3]])["rule"].tolist()[1:-1] == [names[3], *names[:3], *names[4:]]


def test_a_smallest_area_counts_candidates_that_keep_so_much(found: WhatIf) -> None:
    areas = found.areas()
    for least in (0.0, 2500.0, 40_000.0):
        enough = areas["left_m2"][(areas["left_m2"] > 0) & (areas["left_m2"] >= least)]
        last = found.waterfall(min_area=least).iloc[-1]
        assert (last["rule"], last["candidates"]) == ("min_area", len(enough))
        assert last["area_ha"] == pytest.approx(enough.sum() / 1e4, abs=1e-6)


def test_areas_add_up_per_candidate(study: Study, found: WhatIf) -> None:
    areas = found.areas()
    taken = areas[[rule.id for rule in study.rules]].sum(axis=1)
    np.testing.assert_allclose(areas["area_m2"] - taken, areas["left_m2"], atol=1e-6)
    assert (taken > 0).any() and (areas["left_m2"] > 0).any()


def test_it_is_kept_and_only_what_a_change_touches_is_swept_again(study: Study, root: Path) -> None:
    rule = next(one for one in study.rules if one.effect == "exclude" and one.buffer > 0)
    changes: dict[str, Any] = {"profiles": [], "outputs": ["parquet"], f"rules.{rule.id}.buffer": rule.buffer + 2}
    other = flexsite.load(root / STUDY, changes)
    with Cache.temporary() as cache, patch.object(exact, "combinations", wraps=exact.combinations) as swept:
        first = what_if(study, Crew(1, cache))
        assert len(swept.call_args.args[0]) == len(first.ids)
        swept.reset_mock()
        again = what_if(study, Crew(1, cache))
        assert swept.call_count == 0
        changed = what_if(other, Crew(1, cache))
        assert 0 < len(swept.call_args.args[0]) < len(first.ids)
    pd.testing.assert_frame_equal(again.waterfall(), first.waterfall())
    fresh = what_if(other)
    pd.testing.assert_frame_equal(changed.waterfall(), fresh.waterfall())
    assert np.array_equal(changed.table.area, fresh.table.area) and np.array_equal(changed.table.mask, fresh.table.mask)
    assert not changed.waterfall().equals(first.waterfall())


def test_an_unknown_rule_is_refused_with_those_there_are(found: WhatIf) -> None:
    with pytest.raises(InputError, match=r"no rule 'noisy'.*noise"):
        found.waterfall(off=["noisy"])


def test_more_rules_than_a_table_tells_apart_are_refused(study: Study) -> None:
    many = study.model_copy(update={"rules": list(study.rules) * 4})
    with pytest.raises(InputError, match=re.escape("rules are more than one table tells apart")):
        what_if(many)


def test_the_command_prints_the_table(root: Path, study: Study, found: WhatIf) -> None:
    off = study.rules[0].id
    answer = CliRunner().invoke(cli.app, ["whatif", str(root / STUDY), "--off", off, "--min-area", "5000"])
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.rstrip("\n") == as_text(found.rows(off=[off], min_area=5000))
    assert off not in answer.stdout.split()


def test_a_question_again_needs_no_table_library(root: Path, tmp_path: Path) -> None:
    """Loading pandas takes longer than the answer."""
    code = """
        import sys
        from flexsite.cli import main

        sys.argv = ["flexsite", "whatif", sys.argv[1], "--off", "use"]
        try:
            main()
        finally:
            print(sorted({"pandas", "geopandas", "numba"} & set(sys.modules)), file=sys.stderr)
    """
    study = str(root / "data" / "small" / "study.yaml")
    surroundings = {**os.environ, "FLEXSITE_CACHE": str(tmp_path)}
    for loaded in (r"'pandas'\]", r"\[\]"):
        command = [sys.executable, "-c", textwrap.dedent(code), study]
        said = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True)
        assert re.search(loaded + r"\n$", said.stderr) and "min_area" in said.stdout


def test_text_is_aligned_and_says_hectares_with_two_decimals() -> None:
    rows: list[dict[str, str | int | float]] = [{"rule": "start", "n": 1200, "ha": 3.0}, {"rule": "b", "n": 7}]
    assert as_text(rows).splitlines() == [" rule      n    ha", "start  1,200  3.00", "    b      7"]
