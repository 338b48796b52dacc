"""What `ks-steer` promises: its target is the solver's, its start scores nothing."""

import runpy

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import judge
from invdesign.io._resources import tasks_dir
from invdesign.reference import KuramotoSivashinsky, Simulated
from invdesign.studies._registry import load_task

pytest.importorskip("exponax")
SOLVER = Simulated(KuramotoSivashinsky())


@pytest.fixture(scope="module")
def task():
    return load_task("ks-steer")


def design(task, amplitudes):
    return task.space.decode(task.space.encode(amplitudes))


def test_the_target_is_the_solvers_from_amplitudes_within_the_ball(task):
    amplitudes = runpy.run_path(str(tasks_dir() / "ks-steer" / "task.py"))["AMPLITUDES"]
    found = judge(design(task, amplitudes), task, SOLVER)
    assert found.score > 0.999
    assert found.metrics["relative_error"][0] < 1e-3
    size = np.linalg.norm(amplitudes)
    assert size == pytest.approx(0.7, abs=1e-3) and float(task.space.radius) == 1.0


def test_no_field_stays_nothing(task):
    found = judge(task.space.initial(), task, SOLVER)
    assert found.score == 0 and found.metrics["relative_error"][0] == pytest.approx(1.0)
    assert not found.trajectory.frames.field.any()


def test_ten_units_of_time_and_no_wave_alone_will_do(task):
    assert task.num_steps * SOLVER.simulator.dt >= 10
    assert len(task.slices) == 24
    best = task.slices["sine 7"]  # by a scan of all 24
    designs = [task.space.encode(best(jnp.asarray([x]))) for x in (-1.0, -0.5, 0.5, 1.0)]
    assert max(judge(each, task, SOLVER).score for each in designs) < 0.4
