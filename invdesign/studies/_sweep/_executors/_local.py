"""Runs made in worker processes on this machine."""

import contextlib
import dataclasses
import os
import selectors
import time
from collections.abc import Iterator
from pathlib import Path

from ...._checks import checked_count, checked_number
from ....io._atomic import make_folder
from ._base import AbstractExecutor, AbstractPool, Tell
from ._memory import total_memory
from ._messages import Order
from ._slot import Slot

_LOOK_EVERY = 0.5  # seconds, at what workers hold
# Programs take some dozen memory maps each, of which Linux gives a process 65,530.
PROGRAMS = 2_000


@dataclasses.dataclass(frozen=True)
class LocalWorkers(AbstractExecutor):
    """Makes runs in processes of this machine, each of which serves many runs.

    A worker that dies costs the run that it was at, never the sweep. Each is bound to cores of
    its own before JAX starts, since the number of threads may change the last digits of a result.

    **Arguments:**

    - `workers`: processes, each of which makes one run at a time.
    - `threads`: cores of each; by default all that there are, shared out.
    - `programs`: compiled programs after which a worker is replaced between two runs.
    - `memory`: share of the memory that all workers together may hold; a worker above its part is
      replaced between two runs, and killed within one.

    **Raises:** `ValueError` if a number is out of its range.
    """

    workers: int = 1
    threads: int | None = None
    programs: int = PROGRAMS
    memory: float = 0.8

    def __post_init__(self):
        checked_count(self.workers, "workers", "LocalWorkers")
        checked_count(self.threads, "threads", "LocalWorkers", optional=True)
        checked_count(self.programs, "programs", "LocalWorkers")
        checked_number(self.memory, "memory", "LocalWorkers", above=0, most=1)

    @contextlib.contextmanager
    def open(self, logs: Path) -> Iterator[AbstractPool]:
        make_folder(logs)
        limit = int(self.memory * total_memory() / self.workers)
        slots = [
            Slot(cpus, logs / f"worker-{number}.log") for number, cpus in enumerate(self._cpus())
        ]
        pool = Pool(slots, self.programs, limit)
        try:
            yield pool
        finally:
            pool.end()

    def _cpus(self) -> list[tuple[int, ...]]:
        """The cores of each worker."""
        cores = sorted(os.sched_getaffinity(0))
        threads = self.threads or max(1, len(cores) // self.workers)
        if self.workers * threads > len(cores):
            raise ValueError(
                f"`LocalWorkers` needs a core for every thread: {self.workers} workers of "
                f"{threads} threads, but this process may use {len(cores)} cores."
            )
        return [tuple(cores[n * threads : (n + 1) * threads]) for n in range(self.workers)]


class Pool(AbstractPool):
    """Workers in their slots.

    **Arguments:** `limit`: bytes that a worker may hold.
    """

    def __init__(self, slots: list[Slot], programs: int, limit: int):
        self.slots, self.programs, self.limit = slots, programs, limit
        self.looked = time.monotonic()

    @property
    def size(self) -> int:
        return len(self.slots)

    def submit(self, order: Order) -> None:
        free = [slot for slot in self.slots if slot.order is None]
        # One that is there already, if any: starting takes seconds.
        slot = next((slot for slot in free if slot.process is not None), free[0])
        slot.submit(order)

    def poll(self, seconds: float, tell: Tell) -> None:
        if time.monotonic() - self.looked > _LOOK_EVERY:
            self._look()
        with selectors.DefaultSelector() as selector:
            for slot in self.slots:
                if slot.process is not None:
                    selector.register(slot.answers, selectors.EVENT_READ, slot)
            if not selector.get_map():
                return
            ready = [key.data for key, _ in selector.select(min(seconds, _LOOK_EVERY))]
        for slot in ready:
            for event in slot.read():
                tell(event)
            self._replace(slot)

    def end(self) -> None:
        """Leave no worker behind."""
        for slot in self.slots:
            list(slot.end())

    def _look(self) -> None:
        """Kill workers that hold more than their part of the memory."""
        self.looked = time.monotonic()
        for slot in self.slots:
            if slot.process is not None and slot.order is not None:
                held = slot.memory()
                if held > self.limit:
                    slot.kill(
                        f"its process held {held / 2**30:.1f} GiB of memory, more than the "
                        f"{self.limit / 2**30:.1f} GiB that a worker may hold"
                    )

    def _replace(self, slot: Slot) -> None:
        """End a worker that is idle and has become too large; the next order starts another."""
        if slot.process is None or slot.order is not None:
            return
        if slot.programs >= self.programs or slot.memory() > self.limit:
            list(slot.end())
