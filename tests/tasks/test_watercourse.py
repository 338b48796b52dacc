"""What watercourses promise: water lands, keeps its volume, stays above ground, has no side."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import rollout
from invdesign.families.watercourse import WATERCOURSE
from invdesign.reference import MPM, lattice
from invdesign.scenes import Landscape, ParticleScene
from invdesign.spaces import HeightDesign
from invdesign.studies._registry import load_task

LITE, FULL = "watercourse-direction-lite", "watercourse-direction"


@eqx.filter_jit
def run(solver, scene, num_steps):
    return rollout(solver, scene, num_steps=num_steps, throw=False)


def made(name):
    task = load_task(name, rough=0.0)  # hills would be added to every landscape of these tests
    return task, WATERCOURSE.make_solver(task, 0.025).simulator


def scene_of(task, heights, condition=None):
    stream = jax.tree.map(lambda x: x[0], task.conditions) if condition is None else condition
    heights = jnp.asarray(heights, jnp.float32)
    return task.build(HeightDesign(heights.ravel(), heights), stream)


def random_heights(task, seed):
    nodes = task.space.nodes
    return 0.5 + 0.15 * np.tanh(np.random.default_rng(seed).normal(size=(nodes, nodes)))


def bowl(nodes, depth=0.15):
    line = np.linspace(-1, 1, nodes)
    x, z = np.meshgrid(line, line, indexing="ij")
    return 0.5 + depth * np.clip(2 * np.maximum(x**2, z**2) - 1, -1, 1)


@pytest.fixture(scope="module")
def lite():
    return made(LITE)


def figures(task, trajectory):
    design = task.space.decode(task.space.initial())
    landed = float(task.metrics["landed"](trajectory, design))
    value = float(task.objective.terms[0](trajectory, design))
    return float(task.score(trajectory, design)), landed, value


def crossed(sheet, frames):
    """How often a particle that is over the sheet has come to be under it."""
    position = np.asarray(frames.position, np.float32)
    flat = position[..., [0, 2]]
    level = np.asarray(sheet.height(jnp.asarray(flat.reshape(-1, 2)))).reshape(flat.shape[:2])
    above = position[..., 1] > level
    over = ((flat > 0.02) & (flat < 0.98)).all(axis=-1)
    return int((above[:-1] & over[:-1] & ~above[1:] & over[1:]).sum())


@pytest.mark.slow
def test_a_pit_scores_below_the_flat_landscape_and_nothing_gets_through(lite):
    task, solver = lite
    flat, pit = (
        run(solver, scene_of(task, heights), task.num_steps)
        for heights in (np.full((9, 9), 0.5), bowl(9))
    )
    score, landed, value = figures(task, flat)
    assert landed >= 0.85 and 0.02 < score < 0.4
    held, kept, worse = figures(task, pit)
    assert held < score and kept < landed and worse > value
    scene = scene_of(task, random_heights(task, 0))
    frames = run(solver, scene, task.num_steps).frames
    assert crossed(scene.bodies[0], frames) == 0
    passage = jax.tree.map(np.asarray, frames.passage)
    first = np.argmax(passage.landed[-1][None] & passage.landed, axis=0)
    gone = passage.landed[-1]
    # What has landed stays at the floor where it was, and the time is within that frame.
    end = np.asarray(frames.position)[first[gone], gone]
    np.testing.assert_array_equal(end, np.asarray(frames.position)[-1][gone])
    np.testing.assert_allclose(end[:, 1], 0.0, atol=1e-6)
    begun = solver.dt * first[gone]
    assert (passage.when[-1][gone] >= begun - 1e-6).all()
    assert (passage.when[-1][gone] <= begun + solver.dt + 1e-6).all()


@pytest.mark.slow
@pytest.mark.parametrize("turn", ["mirror", "quarter"])
def test_a_mirrored_or_turned_course_mirrors_and_turns_its_water(lite, turn):
    task, solver = lite

    def moved(vectors, about):
        x, y, z = np.moveaxis(np.asarray(vectors), -1, 0)
        return np.stack([about - x, y, z] if turn == "mirror" else [z, y, about - x], axis=-1)

    stream = jax.tree.map(lambda x: x[0], task.conditions)
    heights = 0.5 + 0.3 * (random_heights(task, 1) - 0.5)
    other = heights[::-1] if turn == "mirror" else heights[::-1].T
    turned = dataclasses.replace(
        stream,
        position=jnp.asarray(moved(stream.position, 1.0)),
        velocity=jnp.asarray(moved(stream.velocity, 0.0)),
    )
    one = run(solver, scene_of(task, heights), 24).frames.position
    two = run(solver, scene_of(task, other, turned), 24).frames.position
    assert np.abs(np.asarray(one[-1] - one[0])).max() > 0.5
    np.testing.assert_allclose(moved(one, 1.0), two, atol=5e-3)


@pytest.mark.slow
def test_a_pool_in_space_settles_to_its_volume():
    spacing = 1 / 40
    solver = MPM(
        dt=0.025, spacing=spacing, cell=2 * spacing, sound_speed=10.0, courant=0.5,
        extent=(0.25, 0.5, 0.25),
    )  # fmt: skip
    position = lattice((0.0, 0.1, 0.0), (10, 8, 10), spacing)  # 0.2 m deep
    scene = ParticleScene(
        position=position,
        velocity=jnp.zeros_like(position),
        segments=jnp.zeros((0, 2, 3)),
        segment_radius=jnp.zeros((0,)),
        lower=jnp.zeros(3),
        upper=jnp.asarray([0.25, 0.5, 0.25]),
        gravity=jnp.asarray([0.0, -9.81, 0.0]),
        spacing=spacing,
    )
    frames = run(solver, scene, 160).frames
    depth = 2 * np.asarray(frames.position)[-40:, :, 1].mean()
    assert abs(depth / 0.2 - 1) < 0.05


@pytest.mark.slow
def test_water_of_the_full_task_lands_and_stays_above_twenty_landscapes():
    task, solver = made(FULL)
    score, landed, _ = figures(task, run(solver, scene_of(task, np.full((25, 25), 0.5)), 80))
    assert landed >= 0.85 and score < 0.25
    for seed in range(20):
        scene = scene_of(task, random_heights(task, seed))
        assert crossed(scene.bodies[0], run(solver, scene, 80).frames) == 0


@pytest.mark.slow
def test_the_gradient_is_that_of_differences():
    with jax.enable_x64(True):
        task, solver = made(LITE)
        space, stream = task.space, jax.tree.map(lambda x: x[0], task.conditions)
        direction = np.random.default_rng(0).normal(size=81)
        start = jnp.asarray(0.1 * np.random.default_rng(1).normal(size=81))

        @jax.jit
        def value(step):
            design = space.decode(start + step * jnp.asarray(direction))
            trajectory = rollout(solver, task.build(design, stream), num_steps=14, throw=False)
            return jnp.mean(trajectory.frames.position[-1, :, 0])

        slope = jax.jit(jax.grad(value))(jnp.asarray(0.0))
        h = 1e-6
        difference = (value(jnp.asarray(h)) - value(jnp.asarray(-h))) / (2 * h)
        np.testing.assert_allclose(slope, difference, rtol=2e-2)


def test_a_landscape_is_about_as_far_as_its_rough_distance_says():
    heights = 0.5 + 0.02 * np.random.default_rng(0).normal(size=(9, 9))
    sheet = Landscape(jnp.asarray(heights, jnp.float32), (0.0, 0.0), (1.0, 1.0), 0.02, reach=0.1)
    axes = [jnp.linspace(*ends) for ends in ((0, 1, 12), (0.45, 0.55, 9), (0, 1, 11))]
    rough = np.asarray(sheet.rough(axes))[0]
    points = jnp.stack(jnp.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    exact = np.asarray(sheet.closest(points)[1]).reshape(rough.shape)
    near = exact < 0.05
    assert near.sum() > 500
    np.testing.assert_allclose(rough[near], exact[near], atol=1e-2)
