"""Which process is meant, when its number may have been given to another one since."""

import os
import socket
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from ...io._schema import Line

_STARTED = 19  # among the fields of /proc/PID/stat behind the program's name: field 22
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Process(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A process that is told from all others, before and after it, on whatever machine.

    **Arguments:** `host`, `boot`: the machine and its start; `pid`; `started`: clock ticks from
    that start to the process's own.
    """

    host: Line
    boot: Line
    pid: Annotated[int, Meta(ge=1)]
    started: Annotated[int, Meta(ge=0)]

    @property
    def is_here(self) -> bool:
        """Whether it is, or was, a process of this machine."""
        return self.host == socket.gethostname()

    @property
    def lives(self) -> bool:
        """Whether it is alive, as far as can be told from here: on another machine it may be."""
        if not self.is_here:
            return True
        return self.boot == boot() and started(self.pid) == self.started


def this_process() -> Process:
    """The process that asks."""
    own = started(os.getpid())
    assert own is not None
    return Process(socket.gethostname(), boot(), os.getpid(), own)


def started(pid: int) -> int | None:
    """When a process of this machine started, in clock ticks; `None` if it does not live."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name is in parentheses and may hold anything, parentheses included.
    state, *rest = text.rpartition(")")[2].split()
    return None if state in "ZX" else int(rest[_STARTED - 1])


def boot() -> str:
    """Which start of which machine this is."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return "unknown"
