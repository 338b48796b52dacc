"""Runs made in the head's own process."""

import contextlib
import dataclasses
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from ._base import AbstractExecutor, AbstractPool, Tell
from ._messages import Order
from ._perform import Performer
from ._side_by_side import SideBySide


class _Pool(AbstractPool):
    def __init__(self, perform: Callable[[Order, Tell], None]):
        self.perform, self.orders = perform, deque[Order]()

    @property
    def size(self) -> int:
        return 1

    def submit(self, order: Order) -> None:
        self.orders.append(order)

    def poll(self, seconds: float, tell: Tell) -> None:
        if self.orders:
            self.perform(self.orders.popleft(), tell)


@dataclasses.dataclass(frozen=True)
class InProcess(AbstractExecutor):
    """Makes one run after the other in this process, for debugging.

    It isolates exceptions only: a run that kills its process, or takes all memory, ends the sweep,
    which goes on when it is called again. Threads are those of this process; to compare with
    workers of one thread, start it on one core (`taskset -c 0`).

    **Arguments:** `perform`: carries out an order; by default makes the run.
    """

    perform: Callable[[Order, Tell], None] | None = None

    @contextlib.contextmanager
    def open(self, logs: Path) -> Iterator[AbstractPool]:
        yield _Pool(self.perform or Performer())

    def side_by_side(self, lanes: int) -> AbstractExecutor:
        return SideBySide(lanes, self.perform or Performer())
