"""A setting of the C library that keeps worker processes small."""

import ctypes
import sys

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_M_ARENA_MAX = -8  # <malloc.h>


def use_single_arena() -> None:
    """Makes all threads allocate from one arena. Call it before threads start; no-op without glibc.

    By default glibc gives each thread an arena of its own, and each keeps memory for the largest page
    it parsed: 7 MB more in a first sync of 100,000 recipients, which would exceed the goal of 90 MB
    on PostgreSQL (93 MB against 86, measured 2026-11). See docs/performance.md.
    """
    mallopt = getattr(_LIBC, "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
