"""Runs that are killed at random moments and go on to what they would have been."""

import os
import random
import subprocess
import sys
import time

import numpy as np
import pytest

from invdesign.cli._optimizers import OPTIMIZERS
from invdesign.io import read_design, read_history, read_npz, read_sealed

PROGRAM = "from invdesign.cli import main; main()"
KILLS = 5  # tried with each optimizer; a run may have ended before one of them
STEPS = 8
_CLOCKS = ("seconds", "seconds_by_phase", "files", "checksum")  # what depends on a clock


def start(arguments, cache):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"INVDESIGN_CACHE": str(cache)},
    )


def left(out):
    """What a run leaves, without what a clock has written."""
    # As text: a gradient that there is none of is NaN, which equals nothing.
    history = repr([{**row, "seconds": 0} for row in read_history(out / "history.csv")])
    result = read_sealed(out / "verification.json")
    result = {key: value for key, value in result.items() if key not in _CLOCKS}
    arrays = {name: read_npz(out / name) for name in ("champions.npz", "trajectory.npz")}
    flat = {f"{file}:{key}": a for file, many in arrays.items() for key, a in many.items()}
    return history, result, read_design(out / "design.json").parameters, flat


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_a_run_killed_at_random_moments_ends_as_if_it_had_not_been(name, place, tiny):
    """SIGKILL at moments all over the run, from its first import to its pictures."""
    cache, arguments = place / "cache", ["run", tiny, "--simulator", "reference", "--optimizer"]
    arguments += [name, "--steps", STEPS, "--out"]
    whole, killed = place / f"whole-{name}", place / f"killed-{name}"
    assert start([*arguments, whole], cache).wait() == 0
    seed = int.from_bytes(os.urandom(4))
    rng = random.Random(seed)
    began = time.monotonic()
    assert start([*arguments, place / f"warm-{name}"], cache).wait() == 0
    length = time.monotonic() - began
    landed = 0
    for _ in range(KILLS):
        process = start([*arguments, killed], cache)
        time.sleep(rng.uniform(0.2, 1.0) * length)
        landed += process.poll() is None
        process.kill()
        process.wait()
    assert start([*arguments, killed], cache).wait() == 0
    expected, found = left(whole), left(killed)
    assert landed and expected[:2] == found[:2], f"seed {seed}"
    np.testing.assert_array_equal(expected[2], found[2], err_msg=f"seed {seed}")
    assert expected[3].keys() == found[3].keys()
    for key, array in expected[3].items():
        np.testing.assert_array_equal(array, found[3][key], err_msg=f"{key}, seed {seed}")
