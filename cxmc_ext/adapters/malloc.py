"""The C library's memory: one heap for all threads of a process that reads many pages at once."""

import ctypes
import sys

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_M_ARENA_MAX = -8


def use_single_arena() -> None:
    """Before threads start. glibc gives each thread a heap, and each keeps the largest page it saw:
    5 MB of a worker's memory (2026-11) for threads that take turns anyway. Elsewhere nothing happens.
    """
    setting = getattr(_LIBC, "mallopt", None)
    if setting is not None:
        setting(_M_ARENA_MAX, 1)
