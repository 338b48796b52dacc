"""Where a worker of a sweep begins: outside of the package, whose import takes seconds.

By then the worker is bound to its cores and to the life of its head.
"""

import contextlib
import ctypes
import faulthandler
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_FIRST_VICTIM = "1000"  # of a kernel that runs out of memory


def bind(head: int, cpus: set[int]) -> tuple[int, int]:
    """Bind this process to the life of another one, and to some cores.

    **Returns:** descriptors to read orders from and to write answers to.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != head:  # it died before the line above
        sys.exit(1)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(_FIRST_VICTIM)
    os.sched_setaffinity(0, cpus)
    # Whatever a simulator or a task prints must not get between the answers.
    orders, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    faulthandler.enable()
    return orders, answers


def main(head: int, cpus: set[int]) -> None:
    """Serve the process `head` on some cores."""
    channels = bind(head, cpus)
    from invdesign.studies._sweep._executors._worker import serve

    serve(*channels)


if __name__ == "__main__":
    main(int(sys.argv[1]), {int(cpu) for cpu in sys.argv[2].split(",")})
