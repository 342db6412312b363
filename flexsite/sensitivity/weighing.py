"""How firmly sites hold their rank when the weights of criteria are not known exactly.

Weights are drawn from a Dirichlet distribution around the given ones: shares that sum to one, whose mean is the given
shares. The concentration says how tightly: a share p has the standard deviation sqrt(p (1 - p) / (concentration + 1)).
With equal weights and a concentration equal to the number of criteria, every division of the weights is as likely as
any other.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexsite.geometry import WORKERS

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.profile import Profile
    from flexsite.study.sensitivity import Weights

Draws = NDArray[np.uint32]
"""(D, K) weights in parts of 2^24."""
Ranks = NDArray[np.uint32]
"""(D, N) rank of each site in each draw."""
PARTS = 1 << 24
IN_MEMORY = 256 << 20
"""Bytes of ranks that are held in memory; more lie in a file that is gone with the run."""
QUANTILES = {"rank_p05": 0.05, "rank_p50": 0.5, "rank_p95": 0.95}
_SITES = 4096
_DRAWS = 25


def weights_table(study: Study, suitability: pd.DataFrame) -> pd.DataFrame:
    """How often each suitable site is among the best, and between which ranks it moves.

    Parameters
    ----------
    suitability
        Of the study, one row per site and profile.

    Returns
    -------
    pd.DataFrame
        Per profile with weighted criteria, per suitable site: site_id, profile, rank under the given weights, share of
        draws in which it is among the best 10, 50 and 10 % (rounded up), and the rank that 5, 50 and 95 % of the draws
        do not exceed.
    """
    spec = None if study.sensitivity is None else study.sensitivity.weights
    parts = [] if spec is None else [_of_profile(profile, spec, suitability) for profile in weighed(study)]
    kinds = {"site_id": "str", "profile": "str", "rank": "int64", "top10": "float64", "top50": "float64",
             "top10pct": "float64", **dict.fromkeys(QUANTILES, "int64")}  # fmt: skip
    if not parts:
        return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})
    return pd.concat(parts, ignore_index=True).astype(kinds)


def weighed(study: Study) -> list[Profile]:
    """Profiles that have weights to draw."""
    return [profile for profile in study.profiles if any(one.weight for one in profile.criteria.values())]


def _of_profile(profile: Profile, spec: Weights, suitability: pd.DataFrame) -> pd.DataFrame:
    rows = suitability[(suitability["profile"] == profile.id) & suitability["suitable"]]
    given = {f"v_{name}": one.weight for name, one in profile.criteria.items() if one.weight}
    values = np.stack([rows[name].to_numpy(dtype=np.uint8) for name in given])
    found = stability(values, draw(list(given.values()), spec, profile.id))
    rank = rows["rank"].to_numpy(dtype=np.int64)
    return pd.DataFrame({"site_id": rows["site_id"].array, "profile": profile.id, "rank": rank, **found})


def draw(weights: list[int], spec: Weights, name: str) -> Draws:
    """Draw weights around the given ones.

    Parameters
    ----------
    weights
        Of the criteria, each above 0.
    name
        Whose they are: each profile has draws of its own, whatever profiles stand beside it.

    Examples
    --------
    >>> from flexsite.study.sensitivity import Weights
    >>> shares = draw([60, 20, 20], Weights(draws=20_000), "starter") / PARTS
    >>> shares.mean(axis=0).round(1).tolist()
    [0.6, 0.2, 0.2]
    """
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4").tolist()
    source = np.random.Generator(np.random.PCG64(np.random.SeedSequence([spec.seed, *words])))
    concentration = len(weights) if spec.concentration is None else spec.concentration
    share = np.array(weights, dtype=float) / sum(weights)
    drawn = source.dirichlet(concentration * share, size=spec.draws)
    return np.rint(drawn * PARTS).astype(np.uint32)


def stability(values: NDArray[np.uint8], draws: Draws) -> dict[str, NDArray[Any]]:
    """Shares of draws and quantiles of ranks per site.

    Parameters
    ----------
    values
        (K, N) values of the criteria, 0..100; sites in code point order of their id, which decides between equals.
    draws
        From `draw`.
    """
    count = values.shape[1]
    found: dict[str, NDArray[Any]] = {name: np.zeros(count) for name in ("top10", "top50", "top10pct")}
    found |= {name: np.zeros(count, dtype=np.int64) for name in QUANTILES}
    tops = {"top10": 10, "top50": 50, "top10pct": math.ceil(count / 10)}
    places = {name: math.ceil(share * len(draws)) - 1 for name, share in QUANTILES.items()}
    with _matrix(len(draws), count) as ranks:
        rank(values, draws, ranks)

        def look(start: int) -> None:
            mine = slice(start, start + _SITES)
            some = np.ascontiguousarray(ranks[:, mine].T)
            some.sort(axis=1)
            for name, top in tops.items():
                found[name][mine] = np.count_nonzero(some <= top, axis=1) / len(draws)
            for name, place in places.items():
                found[name][mine] = some[:, place]

        _on_threads(look, range(0, count, _SITES))
    return found


def rank(values: NDArray[np.uint8], draws: Draws, ranks: Ranks) -> None:
    """Fill in the rank of every site in every draw; the score is that of the design with the weights drawn.

    Sums are whole numbers, so that equal sites tie and their order, by row, is the same on every machine.
    """
    from flexsite.kernel._jit import plain
    from flexsite.sensitivity._ranking import ranked

    table = plain(values, np.uint8)

    def some(start: int) -> None:
        mine = slice(start, start + _DRAWS)
        made = np.empty((len(draws[mine]), values.shape[1]), dtype=np.uint32)
        ranked(table, plain(draws[mine], np.uint32), made)
        ranks[mine] = made

    _on_threads(some, range(0, len(draws), _DRAWS))


def _on_threads(work: Callable[[int], None], starts: range) -> None:
    with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
        list(pool.map(work, starts))


@contextmanager
def _matrix(draws: int, sites: int) -> Iterator[Ranks]:
    """Room for all ranks: in memory, or in a file where they are many."""
    if draws * sites * 4 <= IN_MEMORY:
        yield np.empty((draws, sites), dtype=np.uint32)
        return
    with tempfile.TemporaryFile() as file:
        yield np.memmap(file, dtype=np.uint32, mode="w+", shape=(draws, sites))
