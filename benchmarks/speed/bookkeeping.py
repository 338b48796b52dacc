"""What a sweep costs besides its runs: ten thousand of them that do nothing.

Every run writes its status twice. What bare writes of as many files with `fsync` take in the same
folder is measured beside it, since that is the disk's price and not the head's.
"""

import os
import resource
import tempfile
import time
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


def bare(folder: Path, number: int, text: bytes) -> float:
    """Seconds that it takes to write files, each of which is on the disk before the next."""
    folder.mkdir()
    start = time.perf_counter()
    for index in range(number):
        with open(folder / str(index), "xb") as file:
            file.write(text)
            os.fsync(file.fileno())
    return time.perf_counter() - start


def main() -> None:
    given = arguments(__doc__)
    number = 300 if given.quick else 10_000
    memory = Memory()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        out = Path(place) / "sweep"
        study = {"tasks": ["nothing"], "seeds": range(number)}
        start = time.perf_counter()
        sweep(study, out, executor=InProcess(nothing), look=memory)
        swept = time.perf_counter() - start
        text = (out / "nothing-0" / "status.json").read_bytes()
        written = bare(Path(place) / "bare", STATUSES * number, text)
        start = time.perf_counter()
        status(out)
        read = time.perf_counter() - start
        start = time.perf_counter()
        sweep(study, out, executor=InProcess(nothing))
        again = time.perf_counter() - start
    results = {
        "runs": number,
        "sweep_seconds": swept,
        "bare_seconds": written,
        "beyond_ms_a_run": 1e3 * (swept - written) / number,
        "status_seconds": read,
        "again_seconds": again,
        "mib_after_a_tenth": memory.after(number // 10),
        "mib_at_the_end": memory.seen[-1][1],
    }
    publish(__file__, given, results)
    show("Bookkeeping of runs that do nothing", [results])


if __name__ == "__main__":
    main()
