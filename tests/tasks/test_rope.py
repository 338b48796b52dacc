"""What `rope-throw` promises: a shape of MuJoCo's, that no single rate passes."""

import runpy

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import judge
from invdesign.io._resources import tasks_dir
from invdesign.reference import MuJoCo
from invdesign.studies._registry import load_task

pytest.importorskip("mujoco")


@pytest.fixture(scope="module")
def task():
    return load_task("rope-throw")


def value(task, rates):
    design = task.space.decode(task.space.encode(rates))
    scene = task.build(design, jnp.zeros(()))
    (trajectory,) = MuJoCo().trajectories([scene], num_steps=task.num_steps)
    return float(task.objective(trajectory, design))


def test_the_shape_is_mujocos_from_rates_within_the_bounds(task):
    knots = runpy.run_path(str(tasks_dir() / "rope-throw" / "task.py"))["KNOTS"]
    rates = np.interp(np.arange(19), np.linspace(0, 18, len(knots)), knots)
    found = judge(task.space.encode(rates), task, MuJoCo())
    assert found.score > 0.995 and found.metrics["distance"][0] < 2e-3
    assert judge(task.space.initial(), task, MuJoCo()).score == 0


def test_one_rate_for_all_will_not_do(task):
    slice_ = task.slices["common rate"]
    designs = [task.space.encode(slice_(jnp.asarray([rate]))) for rate in (1.0, 2.0, 3.0, 4.0)]
    assert max(judge(each, task, MuJoCo()).score for each in designs) < 0.45


def test_mujocos_own_differences_agree_over_step_sizes(task):
    start, rng = np.linspace(4.0, -6.0, 19), np.random.default_rng(0)
    ways = rng.standard_normal((6, 19))
    # Links that turn by so much more move the nodes behind them by 1 and by 10 mm until the end.
    slopes = [
        [(value(task, start + h * w) - value(task, start - h * w)) / (2 * h) for w in ways]
        for h in (0.025, 0.25)
    ]
    first, second = np.asarray(slopes)
    assert first @ second > 0.99 * np.linalg.norm(first) * np.linalg.norm(second)
