"""Where runs are made on another machine: a process of Ray's, beside the worker that it keeps."""

import contextlib
import dataclasses
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path

import jax
import msgspec

from ...._version import __version__
from ....io._atomic import make_folder
from .._process import boot, started
from ._inputs import Contents, unpack_inputs
from ._local import Pool
from ._memory import total_memory
from ._messages import Died, Event, Failed, Finished, Order
from ._parcel import Parcel, Stamps, packed, unpack
from ._slot import Slot

_SEND_EVERY = 30.0  # seconds, of what a run has written
_PREFIX = "invdesign-outpost-"


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a head has to know of a machine: which one it is, its cores, and the versions on it."""

    host: str
    boot: str
    cores: tuple[int, ...]
    versions: dict[str, str]


def versions() -> dict[str, str]:
    """Versions that results depend on."""
    return {"invdesign": __version__, "jax": jax.__version__}


class Outpost:
    """Makes one run at a time in a worker process, and sends home what it writes.

    It keeps a folder of its own, and needs none of the head's.
    """

    def __init__(self):
        _remove_abandoned()
        self.home = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        self.pool: Pool | None = None
        self.order: Order | None = None
        self.known: Stamps = {}
        self.aside, self.sent = False, 0.0

    def facts(self) -> Facts:
        """Of this machine."""
        cores = tuple(sorted(os.sched_getaffinity(0)))
        return Facts(socket.gethostname(), boot(), cores, versions())

    def settle(self, cpus: tuple[int, ...], programs: int, share: float) -> None:
        """Say which cores the worker has, after how many programs it is replaced, and which share
        of the memory it may hold."""
        slot = Slot(cpus, self.home / "worker.log")
        self.pool = Pool([slot], programs, int(share * total_memory()))

    @property
    def folder(self) -> Path:
        assert self.order is not None
        return self.home / "runs" / self.order.name

    def submit(self, order: bytes, run: Parcel, inputs: Contents) -> None:
        """Begin an order.

        **Arguments:** `run`: what is there of the run already; `inputs`: files that its
        configuration names.
        """
        assert self.pool is not None
        for old in ("runs", "inputs"):
            shutil.rmtree(self.home / old, ignore_errors=True)
        self.order = msgspec.json.decode(order, type=Order)
        self.known, self.aside, self.sent = {}, False, time.monotonic()
        places = unpack_inputs(self.home / "inputs", inputs)
        make_folder(self.folder.parent)
        unpack(self.folder, run)
        if run.files:
            _, self.known = packed(self.folder, {})
        here = msgspec.structs.replace(self.order, folder=str(self.folder), places=places)
        self.pool.submit(here)

    def poll(self, seconds: float) -> tuple[list[bytes], Parcel | None]:
        """What has happened, and what the run has written: at its end, and every half minute."""
        assert self.pool is not None
        told: list[Event] = []
        until = time.monotonic() + seconds
        while not told and time.monotonic() < until:
            self.pool.poll(until - time.monotonic(), told.append)
        ended = any(isinstance(event, Finished | Failed | Died) for event in told)
        due = time.monotonic() - self.sent > _SEND_EVERY
        parcel = self._parcel() if ended or due else None
        return [msgspec.json.encode(event) for event in told], parcel

    def _parcel(self) -> Parcel | None:
        """What was written since; nothing of a mere look at a configuration."""
        assert self.order is not None
        if self.order.check:
            return None
        moved = not self.aside and self.folder.with_name(f"{self.folder.name}~1").exists()
        try:
            parcel, stamps = packed(self.folder, {} if moved else self.known)
        except BlockingIOError:  # the next time
            return None
        self.known, self.sent, self.aside = stamps, time.monotonic(), self.aside or moved
        parcel = dataclasses.replace(parcel, aside=moved)
        return None if parcel == Parcel({}) else parcel

    def close(self) -> None:
        """Leave nothing behind."""
        if self.pool is not None:
            self.pool.end()
        shutil.rmtree(self.home, ignore_errors=True)


def _remove_abandoned() -> None:
    """Remove the folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(folder.name.removeprefix(_PREFIX).partition("-")[0])
            if folder.stat().st_uid == os.getuid() and started(pid) is None:
                shutil.rmtree(folder, ignore_errors=True)
