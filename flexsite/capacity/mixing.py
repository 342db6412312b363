"""Ordinary tenants and the group in one project."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flexsite.rulebook import mix_path
from flexsite.study.yaml_source import read

if TYPE_CHECKING:
    from flexsite.study.group import Mix

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Ordinary(NamedTuple):
    """Homes for ordinary tenants per site: at least, and at most. Parts of a home are expectations, not rounded."""

    least: Floats
    most: Floats


@cache
def mix_above() -> int:
    """Homes above which De Key mixes, the default.

    Examples
    --------
    >>> mix_above()
    80
    """
    return int(read(mix_path()).data["above"]["value"])


def ordinary(homes: Integers, mix: Mix, above: int) -> Ordinary:
    """Homes for ordinary tenants by the mix of a profile; a project of at most `above` homes may do as it likes.

    Examples
    --------
    >>> from flexsite.study.group import Mix
    >>> ordinary(np.array([133, 80]), Mix(min=0.3, max=0.5), above=80)
    Ordinary(least=array([39.9,  0. ]), most=array([66.5, 80. ]))
    """
    bound = homes > above
    least = np.where(bound, np.round(homes * mix.min, 6), 0.0)
    most = np.where(bound, np.round(homes * mix.max, 6), homes.astype(float))
    return Ordinary(least, most)
