"""The head of a sweep: hands runs out and writes down what becomes of them."""

import contextlib
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from ._executors._base import AbstractPool
from ._executors._messages import Began, Died, Event, Failed, Finished, Moved, Order
from ._ledger import Ledger
from ._overview import Look

_STILLBORN = 5
_POLL, _LOOK_EVERY = 0.5, 0.25  # seconds


class Head:
    """Makes the runs of a ledger in a pool.

    **Arguments:** `look`: told how it goes; `pictures`: whether runs are drawn.
    """

    def __init__(self, pool: AbstractPool, ledger: Ledger, look: Look, *, pictures: bool):
        self.pool, self.ledger, self.look, self.pictures = pool, ledger, look, pictures
        self.queue: deque[str] = deque()
        self.stillborn, self.looked = 0, 0.0

    def make(self, names: Iterable[str]) -> None:
        """Make some runs, each until it is finished or has failed.

        **Raises:** `ValueError` if workers cannot even begin, or a file cannot be written;
        `KeyboardInterrupt` after Ctrl-C, with what was going on noted as interrupted.
        """
        self.queue.extend(names)
        self.ledger.queued(self.queue)
        try:
            while self.queue or self.ledger.active:
                while self.queue and len(self.ledger.active) < self.pool.size:
                    self._hand_out(self.queue.popleft())
                self.pool.poll(_POLL, self._told)
                self._look()
        except BaseException:
            self._interrupted()
            raise
        self.look(self.ledger.overview())

    def _hand_out(self, name: str) -> None:
        failed = self.ledger.begin(name)
        config: Any = self.ledger.runs[name]
        folder = str(self.ledger.out / name)
        self.pool.submit(Order(name, folder, config, renew=failed, pictures=self.pictures))

    def _interrupted(self) -> None:
        for name in list(self.ledger.active):
            with contextlib.suppress(ValueError):  # what ends the sweep may be a full disk
                self.ledger.end(name, "interrupted", reason="the sweep was stopped")

    def _told(self, event: Event) -> None:
        ledger = self.ledger
        if isinstance(event, Began):
            self.stillborn = 0
            places = ledger.active[event.name].places
            if event.place not in places:
                ledger.moved(event.name, places=[*places, event.place])
        elif isinstance(event, Moved):
            news = {"phase": event.phase, "iterations": event.iterations, "share": event.share}
            ledger.moved(event.name, **news)
        elif isinstance(event, Finished):
            ledger.end(event.name, "finished", result=event.result, share=1.0)
        elif isinstance(event, Failed):
            ledger.end(event.name, "failed", reason=event.reason, detail=event.detail)
        else:
            self._mourn(event)
        self._look()

    def _look(self) -> None:
        """Tell how it goes, now and then."""
        if time.monotonic() - self.looked > _LOOK_EVERY:
            self.looked = time.monotonic()
            self.look(self.ledger.overview())

    def _mourn(self, event: Died) -> None:
        """Try a run again whose worker died, unless it is to blame."""
        if not event.begun:
            self.stillborn += 1
            if self.stillborn >= _STILLBORN:
                raise ValueError(f"Workers cannot begin: {event.reason}. {last_line(event.detail)}")
            self.ledger.end(event.name, "interrupted", reason=event.reason, detail=event.detail)
            self.ledger.queued([event.name])
            self.queue.append(event.name)
        elif self.ledger.died(event.name, event.reason, event.detail):
            self.queue.append(event.name)


def last_line(text: str) -> str:
    """The last line of a log that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
