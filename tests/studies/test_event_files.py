"""Event files hold a run's history, each iteration once, whatever happened to the run."""

import builtins
import math
import struct
import sys

import numpy as np
import pytest
from tensorboardX.crc32c import crc32c
from tensorboardX.proto import event_pb2

from invdesign.io._history import write_history
from invdesign.studies._event_files import EventFiles, check_events, event_files


def row(iteration):
    norm = math.nan if iteration == 1 else 0.5
    return {"iteration": iteration, "value": 1.0 / (1 + iteration), "gradient_norm": norm}


def read(folder):
    """Values by step and name, read as the format is published: checksums included."""
    found = []
    for path in sorted(folder.glob("events.out.tfevents.*")):
        data = path.read_bytes()
        while data:
            length, check = struct.unpack("<QI", data[:12])
            assert check == masked(data[:8])
            if len(data) < 16 + length:
                break
            body, (check,) = data[12 : 12 + length], struct.unpack("<I", data[12 + length :][:4])
            assert check == masked(body)
            event = event_pb2.Event.FromString(body)
            found += [(event.step, v.tag, v.simple_value) for v in event.summary.value]
            data = data[16 + length :]
    return found


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_rows_are_scalars(tmp_path):
    write_history(tmp_path / "history.csv", [row(i) for i in range(3)])
    with event_files(tmp_path) as take:
        for index in range(3):
            take({**row(index), "latent": np.zeros(2)})
            assert len(read(tmp_path)) == 2 * (index + 1) - (index >= 1)  # there at once
    found = read(tmp_path)
    assert [(step, name) for step, name, _ in found] == [
        (0, "value"), (0, "gradient_norm"), (1, "value"), (2, "value"), (2, "gradient_norm"),
    ]  # fmt: skip
    assert found[3][2] == pytest.approx(1 / 3)


def test_a_run_that_goes_on_repeats_nothing_and_lacks_nothing(tmp_path):
    first = EventFiles(tmp_path)
    for index in range(3):
        first.row(row(index))
    first.close()
    (path,) = tmp_path.glob("events.*")
    path.write_bytes(path.read_bytes()[:-7])  # killed while it wrote
    path.rename(path.with_name(path.name + ".killed"))
    with pytest.raises(KeyboardInterrupt), event_files(tmp_path) as take:
        take(row(2))
        raise KeyboardInterrupt
    for path in tmp_path.glob("events.*"):
        path.rename(path.with_name(path.name + "+"))
    write_history(tmp_path / "history.csv", [row(i) for i in range(5)])
    with event_files(tmp_path) as take:
        take(row(4))  # the row before was lost between two kills
    steps = [step for step, name, _ in read(tmp_path) if name == "value"]
    assert sorted(steps) == [0, 1, 2, 3, 4]
    files = sorted(tmp_path.glob("events.*"))
    with event_files(tmp_path):
        pass  # a finished run that is named again
    assert sorted(tmp_path.glob("events.*")) == files


def test_without_the_library(monkeypatch):
    load = builtins.__import__

    def missing(name, *rest):
        if name.startswith("tensorboardX"):
            raise ModuleNotFoundError(name=name)
        return load(name, *rest)

    monkeypatch.delitem(sys.modules, "tensorboardX")
    monkeypatch.setattr(builtins, "__import__", missing)
    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(ValueError, match=r"invdesign\[tensorboard\]"):
        check_events()
