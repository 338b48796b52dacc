"""Ctrl-C and kills: runs go on as if nothing had been."""

import math
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest

from invdesign._solve import solve
from invdesign.optimizers import BFGS, CEM, CMAES, Adam, MultiStart, Then

from .toy import KEY, Toy, assert_same_history, long_run, toy

CHAIN = Then(CMAES(population=5), Adam(0.05), steps=6)


def test_ctrl_c_leaves_a_valid_solution_that_goes_on(tmp_path):
    def interrupt(record):
        if record["iteration"] == 8:
            raise KeyboardInterrupt

    # The toy counts its traces in a global list, which a derived fingerprint would see change.
    settings = {"key": KEY, "max_steps": 15, "checkpoint": tmp_path, "fingerprint": "toy"}
    settings["save_every"] = 1e9
    part = solve(toy(), CHAIN, callback=interrupt, **settings)
    assert part.reason == "interrupted"
    assert len(part.history) == 9
    assert math.isfinite(part.value)
    whole = solve(toy(), CHAIN, key=KEY, max_steps=15)
    rest = solve(toy(), CHAIN, **settings)
    assert_same_history(whole, rest)
    assert rest.reason == whole.reason
    assert rest.seconds > part.seconds
    assert_same_history(whole, solve(toy(), CHAIN, **settings))  # already at its end


def test_ctrl_c_while_compiling_returns_the_start(tmp_path):
    class Interrupted(eqx.Module):
        inner: Toy
        steps_per_evaluation: int = 1
        gradient_cost: float = 1.0

        @property
        def task(self):
            return self.inner.task

        def grow(self, factor):
            return self

        def evaluate(self, latent, *, order):
            raise KeyboardInterrupt

    problem = Interrupted(toy())
    solution = solve(problem, Adam(0.1), key=KEY, max_steps=3, checkpoint=tmp_path)
    assert solution.reason == "interrupted"
    assert len(solution.history) == 0
    np.testing.assert_array_equal(solution.latent, 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "optimizer",
    [Adam(0.1), BFGS(), CEM(population=4, num_elites=2), MultiStart(Adam(0.1), num_starts=2)],
    ids=["Adam", "BFGS", "CEM", "MultiStart"],
)
def test_resume_is_exact(tmp_path, optimizer):
    whole = solve(toy(reach=0.2), optimizer, key=KEY, max_steps=9)
    for steps in (2, 5, 9):
        file = tmp_path / "run.npz"
        part = solve(toy(reach=0.2), optimizer, key=KEY, max_steps=steps, checkpoint=file)
        assert len(part.history) <= steps
    assert_same_history(whole, part)
    assert part.num_growths == whole.num_growths > 0
    for x, y in zip(*map(jax.tree.leaves, (whole, part)), strict=True):
        if isinstance(x, jax.Array):
            np.testing.assert_array_equal(x, y)


def test_resume_is_exact_after_sigkill(tmp_path):
    file = tmp_path / "killed" / "solve.npz"
    delay = random.Random().uniform(0.0, 1.5)
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(Path(__file__).with_name("toy.py")), str(file.parent)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}) as process:
        while not file.exists() and process.poll() is None:
            time.sleep(0.005)
        time.sleep(delay)
        process.kill()
    killed_at = int(np.load(file)["history_iteration"][-1])
    assert process.returncode == -9 and killed_at < 59, f"killed too late, after {delay} s"
    whole, resumed = long_run(tmp_path / "whole"), long_run(file.parent)
    assert len(resumed.history) == 60
    assert_same_history(whole, resumed)
