"""Compiling everything at once, so that a user can be told why the first time takes longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

COMPILING = "compiling the fast way, once on this machine: about half a minute"
_WAITING: list[list[Callable[[str], None]]] = []
"""Who wants to be told, each in a list that is emptied by telling."""


@contextmanager
def announced(tell: Callable[[str], None]) -> Iterator[None]:
    """While this lasts, say once why nothing seems to happen when a function is compiled, in whatever thread.

    Examples
    --------
    >>> with announced(print):
    ...     begun()
    ...     begun()
    compiling the fast way, once on this machine: about half a minute
    """
    mine = [tell]
    _WAITING.append(mine)
    try:
        yield
    finally:
        _WAITING.remove(mine)


def begun() -> None:
    """Called where a function begins to be compiled that was not kept on disk."""
    for waiting in _WAITING:
        while waiting:
            waiting.pop()(COMPILING)


def loading() -> Future[None]:
    """Begin to load what compiled functions need, beside other work; it takes half a second and more, once per process.

    Begin when what the other work imports is there: two threads that import the same at once wait for each other. An
    error here is one of the first compiled function too, and raised there.

    Examples
    --------
    >>> loading().result()
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="loading")
    begun_now = pool.submit(_first)
    pool.shutdown(wait=False)
    return begun_now


def _first() -> None:
    """Call one function, for nothing."""
    from flexsite.kernel.binary import from_wkb

    from_wkb(np.empty(0, np.uint8), np.zeros(1, np.int64))


def compiled() -> bool:
    """Whether all functions of this package can be loaded, so that none needs compiling; about half a second."""
    return all(
        types in function.signatures or function._cache.load_overload(types, function.targetctx) is not None
        for function, types in _entries()
    )


def warm() -> None:
    """Load every function of this package, or compile it and keep it on disk: about 25 s, once per machine.

    Where it cannot be kept (a full disk) it is compiled for this process alone.
    """
    from numba.core.caching import NullCache

    for function, types in _entries():
        try:
            function.compile(types)
        except OSError:
            function._cache = NullCache()
            function.compile(types)


def _entries() -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every compiled function that Python calls, with the types it is called with."""
    from numba import types

    from flexsite.kernel import _grid, _hash, _knife, _overlap, _rows, _slab, _wkb

    xy, offsets, words = types.float64[:, ::1], types.int64[::1], types.uint64[:, ::1]
    flat = (xy, offsets, offsets, offsets)
    laid = (xy, offsets, offsets)
    found: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (_grid.meet, (xy, xy, types.float64[::1], types.float64, types.int64)),
        (_slab.combinations, (*laid, *laid, offsets, offsets, offsets)),
        (_knife.cut, (*flat, types.int64)),
        (_knife.clip, (*flat, offsets, xy)),
        (_hash.seen, (xy, xy, words, offsets, offsets, offsets, offsets, offsets, words, types.int64)),
    ]
    data = types.uint8[::1]
    read_only = types.Array(types.uint8, 1, "C", readonly=True)
    found += [
        (_overlap.overlapping, (*laid, xy, offsets, offsets)),
        (_rows.boxes, (xy, offsets)),
        (_rows.taken, (*flat, offsets)),
        (_wkb.sizes, (read_only, offsets)),
        (_wkb.decoded, (read_only, offsets, data, offsets, offsets, offsets)),
        (_wkb.encoded, (data, offsets, offsets, offsets, offsets, data)),
    ]
    yield from found
