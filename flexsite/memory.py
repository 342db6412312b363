"""Memory of the process, given back when a large step is over."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Give memory that millions of freed geometries left behind back to the system.

    The C library of Linux keeps it otherwise, where numpy cannot use it. Elsewhere nothing is done.
    """
    if "pyarrow" in sys.modules:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim is not None:
            trim(0)
