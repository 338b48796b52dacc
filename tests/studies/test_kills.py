"""Runs that are killed before any of their writes, and go on to what they would have been."""

import os
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._problem import Problem
from invdesign._task import Task
from invdesign.io import _atomic, read_design, read_history
from invdesign.io._npz import read_npz
from invdesign.io._sealed import read_sealed
from invdesign.reference import Simulated
from invdesign.spaces import JointChain
from invdesign.studies import OPTIMIZERS, Watch, run_design
from invdesign.studies._optimizers import Effort, contestant

from .bowl import Bowl, Closeness, Place, Still

STEPS = 4


TASK = Task(
    name="bowl",
    space=JointChain(3, length=0.3, anchor=(0.5, 0.5)),
    build=Place(),
    conditions=jnp.full((1, 3), 0.3),
    unseen=jnp.full((2, 3), 0.3),
    objective=Bowl(),
    score=Closeness(),
    num_steps=1,
)
PROBLEM = Problem(TASK, Still(), gradient_cost=4.0)


class Killed(BaseException):
    """The end of a process: nothing that follows is written."""


def run(out, name, watch=None):
    effort = Effort(steps=STEPS, population=None)
    player = contestant(name, PROBLEM, effort)
    configuration = {"task": TASK.name, "optimizer": name, "seed": 0, "simulator": "learned"}
    return run_design(
        out,
        configuration,
        PROBLEM,
        player.optimizer,
        reference=Simulated(PROBLEM.simulator),
        key=jax.random.key(0),
        max_steps=STEPS,
        watch=watch or Watch(),
    )


class Writes:
    """Counts renames, which end every write, and dies before one of them."""

    def __init__(self, monkeypatch):
        self.number, self.fatal = 0, None
        rename = os.replace

        def replace(*paths):
            self.number += 1
            if self.fatal is not None and self.number >= self.fatal:
                raise Killed
            rename(*paths)

        monkeypatch.setattr(_atomic.os, "replace", replace)

    def run(self, out, name, fatal=None):
        """The number of writes that a run takes, or `Killed` before number `fatal`."""
        self.number, self.fatal = 0, fatal
        run(out, name)
        return self.number


def left(out):
    """What a run leaves, seconds aside, which the files' own checksums cover, too."""
    rows = [{**row, "seconds": 0} for row in read_history(out / "history.csv")]
    design = read_design(out / "design.json")
    champions = read_npz(out / "champions.npz")["latent"]
    files = sorted(path.name for path in out.iterdir())
    tools = [(out / f"tool.{end}").read_bytes() for end in ("svg", "dxf", "stl", "obj")]
    return rows, design.parameters, design.segments, champions, files, tools


def assert_same(one, two):
    for a, b in zip(one, two, strict=True):
        np.testing.assert_equal(a, b)


FAST = ("cmaes-adam",)


@pytest.mark.parametrize(
    "name", [*FAST, *(pytest.param(n, marks=pytest.mark.slow) for n in OPTIMIZERS if n not in FAST)]
)
def test_a_run_killed_before_any_write_goes_on_to_the_same_end(tmp_path, monkeypatch, name):
    writes = Writes(monkeypatch)
    total = writes.run(tmp_path / "whole", name)
    whole = left(tmp_path / "whole")
    assert len(whole[0]) == len(whole[3]) and total > 10
    for fatal in range(1, total + 1):
        out = tmp_path / "killed"
        with pytest.raises(Killed):
            writes.run(out, name, fatal)
        writes.run(out, name)
        assert_same(left(out), whole)
        shutil.rmtree(out)


def test_a_run_tells_the_scores_of_its_start_and_of_its_end(tmp_path):
    """Where nothing moves a score follows from the design alone."""
    run(tmp_path / "run", "adam")
    result = read_sealed(tmp_path / "run" / "verification.json")
    start = np.asarray(TASK.space.decode(TASK.space.initial()).parameters)
    end = read_design(tmp_path / "run" / "design.json").parameters
    before, after = (1 / (1 + np.sum((design - 0.3) ** 2)) for design in (start, end))
    assert result["score_initial"] == pytest.approx(before, rel=1e-5)
    assert result["score"] == result["reference_score_mean"] == pytest.approx(after, rel=1e-5)
    assert after > before + 0.01


def test_a_run_whose_folder_is_removed_ends_and_leaves_nothing(tmp_path):
    out = tmp_path / "run"

    def remove(row):
        shutil.rmtree(out)

    with pytest.raises(ValueError, match=r"run/solve\.npz` cannot be .*, or was removed meanwhile"):
        run(out, "adam", Watch(row=remove))
    assert not list(tmp_path.iterdir())
