"""How places count less the further away they are.

Sources
-------
halving : exponential decay, exp(-b d) with b = ln 2 / halving; Wilson (1971), "A family of spatial interaction models",
    Environment and Planning 3. Written by its half-life so that the number can be understood.
power : d^-power; Hansen (1959), "How accessibility shapes land use", Journal of the American Institute of Planners 25.
    It has no limit at d = 0, so places nearer than `least` count as at `least`.
logistic : 1 / (1 + exp((d - middle) / spread)); a soft cut-off, as fitted to trips in Geurs and Ritsema van Eck (2001),
    "Accessibility measures: review and applications", RIVM report 408505 006.
"""

from __future__ import annotations

import numpy as np

from flexsite.access.streets.model import FloatArray
from flexsite.study.access import Decay

_STEEPEST = 700.0  # exponent above which a weight is 0: what a float64 can hold


def weights(decay: Decay, metres: FloatArray) -> FloatArray:
    """How much a place counts at a distance.

    Parameters
    ----------
    decay
        The form and its parameters, metres.
    metres
        (k,) distances, 0 or more.

    Returns
    -------
    (k,) weights: 0..1 for halving and logistic, at most `least`^-power for power.

    Examples
    --------
    >>> weights(Decay(halving=500), np.array([0.0, 500.0, 1000.0])).tolist()
    [1.0, 0.5, 0.25]
    >>> weights(Decay(power=2, least=10), np.array([0.0, 10.0, 100.0])).round(12).tolist()
    [0.01, 0.01, 0.0001]
    >>> weights(Decay(middle=400, spread=50), np.array([400.0])).tolist()
    [0.5]
    """
    if decay.halving is not None:
        return np.asarray(np.exp2(-np.asarray(metres, float) / decay.halving))
    if decay.power is not None:
        return np.asarray(np.maximum(metres, decay.least) ** -decay.power)
    exponent = (np.asarray(metres, float) - (decay.middle or 0.0)) / decay.spread
    return np.asarray(1.0 / (1.0 + np.exp(np.minimum(exponent, _STEEPEST))))
