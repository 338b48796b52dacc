"""What `ball-chute` promises: balls that do not meet, and bins that one slope does not fill."""

import itertools
import runpy

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import Trajectory, judge
from invdesign.families.balls import Astray, Binned, Landed
from invdesign.io._resources import tasks_dir
from invdesign.reference import MuJoCo
from invdesign.scenes import ParticleFrame
from invdesign.studies._registry import load_task

pytest.importorskip("mujoco")
NAMES = runpy.run_path(str(tasks_dir() / "ball-chute" / "task.py"))


@pytest.fixture(scope="module")
def task():
    return load_task("ball-chute")


def falling(places):
    """A trajectory of one ball at given places, a frame each."""
    position = jnp.asarray(places, jnp.float32)[:, None]
    still = jnp.zeros_like(position)
    return Trajectory(
        ParticleFrame(position[0], still[0]),
        ParticleFrame(position[1:], still[1:]),
        None,
        jnp.zeros((), jnp.int32),
    )


def test_a_ball_lands_where_it_first_comes_below_the_level():
    # It crosses 0.3 half way between frames at x = 0.25, and comes back.
    path = falling([[0.1, 0.6], [0.2, 0.4], [0.3, 0.2], [0.6, 0.4], [0.9, 0.1]])
    assert float(Astray([0.25], 0.3, 0.1)(path, None)) < 1e-9
    np.testing.assert_allclose(Astray([0.35], 0.3, 0.1)(path, None), 0.5, rtol=1e-5)
    bins = [Binned([middle], 0.3, 0.14, 0.04) for middle in (0.25, 0.275, 0.285)]
    assert [float(each(path, None)) for each in bins] == [1.0, 1.0, 0.0]
    # One that stays above is in no bin, and as far away as it is above and beside its own.
    high = falling([[0.1, 0.6], [0.2, 0.5], [0.25, 0.4]])
    assert float(bins[0](high, None)) == 0.0 and float(Landed(0.3)(high, None)) == 0.0
    np.testing.assert_allclose(Astray([0.25], 0.3, 0.1)(high, None), 0.5, rtol=1e-5)
    np.testing.assert_allclose(bins[0].goal, [[0.18, 0.0], [0.32, 0.3]])
    slope = jax.grad(lambda x: Astray([0.25], 0.3, 0.1)(falling([[0.1, 0.6], [x, 0.2]]), None))
    assert float(slope(0.4)) > 0 > float(slope(0.2))
    with pytest.raises(ValueError, match="width"):
        Binned([0.5], 0.3, 0.08, 0.04)
    with pytest.raises(ValueError, match="scale"):
        Astray([0.5], 0.3, 0.0)


def test_the_first_design_fits_leads_all_balls_down_and_few_into_their_bins(task):
    first = judge(task.space.initial(), task, MuJoCo())
    assert first.violations == {} and (first.metrics["landed"] == 1.0).all()
    assert first.score < 0.3
    assert len(task.unseen.position) == 8 and task.num_steps <= 50


def test_no_ball_meets_another_before_the_bins(task):
    design = task.space.decode(task.space.initial())
    starts = [jax.tree.map(lambda x, i=i: x[i], task.unseen) for i in range(3)]
    scenes = [task.build(design, start) for start in starts]
    for trajectory in MuJoCo().trajectories(scenes, num_steps=task.num_steps):
        position = np.concatenate([trajectory.initial.position[None], trajectory.frames.position])
        is_above = np.cumprod(position[..., 1] > NAMES["LEVEL"], axis=0).astype(bool)
        for a, b in itertools.combinations(range(8), 2):
            both = is_above[:, a] & is_above[:, b]
            distance = np.linalg.norm(position[both, a] - position[both, b], axis=1)
            assert distance.min() > 2 * NAMES["RADIUS"]


def test_blades_that_touch_a_ball_or_leave_it_no_room_do_not_fit(task):
    low = np.asarray(task.space.initial_parameters)
    names = {each.name: each for each in task.constraints}
    entries = {
        name: each(None, task.space.decode(task.space.initial())) for name, each in names.items()
    }
    assert all((x >= -names[name].tolerance).all() for name, x in entries.items())
    steep = np.where(np.arange(16) % 2 == 0, np.sign(low) * NAMES["SLOPES"][1], low)
    near = task.space.decode(task.space.encode(steep))
    assert float(names["clear of the starts"](None, near).min()) < -0.02
    out = np.where(np.arange(16) % 2 == 1, np.repeat([1.0, -1.0], 8) * NAMES["OFFSET"], low)
    inner = task.space.decode(task.space.encode(out))
    assert float(names["a ball's width apart"](None, inner).min()) < -0.02


@pytest.mark.slow
def test_one_slope_will_not_do(task):
    slice_ = task.slices["common slope"]
    designs = [task.space.encode(slice_(jnp.asarray([x]))) for x in (0.4, 0.6, 0.8)]
    assert max(judge(each, task, MuJoCo()).score for each in designs) < 0.45
