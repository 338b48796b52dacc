"""Runs that take turns in this process and have their candidates simulated together."""

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jax

from ...._solve._evaluate import evaluate_through
from ...._solve._lanes import evaluate_in_lanes
from ._base import AbstractExecutor, AbstractPool, Tell
from ._messages import Event, Order

Perform = Callable[[Order, Tell], None]
_PATIENCE = 10.0  # seconds that a run which was stopped may take to write what it has found


@dataclasses.dataclass
class _Ask:
    """A population that a run wants evaluated, and what comes of it."""

    problem: Any
    latents: Any
    rest: tuple[Any, ...]  # order, chunk, entries, and which conditions if not all
    outcome: Any = None

    @property
    def kind(self) -> Any:
        """What populations share that one program can evaluate at once.

        Runs that share a problem hold the same arrays, also after its capacity was doubled.
        """
        leaves, structure = jax.tree.flatten(self.problem)
        arrays = tuple(id(leaf) for leaf in leaves)
        return structure, arrays, self.latents.shape, self.rest[:2], self.rest[3:]


class _Turn:
    """A run in a thread of its own that goes on only while it has the turn.

    No two of them ever run at once: a thread is what lets a run stop in the middle of its search.
    """

    def __init__(self, perform: Perform, order: Order):
        self.perform, self.order = perform, order
        self.events: list[Event] = []
        self.ask: _Ask | None = None
        self.over = self.stopped = False
        self.go, self.back = threading.Semaphore(0), threading.Semaphore(0)
        self.thread = threading.Thread(target=self._live, name=order.name, daemon=True)
        self.thread.start()

    def _live(self) -> None:
        self.go.acquire()
        evaluate_through.set(self._evaluate)  # in this thread alone
        try:
            if not self.stopped:
                self.perform(self.order, self.events.append)
        except KeyboardInterrupt:
            pass  # the pool has closed, nobody listens
        finally:
            self.over = True
            self.back.release()

    def _evaluate(self, problem: Any, latents: Any, *rest: Any) -> Any:
        self.ask = _Ask(problem, latents, rest)
        self.back.release()
        self.go.acquire()
        if self.stopped:
            raise KeyboardInterrupt
        ask, self.ask = self.ask, None
        if isinstance(ask.outcome, BaseException):
            raise ask.outcome
        return ask.outcome

    def take(self) -> None:
        """Let the run go on until it asks for an evaluation, or is over."""
        self.go.release()
        self.back.acquire()

    def stop(self) -> None:
        """Have the run end as by Ctrl-C."""
        self.stopped = True
        self.go.release()
        self.thread.join(_PATIENCE)


class _Pool(AbstractPool):
    def __init__(self, lanes: int, perform: Perform):
        self.lanes, self.perform = lanes, perform
        self.turns: list[_Turn] = []

    @property
    def size(self) -> int:
        return self.lanes

    def submit(self, order: Order) -> None:
        self.turns.append(_Turn(self.perform, order))

    def poll(self, seconds: float, tell: Tell) -> None:
        """A turn of every run, then one evaluation of all that they ask for."""
        for turn in self.turns:
            turn.take()
        alive, self.turns = self.turns, [turn for turn in self.turns if not turn.over]
        _evaluate([turn.ask for turn in self.turns if turn.ask is not None], self.lanes)
        for turn in alive:
            events, turn.events[:] = list(turn.events), []
            for event in events:
                tell(event)

    def close(self) -> None:
        for turn in self.turns:
            turn.stop()


def _evaluate(asked: Sequence[_Ask], lanes: int) -> None:
    """Evaluate populations, those of one kind at once; what is raised is everybody's outcome."""
    kinds: dict[Any, list[_Ask]] = {}
    for ask in asked:
        kinds.setdefault(ask.kind, []).append(ask)
    for alike in kinds.values():
        first = alike[0]
        latents = [ask.latents for ask in alike]
        try:
            found: Sequence[Any] = evaluate_in_lanes(
                first.problem, latents, *first.rest, lanes=lanes
            )
        except Exception as error:
            found = [error] * len(alike)
        for ask, outcome in zip(alike, found, strict=True):
            ask.outcome = outcome


@dataclasses.dataclass(frozen=True)
class SideBySide(AbstractExecutor):
    """Makes `lanes` runs at a time in this process and evaluates their candidates together.

    As `InProcess`, it isolates exceptions only.

    **Arguments:** `lanes`: of the program; `perform`: carries out an order.
    """

    lanes: int
    perform: Perform

    @contextlib.contextmanager
    def open(self, logs: Path) -> Iterator[AbstractPool]:
        pool = _Pool(self.lanes, self.perform)
        try:
            yield pool
        finally:
            pool.close()
