"""What kinds of sites say of each site: the columns they need, and what must be weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.candidates.needed import Values, known, met
from flexsite.study.kinds import kind_of

if TYPE_CHECKING:
    from flexsite.availability.finding import Available
    from flexsite.candidates import Candidates
    from flexsite.study.kind import KindMark
    from flexsite.study.models import Study


def kind_columns_of(found: Available, candidates: Candidates, study: Study) -> dict[str, Values]:
    """The columns that kinds need, a value per site.

    A quantity of the whole candidate, such as its floor area, is divided over its sites by area, and what rules took of
    it is gone.
    """
    owner = found.sites.candidate
    kinds = candidates.kinds[owner]
    share = found.sites.area_m2 / found.ground.start_m2[owner]
    columns = {name: values[owner] for name, values in candidates.columns.items()}
    for name in dict.fromkeys(kinds.tolist()):
        rows = np.flatnonzero(kinds == name)
        for column, need in kind_of(study, name).needs.items():
            if need.divided:
                columns[column][rows] = columns[column][rows] * np.minimum(share[rows], 1.0)
    return columns


def with_kind_marks(
    marks: NDArray[np.object_], kinds: NDArray[np.object_], columns: dict[str, Values], study: Study
) -> NDArray[np.object_]:
    """Marks of rules, joined by `;`, with those of the kinds behind them.

    Parameters
    ----------
    marks, kinds, columns
        Per site: its marks, its kind, and what its kind needs.
    """
    result = marks.copy()
    for name in dict.fromkeys(kinds.tolist()):
        rows = np.flatnonzero(kinds == name)
        some = {column: columns[column][rows] for column in kind_of(study, name).needs}
        for mark in kind_of(study, name).marks:
            for row in rows[_holds(mark, some, len(rows))]:
                result[row] = f"{result[row]};{mark.id}" if result[row] else mark.id
    return result


def _holds(mark: KindMark, columns: dict[str, Values], count: int) -> NDArray[np.bool_]:
    """Where a mark holds: always, where the first condition whose column is known holds, or where nothing is known."""
    if mark.when is None and mark.missing is None:
        return np.ones(count, dtype=bool)
    result, open_ = np.zeros(count, dtype=bool), np.ones(count, dtype=bool)
    for condition in mark.when or []:
        values = columns[condition.column]
        result |= open_ & met(condition, values)
        open_ &= ~known(values)
    if mark.missing is not None:
        result |= ~np.logical_or.reduce([known(columns[name]) for name in mark.missing])
    return result


__all__ = ["kind_columns_of", "with_kind_marks"]
