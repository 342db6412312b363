"""How many of the numbers behind a study are assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexsite.study.kinds import kinds_in_use

if TYPE_CHECKING:
    from flexsite.study.models import Study

ASSUMED = (None, "assumption", "verify")
"""Certainties that make a number an assumption; one without any is one too."""


def assumptions(study: Study) -> tuple[int, int]:
    """Count the numbers of profiles, kinds of sites and rules of the library that are assumptions, and all of them.

    A number without a certainty counts as an assumption. Of the rules only those of the library are counted, tested or
    not: what a study writes itself needs no excuse.
    """
    certainties = [certainty for profile in study.profiles for certainty in profile.certainties()]
    certainties += [certainty for kind in kinds_in_use(study) for certainty in kind.certainties()]
    rules = [*study.rules, *(one.rule for one in study.untested)]
    certainties += [rule.certainty for rule in rules if rule.library is not None]
    return sum(certainty in ASSUMED for certainty in certainties), len(certainties)
