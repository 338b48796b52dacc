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

from invdesign.io import read_run_directory
from invdesign.studies import status

from ..remains import left

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


def searching(out):
    """Whether runs have begun to search, as the files say."""
    found = status(out) if (out / "study.json").exists() else None
    return found is not None and any(
        run.state == "running" and run.phase for run in found.runs.values()
    )


def wait(head, out, rng):
    """Until a moment all over a run's life: most of them in the work, some before it begins."""
    if rng.random() < 0.25:
        time.sleep(rng.uniform(0.0, 5.0))
        return
    while head.poll() is None and not searching(out):
        time.sleep(0.5)
    time.sleep(rng.uniform(0.0, 8.0))


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
        wait(head, out, rng)
        victims = children(head.pid) if head.poll() is None else []
        if head.poll() is not None:
            if head.returncode == 0:  # done before enough kills: once more, elsewhere
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
    while head.wait() == 2:  # workers that were killed before they could begin, five in a row
        head = start(study, out, cache)
    unlucky = status(out).failed  # three kills in a row before any progress
    if unlucky:
        assert start(study, out, cache, "--only", "failed").wait() == 0, f"seed {seed}"
    print(f"seed {seed}: {kills}, {len(unlucky)} given up, undisturbed {seconds:.0f} s")
    assert not list(out.rglob("*.partial"))
    assert_same(whole, out, f"seed {seed}")


def assert_same(one, two, note=""):
    """All runs of a sweep are finished, intact, and those of another one."""
    found = status(two)
    assert found.runs.keys() == status(one).runs.keys()
    assert found.counts["finished"] == len(found.runs), note
    for name in found.runs:
        read_run_directory(two / name)  # with all checksums
        expected, made = left(one / name), left(two / name)
        assert expected[:3] == made[:3], f"{name}, {note}"
        assert expected[3].keys() == made[3].keys()
        for key, array in expected[3].items():
            np.testing.assert_array_equal(array, made[3][key], err_msg=f"{name}, {note}")


@pytest.mark.slow  # six runs, twice
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two workers need two cores")
def test_runs_do_not_depend_on_who_makes_them(tmp_path):
    """In this process on one core, or by two workers of one thread."""
    study, cache = tmp_path / "study.toml", tmp_path / "cache"
    study.write_text(STUDY.replace(", 1, 2, 3]", "]"))
    assert start(study, tmp_path / "workers", cache).wait() == 0
    core, before = {min(os.sched_getaffinity(0))}, os.sched_getaffinity(0)
    words = ["sweep", study, "--out", tmp_path / "here", "--in-process", "--no-pictures"]
    os.sched_setaffinity(0, core)  # which a process hands on
    try:
        command = [sys.executable, "-c", PROGRAM, *map(str, words)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    finally:
        os.sched_setaffinity(0, before)
    assert_same(tmp_path / "workers", tmp_path / "here")
    places = [status(tmp_path / name).runs["ramp-lite-adam-0"].places for name in
              ("workers", "here")]  # fmt: skip
    assert places[0] == places[1] and places[0][0].threads == 1
