"""One head a sweep: whoever comes second is told who is there."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ...io._atomic import write_json
from ...io._schema import read_record
from ._process import Process, this_process

_HEAD, _GUARD = "head.json", "head.lock"


def read_head(out: Path) -> Process | None:
    """The process that runs a sweep, or did and was killed; `None` if it has ended by itself.

    **Raises:** `ValueError` if the file that says so is damaged.
    """
    path = out / _HEAD
    return read_record(path, Process) if os.path.lexists(path) else None


@contextlib.contextmanager
def held(out: Path) -> Iterator[None]:
    """Inside, this process is the head of the sweep in a folder.

    A head that was killed is succeeded at once: what counts is whether the process lives that
    wrote its host, number and start, never how old the file is.

    **Raises:** `ValueError` if another head lives, or may live on another machine.
    """
    with _guarded(out):
        other = read_head(out)
        if other is not None and other.lives:
            raise ValueError(_refusal(out, other))
        own = this_process()
        write_json(out / _HEAD, msgspec.to_builtins(own))
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError), _guarded(out):
            if read_head(out) == own:
                (out / _HEAD).unlink()


@contextlib.contextmanager
def _guarded(out: Path) -> Iterator[None]:
    """Two heads look one after the other, where the file system knows locks."""
    descriptor = os.open(out / _GUARD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _refusal(out: Path, other: Process) -> str:
    if other.is_here:
        return (
            f"`{out}` is being swept by process {other.pid}; wait for it, or look on with "
            f"`invdesign status {out}`."
        )
    return (
        f"`{out}` is being swept by process {other.pid} on `{other.host}`, or was until that "
        f"machine went away; if it did, remove `{out / _HEAD}`."
    )
