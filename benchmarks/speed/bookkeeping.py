"""What a sweep costs besides its runs: ten thousand of them that do nothing.

Every run writes its status twice. What bare writes of as many files with `fsync` take in the same
folder is measured beside it, since that is the disk's price and not the head's. Seconds of the
processor stand beside those of the clock, which a busy machine stretches.
"""

import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks._common import arguments, publish, show
from invdesign.studies import InProcess, status, sweep
from invdesign.studies._sweep._executors._messages import Began, Finished
from invdesign.studies._sweep._run_status import Place

STATUSES = 2  # that a run writes
PLACE = Place("none", 1)


def nothing(order: Any, tell: Any) -> None:
    """A run that does nothing."""
    tell(Began(order.name, PLACE))
    tell(Finished(order.name, {"score": 0.5, "iterations": 40, "seconds": 0.0}))


class Memory:
    """The resident memory of this process each time that it is told how a sweep goes."""

    def __init__(self):
        self.seen: list[tuple[int, float]] = []

    def __call__(self, overview: Any) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        held = pages * resource.getpagesize() / 2**20
        self.seen.append((overview.counts["finished"], held))

    def after(self, number: int) -> float:
        """MiB held when so many runs were finished."""
        return next(held for done, held in self.seen if done >= number)


def timed(call: Callable[[], Any]) -> tuple[float, float]:
    """Seconds that a call takes, by the clock and of the processor."""
    start, work = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - start, time.process_time() - work


def bare(folder: Path, number: int, text: bytes) -> None:
    """Write files, each of which is on the disk before the next."""
    folder.mkdir()
    for index in range(number):
        with open(folder / str(index), "xb") as file:
            file.write(text)
            os.fsync(file.fileno())


def main() -> None:
    given = arguments(__doc__)
    number = 300 if given.quick else 10_000
    memory = Memory()
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "sweep"
        study = {"tasks": ["nothing"], "seeds": range(number)}
        swept = timed(lambda: sweep(study, out, executor=InProcess(nothing), look=memory))
        text = (out / "nothing-0" / "status.json").read_bytes()
        written = timed(lambda: bare(Path(place) / "bare", STATUSES * number, text))
        read = timed(lambda: status(out))
        again = timed(lambda: sweep(study, out, executor=InProcess(nothing)))
    results = {
        "runs": number,
        "sweep_seconds": swept[0],
        "sweep_cpu": swept[1],
        "bare_seconds": written[0],
        "bare_cpu": written[1],
        "beyond_ms_a_run": 1e3 * (swept[0] - written[0]) / number,
        "beyond_cpu_ms_a_run": 1e3 * (swept[1] - written[1]) / number,
        "status_seconds": read[0],
        "status_cpu": read[1],
        "again_seconds": again[0],
        "mib_after_a_tenth": memory.after(number // 10),
        "mib_at_the_end": memory.seen[-1][1],
    }
    publish(__file__, given, results)
    rows = [{"quantity": name, "measured": value} for name, value in results.items()]
    show("Bookkeeping of runs that do nothing", rows)


if __name__ == "__main__":
    main()
