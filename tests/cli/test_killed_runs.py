"""Runs that are killed at random moments and go on to what they would have been."""

import os
import random
import subprocess
import sys
import time

import numpy as np
import pytest

from invdesign.io import read_history
from invdesign.studies import OPTIMIZERS

from ..remains import left

PROGRAM = "from invdesign.cli import main; main()"
KILLS = 5  # that meet a live process, of each optimizer's runs
TRIES = 25
STEPS = 8


def start(arguments, cache):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"INVDESIGN_CACHE": str(cache)},
    )


def rows(out):
    """How many rows a run's history has by now."""
    path = out / "history.csv"
    return len(read_history(path)) if path.exists() else 0


def watched(process, out):
    """Seconds from a run's start until each of its rows, and until its end."""
    began, at = time.monotonic(), []
    while process.poll() is None:
        now = time.monotonic() - began
        at += [now] * (rows(out) - len(at))
        time.sleep(0.02)
    return at, time.monotonic() - began


def assert_same(whole, out, seed):
    expected, found = left(whole), left(out)
    assert expected[:3] == found[:3], f"seed {seed}"
    assert expected[3].keys() == found[3].keys()
    for key, array in expected[3].items():
        np.testing.assert_array_equal(array, found[3][key], err_msg=f"{key}, seed {seed}")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_a_run_killed_at_random_moments_ends_as_if_it_had_not_been(name, place, tiny):
    """SIGKILL at moments all over the run, from its first import to its pictures.

    A moment is drawn from what a run has still to do. A run that ends before it is compared, and
    another one begun, until enough kills have met a live process.
    """
    cache, arguments = place / "cache", ["run", tiny, "--simulator", "reference", "--optimizer"]
    arguments += [name, "--steps", STEPS, "--out"]
    whole, warm = place / f"whole-{name}", place / f"warm-{name}"
    assert start([*arguments, whole], cache).wait() == 0
    process = start([*arguments, warm], cache)
    at, end = watched(process, warm)
    assert process.returncode == 0 and len(at) == rows(warm)
    seed = int.from_bytes(os.urandom(4))
    rng = random.Random(seed)
    hits, tries, ended = 0, 0, 0
    while hits < KILLS and tries < TRIES:
        out = place / f"killed-{name}-{ended}"
        done = rows(out)
        rest = at[0] + end - at[done - 1] if done else end
        process = start([*arguments, out], cache)
        time.sleep(rng.uniform(0.2, 1.0) * rest)
        met = process.poll() is None
        process.kill()
        code = process.wait()
        hits, tries = hits + met, tries + 1
        if not met:
            assert code == 0, f"seed {seed}"
            assert_same(whole, out, seed)
            ended += 1
    print(f"{name}: {hits} of {tries} kills met a live process, {ended} runs ended before one")
    assert hits == KILLS, f"seed {seed}"
    out = place / f"killed-{name}-{ended}"
    assert start([*arguments, out], cache).wait() == 0, f"seed {seed}"
    assert_same(whole, out, seed)
