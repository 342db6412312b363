"""How far sites would be judged otherwise if the boundaries of neighbourhoods were drawn elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from flexsite.geometry import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flexsite.study.boundaries import Boundaries
    from flexsite.study.models import Study

COLUMNS = {
    "measure": "str",
    "column": "str",
    "a": "str",
    "b": "str",
    "sites": "int64",
    "spearman": "float64",
    "profiles": "str",
    "line": "float64",
    "flips": "Int64",
}
"""Columns of the table and their types."""


class Line(NamedTuple):
    """What separates the better from the worse side; `above` says that higher is better, the line itself included.

    `profiles` are those whose criterion gives it, empty where the study does.
    """

    value: float
    above: bool
    profiles: str = ""

    def better(self, values: Floats) -> NDArray[np.bool_]:
        """Which values lie on the better side."""
        return values >= self.value if self.above else values <= self.value


def compare(asked: Sequence[Boundaries], values: Sequence[Mapping[str, Floats]], study: Study) -> pd.DataFrame:
    """Compare the delineations of each figure pair by pair.

    Parameters
    ----------
    asked
        What the study compares.
    values
        For each, (n,) values of the sites by delineation; NaN where not known.
    study
        Its profiles give the line where `asked` does not.

    Returns
    -------
    One row per pair of delineations and line: measure, column, a, b, sites (known in both), spearman (rank
    correlation, equal values at their mean rank; missing where fewer than two sites or only one value), profiles,
    line, flips (sites on different sides of the line; missing without a line).

    Notes
    -----
    Spearman's coefficient is Pearson's of the ranks.
    """
    rows: list[dict[str, Any]] = []
    for spec, found in zip(asked, values, strict=True):
        for (a, left), (b, right) in combinations(found.items(), 2):
            known = np.isfinite(left) & np.isfinite(right)
            one, other = left[known], right[known]
            common = {"measure": spec.measure, "column": spec.column, "a": a, "b": b, "sites": int(known.sum())}
            common["spearman"] = spearman(one, other)
            crossed = [
                {
                    "line": line.value,
                    "profiles": line.profiles,
                    "flips": int((line.better(one) != line.better(other)).sum()),
                }
                for line in lines(spec, study)
            ]
            rows += [{**common, **told} for told in crossed or [{"line": np.nan, "profiles": "", "flips": None}]]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def spearman(left: Floats, right: Floats) -> float:
    """Rank correlation of two series, equal values at their mean rank; NaN where it is not defined.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 1.0, 4.0, 3.0]))
    0.6
    >>> spearman(np.array([1.0, 2.0]), np.array([5.0, 5.0]))
    nan
    """
    if len(left) < 2 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return float("nan")
    from scipy.stats import rankdata

    one, other = rankdata(left) - (len(left) + 1) / 2, rankdata(right) - (len(right) + 1) / 2
    return round(float((one @ other) / np.sqrt((one @ one) * (other @ other))), 12)


def lines(spec: Boundaries, study: Study) -> list[Line]:
    """Where sites flip: as the study says, or in the middle of each profile's criterion on the measure."""
    if spec.threshold is not None:
        return [Line(spec.threshold, above=True)]
    if spec.best is not None and spec.worst is not None:
        return [Line((spec.best + spec.worst) / 2, above=spec.best > spec.worst)]
    found: dict[tuple[float, bool], list[str]] = {}
    for profile in study.profiles:
        for criterion in profile.criteria.values():
            if criterion.measure == spec.measure:
                middle = (criterion.best + criterion.worst) / 2, criterion.best > criterion.worst
                found.setdefault(middle, []).append(profile.id)
    return [Line(*middle, ";".join(dict.fromkeys(profiles))) for middle, profiles in found.items()]
