"""Confidential plans in a public study: of these homes, year and status are told, and nothing that names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flexsite.availability.projects import CONFIDENTIAL, PLANNED, YEAR
from flexsite.layers.plan_words import OPEN, confidentiality
from flexsite.layers.plans import DRAWN, HOMES, PROGRAMME, ROLE, STATUS

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.layers import Layers
    from flexsite.study.models import Study

_TOLD = frozenset({HOMES, YEAR, STATUS, PROGRAMME, DRAWN})
"""What may be told of any plan."""


def asked(name: str, study: Study, layers: Layers) -> tuple[str, ...]:
    """The column that says which plans are confidential, where a column of a public study could name one; else none."""
    spec = study.columns[name]
    if study.audience != "public" or study.layers[spec.layer].role != ROLE or spec.column in _TOLD:
        return ()
    return (CONFIDENTIAL,) if layers.has(spec.layer, CONFIDENTIAL) else ()


def without_names(values: NDArray[np.object_], frame: pd.DataFrame) -> NDArray[np.object_]:
    """The values of a column of plans, with a word for each text of a confidential one and nothing for other values.

    Parameters
    ----------
    values
        (n,) of the column.
    frame
        (n,) rows with the column that says which are confidential; what is not said to be open is.

    Examples
    --------
    >>> import pandas as pd
    >>> values = np.array(["A", "B", 5], dtype=object)
    >>> without_names(values, pd.DataFrame({"confidential": ["Openbaar", None, "Gemeente"]})).tolist()
    ['A', 'planned', None]
    """
    shut = [confidentiality(value).value != OPEN for value in frame[CONFIDENTIAL]]
    found: list[Any] = [PLANNED if isinstance(value, str) else None for value in values]
    kept = np.empty(len(values), dtype=object)
    kept[:] = [new if closed else value for value, new, closed in zip(values, found, shut, strict=True)]
    return kept
