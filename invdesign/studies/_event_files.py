"""A run's history as event files, which TensorBoard shows while it grows."""

import contextlib
import os
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .._extras import find_extra
from ..io._history import read_history

_PATTERN = "events.out.tfevents.*"
_SHOWN = (
    "value",
    "best_value",
    "score",
    "violation",
    "gradient_norm",
    "simulator_steps",
    "charged_steps",
    "seconds",
    "num_failed",
)
_HEAD, _TAIL = 12, 4  # bytes of a record around its data: length and checksum, checksum


def check_events() -> None:
    """Whether event files can be written.

    **Raises:** `ValueError` saying how to get the library if it is not installed.
    """
    find_extra("tensorboardX", "tensorboard")


@contextlib.contextmanager
def event_files(folder: Path) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Takes the rows of the run in a folder; what is missing of a finished one is added at the end.

    **Raises:** `ValueError` as `check_events`.
    """
    events = EventFiles(folder)
    try:
        yield events.row
        for row in read_history(folder / "history.csv"):
            events.row(row)
    finally:
        events.close()


class EventFiles:
    """Writes rows of a history into a run's directory, each iteration once.

    A run that goes on writes a further file; iterations that earlier files hold are left out, so
    that a killed and resumed run has the points of an undisturbed one.

    **Arguments:** `folder`: of the run; a file is made at the first row.

    **Raises:** `ValueError` as `check_events`.
    """

    def __init__(self, folder: Path):
        library = find_extra("tensorboardX", "tensorboard")
        self.proto, self.file = library.proto, library.event_file_writer
        self.folder, self.writer = folder, None
        self.written = {event.step for event in self._events() if event.HasField("summary")}

    def row(self, row: Mapping[str, Any]) -> None:
        """Write a row, and flush."""
        if row["iteration"] in self.written:
            return
        if self.writer is None:
            # The process tells apart two files that are begun in one second.
            self.writer = self.file.EventsWriter(str(self.folder / "events"), f".{os.getpid()}")
        summary = self.proto.summary_pb2.Summary
        known = {name: float(row[name]) for name in _SHOWN if name in row}
        values = [
            summary.Value(tag=name, simple_value=number)
            for name, number in known.items()
            if np.isfinite(number)
        ]
        event = self.proto.event_pb2.Event(
            wall_time=time.time(), step=row["iteration"], summary=summary(value=values)
        )
        self.writer.write_event(event)
        self.writer.flush()
        self.written.add(row["iteration"])

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.writer is not None:
            self.writer.close()

    def _events(self) -> Iterator[Any]:
        """What the files hold so far; the last record of a killed process may be torn."""
        for path in sorted(self.folder.glob(_PATTERN)):
            data = path.read_bytes()
            while len(data) >= _HEAD:
                (length,) = struct.unpack("<Q", data[:8])
                if len(data) < _HEAD + length + _TAIL:
                    break
                yield self.proto.event_pb2.Event.FromString(data[_HEAD : _HEAD + length])
                data = data[_HEAD + length + _TAIL :]
