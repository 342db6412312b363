"""What is compiled for searching journeys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def entries() -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every compiled function that Python calls, with the types it is called with."""
    from numba import types

    from flexsite.access.transit import _joining, _profile, _raptor

    whole, many, some, flags = types.int64, types.int64[::1], types.int32[::1], types.boolean[::1]
    numbers, table = types.float64[::1], types.float64[:, ::1]
    feet = (many, some, some)
    for cost in (types.int16[:, ::1], types.int32[:, ::1]):
        yield _profile.scan, (*[some] * 5, flags, flags, whole, *feet, flags, cost, *[whole] * 3)
        yield _joining.join, (many, some, some, cost, some, many, many, some, cost, *[whole] * 7, *[table] * 4)
    patterns = (many, some, flags, flags, many, many, some, some, many, some, some)
    reached = (whole, whole, numbers, types.int32[:, ::1], numbers)
    yield _raptor.raptor, (*patterns, *feet, *feet, *reached)
