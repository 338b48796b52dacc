"""A sweep whose head and workers are killed at random moments ends as if they had not been."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from invdesign.io import read_design, read_history, read_run_directory
from invdesign.io._npz import read_npz
from invdesign.io._sealed import read_sealed
from invdesign.studies import status

PROGRAM = "from invdesign.cli import main; main()"
KILLS = 20
STUDY = """
tasks = ["contain-lite", "ramp-lite"]
optimizers = ["adam", "random", "cmaes"]
seeds = [0, 1, 2, 3]
steps = 3
population = 4
simulator = "reference"
"""
_CLOCKS = ("seconds", "seconds_by_phase", "files", "checksum")  # what depends on a clock


def start(study, out, cache, *more):
    words = ["sweep", study, "--out", out, "--workers", 2, "--threads", 1, "--no-pictures", *more]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"INVDESIGN_CACHE": str(cache)},
    )


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def left(folder):
    """What a run leaves, without what a clock has written."""
    history = repr([{**row, "seconds": 0} for row in read_history(folder / "history.csv")])
    result = read_sealed(folder / "verification.json")
    result = {key: value for key, value in result.items() if key not in _CLOCKS}
    arrays = {name: read_npz(folder / name) for name in ("champions.npz", "trajectory.npz")}
    flat = {f"{file}:{key}": a for file, many in arrays.items() for key, a in many.items()}
    return history, result, read_design(folder / "design.json").parameters.tolist(), flat


@pytest.mark.slow  # 24 runs, twice
def test_a_sweep_whose_processes_are_killed_ends_as_if_they_had_not_been(tmp_path):
    study, cache = tmp_path / "study.toml", tmp_path / "cache"
    study.write_text(STUDY)
    whole, out = tmp_path / "whole", tmp_path / "killed"
    began = time.monotonic()
    assert start(study, whole, cache).wait() == 0
    seconds = time.monotonic() - began
    seed = int.from_bytes(os.urandom(4))
    rng = random.Random(seed)
    kills = {"head": 0, "worker": 0}
    head, ended = start(study, out, cache), 0
    while sum(kills.values()) < KILLS:
        time.sleep(rng.uniform(0.1, 2.5) * seconds / KILLS)
        victims = children(head.pid) if head.poll() is None else []
        if head.poll() is not None:  # all was done before enough kills: once more, elsewhere
            out, ended = tmp_path / f"killed-{ended}", ended + 1
            head = start(study, out, cache)
        elif victims and rng.random() < 0.5:
            os.kill(rng.choice(victims), signal.SIGKILL)
            kills["worker"] += 1
        else:
            head.kill()
            head.wait()
            kills["head"] += 1
            assert not status(out).running if (out / "study.json").exists() else True
            head = start(study, out, cache)  # at once
    assert head.wait() in (0, 1), f"seed {seed}"
    unlucky = status(out).failed  # three kills in a row before any progress
    if unlucky:
        assert start(study, out, cache, "--only", "failed").wait() == 0, f"seed {seed}"
    print(f"seed {seed}: {kills}, {len(unlucky)} given up, undisturbed {seconds:.0f} s")
    found = status(out)
    assert found.counts["finished"] == len(found.runs) == 24, f"seed {seed}"
    assert not list(out.rglob("*.partial"))
    for name in found.runs:
        read_run_directory(out / name)  # with all checksums
        expected, made = left(whole / name), left(out / name)
        assert expected[:3] == made[:3], f"{name}, seed {seed}"
        assert expected[3].keys() == made[3].keys()
        for key, array in expected[3].items():
            np.testing.assert_array_equal(array, made[3][key], err_msg=f"{name}, seed {seed}")
