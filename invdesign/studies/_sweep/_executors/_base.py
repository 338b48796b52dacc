"""Who makes the runs of a sweep, and where."""

import abc
import contextlib
from collections.abc import Callable
from pathlib import Path

from ._messages import Event, Order

Tell = Callable[[Event], None]


class AbstractPool(abc.ABC):
    """Makes runs, as many at a time as it has room for, and tells what becomes of them.

    Of every order it tells in the end that it has `Finished`, `Failed` or `Died`. What a run
    leaves is in its directory, on the head's machine, by then.
    """

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """How many runs it makes at a time."""

    @abc.abstractmethod
    def submit(self, order: Order) -> None:
        """Begin a run. The caller sees to it that there is room."""

    @abc.abstractmethod
    def poll(self, seconds: float, tell: Tell) -> None:
        """Tell what has happened, in its order; wait for it, but not longer than some seconds."""


class AbstractExecutor(abc.ABC):
    """Says how the runs of a sweep are made; the results do not depend on it."""

    @abc.abstractmethod
    def open(self, logs: Path) -> contextlib.AbstractContextManager[AbstractPool]:
        """A pool that leaves no process behind when the context ends, however it does.

        **Arguments:** `logs`: a folder for what processes say.

        **Raises:** `ValueError` if this machine cannot give what is asked for.
        """

    def side_by_side(self, lanes: int) -> "AbstractExecutor":
        """One that makes so many batched runs at a time.

        **Raises:** `ValueError` if it makes every run in a process of its own.
        """
        raise ValueError(
            f"Runs that are `batched` share one process, which `{type(self).__name__}` does not "
            "give them; leave out workers and clusters, or `batched`."
        )
