"""How functions of this package are compiled. Only modules that are imported inside functions may import it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core import event
from numpy.typing import NDArray

from flexsite.kernel.compiling import begun

Array = NDArray[Any]
Function = TypeVar("Function", bound=Callable[..., Any])


class _Watcher(event.Listener):
    """Hears of every function that is compiled, and of none that comes from disk."""

    def on_start(self, _event: Any) -> None:
        begun()

    def on_end(self, _event: Any) -> None:
        """Nothing is said."""


event.register("numba:compile", _Watcher())  # type: ignore[no-untyped-call]


def inner(function: Function) -> Function:
    """Compile a part of other compiled functions of the same file; it is cached within them."""
    return cast("Function", numba.njit(nogil=True)(function))


def entry(function: Function) -> Function:
    """Compile what Python calls; kept on disk where a folder for it can be written, else compiled per process."""
    try:
        return cast("Function", numba.njit(nogil=True, cache=True)(function))
    except RuntimeError as error:  # what numba raises when it finds no folder
        if "cannot cache" not in str(error):
            raise
        return cast("Function", numba.njit(nogil=True)(function))


def plain(values: Array, dtype: type) -> Array:
    """Values as the one kind of array that functions are compiled for: contiguous, of one type, writable."""
    return np.require(values, dtype, ["C", "W"])


@inner
def longer(values: Array, need: int) -> Array:
    """The same values with room for `need`, and for as many again."""
    more = np.empty(max(need, 2 * len(values)), values.dtype)
    for i in range(len(values)):
        more[i] = values[i]
    return more


@inner
def taller(values: Array, need: int) -> Array:
    """The same rows with room for `need`, and for as many again."""
    more = np.empty((max(need, 2 * len(values)), values.shape[1]))
    for i in range(len(values)):
        for j in range(values.shape[1]):
            more[i, j] = values[i, j]
    return more


@inner
def sort(values: Array, order: Array, n: int) -> None:
    """Sort the first n values, in place, and `order` along with them (Shell's sort with Ciura's gaps)."""
    gap = 1
    while gap * 9 // 4 < n:
        gap = gap * 9 // 4 + 1
    while gap > 0:
        for i in range(gap, n):
            x, g, j = values[i], order[i], i - gap
            while j >= 0 and values[j] > x:
                values[j + gap], order[j + gap] = values[j], order[j]
                j -= gap
            values[j + gap], order[j + gap] = x, g
        gap = gap * 4 // 9
