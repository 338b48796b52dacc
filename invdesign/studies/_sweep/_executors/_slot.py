"""One worker process after the other in the same place."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ._messages import Began, Died, Event, Failed, Finished, Order

_PROGRAM = (sys.executable, "-P", "-m", "invdesign_worker")
_TAIL = 4_000  # characters of what a worker said last


class Slot:
    """A place for a worker: started when there is an order, and again after its end.

    **Arguments:** `cpus`: that it may use; `log`: the file for what it says.
    """

    def __init__(self, cpus: tuple[int, ...], log: Path):
        self.cpus, self.log = cpus, log
        self.process: subprocess.Popen[bytes] | None = None
        self.order: Order | None = None
        self.begun = False
        self.programs = 0
        self.verdict = ""
        self._rest = b""

    @property
    def answers(self) -> int:
        """The descriptor of what the worker writes."""
        assert self.process is not None and self.process.stdout is not None
        return self.process.stdout.fileno()

    def submit(self, order: Order) -> None:
        """Hand an order to the worker, which is started if there is none."""
        if self.process is None:
            self._start()
        self.order, self.begun, self.verdict = order, False, ""
        assert self.process is not None and self.process.stdin is not None
        with contextlib.suppress(OSError):  # dead already: its end is read from the other pipe
            self.process.stdin.write(msgspec.json.encode(order) + b"\n")
            self.process.stdin.flush()

    def _start(self) -> None:
        words = [str(os.getpid()), ",".join(map(str, self.cpus))]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*_PROGRAM, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is the head's to answer; and for `end` below
            )
        self.programs, self._rest = 0, b""

    def read(self) -> Iterator[Event]:
        """What the worker has said since; a last word in its name if it is dead."""
        data = os.read(self.answers, 1 << 16)
        if not data:
            yield from self.end()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield self._noted(msgspec.json.decode(line, type=Event))

    def _noted(self, event: Event) -> Event:
        if isinstance(event, Began):
            self.begun = True
        if isinstance(event, Finished | Failed):
            self.order, self.programs = None, event.programs
        return event

    def kill(self, reason: str) -> None:
        """Kill the worker for a reason, which is told once it is dead."""
        self.verdict = reason
        self._signal()

    def _signal(self) -> None:
        assert self.process is not None
        with contextlib.suppress(OSError):  # the whole session: programs that it started, too
            os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> Iterator[Event]:
        """See to it that the worker is dead; of an order that it had, tell so."""
        if self.process is None:
            return
        self._signal()
        code = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        order, self.process, self.order = self.order, None, None
        if order is not None:
            yield Died(order.name, self.verdict or _cause(code), self._said(), self.begun)

    def _said(self) -> str:
        try:
            return self.log.read_bytes()[-_TAIL:].decode(errors="replace")
        except OSError:
            return ""

    def memory(self) -> int:
        """Bytes of memory that the worker holds."""
        assert self.process is not None
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")


def _cause(code: int) -> str:
    """Why a process ended, from its exit code."""
    if code >= 0:
        return f"its process ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    hint = ", as a machine does that runs out of memory" if name == "SIGKILL" else ""
    return f"its process was killed by {name}{hint}"
