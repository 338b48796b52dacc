"""Freed memory is kept: on Linux this makes compiled programs on the CPU up to twice as fast."""

import ctypes
import os
import sys

# Parameters of glibc's mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8


def keep_freed_memory() -> bool:
    """Tell glibc to serve large blocks from its heap and never to give freed memory back.

    XLA allocates its temporary memory anew for each call. By default glibc maps and unmaps such
    blocks, and every page of them faults again each time: half of the time of a gradient.
    Does nothing, and returns `False`, where there is no glibc or `GLIBC_TUNABLES` is set.
    """
    if not sys.platform.startswith("linux") or "GLIBC_TUNABLES" in os.environ:
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, -1), (_ARENA_MAX, 1))
    return all(mallopt(parameter, value) == 1 for parameter, value in settings)
