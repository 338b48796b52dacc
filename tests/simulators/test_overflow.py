"""Runs whose neighbor lists are too small, at once or only in mid-run, recover by themselves."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import Problem, Task, solve
from invdesign._solve._evaluate import evaluate_population
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.optimizers import Adam
from invdesign.scenes import ParticleScene
from invdesign.spaces import Box

SPACING, SIDE = 1 / 80, 4
FEW = 10.5  # edges a particle of one block of 4 x 4; two that have met need more


def block(left):
    axis = (np.arange(SIDE) + 0.5) * SPACING
    points = np.stack(np.meshgrid(left + axis, 0.4 + axis, indexing="ij"), axis=-1)
    return jnp.asarray(points.reshape(-1, 2), jnp.float32)


class TwoBlocks(eqx.Module):
    """Two blocks of water in free flight; the design is the velocity of the left one."""

    def __call__(self, design, condition):
        left, right = block(0.4), block(0.49)
        velocity = jnp.broadcast_to(design.parameters[None], left.shape)
        return ParticleScene(
            position=jnp.concatenate([left, right]) + condition[None],
            velocity=jnp.concatenate([velocity, jnp.zeros_like(right)]),
            segments=jnp.zeros((0, 2, 2)),
            segment_radius=jnp.zeros((0,)),
            lower=jnp.zeros(2),
            upper=jnp.ones(2),
            gravity=jnp.zeros(2),
        )


class Nearer(AbstractObjective):
    """Squared distance of the left block's center from that of the right one's start."""

    def __call__(self, trajectory, design):
        center = trajectory.frames.position[-1, : SIDE**2].mean(axis=0)
        return jnp.sum((center - jnp.asarray([0.515, 0.425])) ** 2) / 0.1**2


class Rightmost(AbstractScore):
    def __call__(self, trajectory, design):
        return trajectory.frames.position[-1, : SIDE**2, 0].max()


@pytest.fixture
def make_problem(make_simulator):
    def make(edges_per_node, speed):
        space = Box(-6 * jnp.ones(2), 6 * jnp.ones(2), initial_parameters=jnp.asarray([speed, 0.0]))
        task = Task(
            name="blocks",
            space=space,
            build=TwoBlocks(),
            conditions=jnp.zeros((1, 2)),
            unseen=jnp.zeros((1, 2)),
            objective=Nearer(),
            score=Rightmost(),
            num_steps=8,
        )
        simulator = make_simulator(edges_per_node=edges_per_node, wildness=0.02)
        return Problem(task, simulator)

    return make


def run(problem, max_steps=4):
    return solve(problem, Adam(0.2), key=jax.random.key(0), max_steps=max_steps)


def capacity(solution):
    return solution.problem.simulator.connectivity.edges_per_node


def columns(solution):
    return {n: c for n, c in solution.history.columns.items() if n != "seconds"}


def assert_identical(ours, theirs):
    """But for rounding: programs of two capacities do not add in the same order."""
    assert capacity(ours) == capacity(theirs)
    for name, column in columns(ours).items():
        other = columns(theirs)[name]
        if np.issubdtype(column.dtype, np.floating):
            np.testing.assert_allclose(column, other, rtol=1e-3, err_msg=name)
        else:
            np.testing.assert_array_equal(column, other, err_msg=name)
    np.testing.assert_allclose(ours.latent, theirs.latent, rtol=1e-3, atol=1e-4)


def test_the_first_step_has_room_for_one_block_only():
    # What the tests below rest on; positions are those the first step of a fast block looks at.
    left, right = np.asarray(block(0.4)), np.asarray(block(0.49))
    points = np.concatenate([left + 0.01 * np.array([2.0, 0.0]), right])
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    edges = (np.sum(distance < 0.028) - len(points)) / len(points)
    assert FEW / 2 < edges <= FEW
    assert distance[: SIDE**2, SIDE**2 :].min() > 0.028


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(FEW / 2, id="four times too small", marks=pytest.mark.slow),  # compiles thrice
        pytest.param(FEW, id="in mid-rollout"),
    ],
)
def test_the_run_is_that_of_the_final_capacity(make_problem, start):
    enough = run(make_problem(2 * FEW, 2.0))
    recovered = run(make_problem(start, 2.0))
    assert enough.num_growths == 0
    assert recovered.num_growths == round(np.log2(2 * FEW / start))
    assert_identical(recovered, enough)


def test_capacity_that_runs_out_in_a_later_iteration(make_problem):
    enough, recovered = run(make_problem(2 * FEW, 0.1)), run(make_problem(FEW, 0.1))
    assert (enough.num_growths, recovered.num_growths) == (0, 1)
    assert run(make_problem(FEW, 0.1), 1).num_growths == 0  # the first iteration had room
    assert set(recovered.history["result"]) == {0}
    for name in ("value", "gradient_norm"):
        ours, theirs = recovered.history[name], enough.history[name]
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5)
        np.testing.assert_allclose(ours, theirs, rtol=2e-2)  # Adam divides by what rounding left


def test_capacity_changes_neither_value_nor_gradient(make_problem):
    found = []
    for edges_per_node in (FEW, 2 * FEW):
        problem = make_problem(edges_per_node, 0.1)
        latents = problem.task.space.initial()[None]
        found.append(evaluate_population(problem, latents, 1, 1, problem.constraints)[0])
    ours, theirs = found
    assert int(ours.result[0]) == int(theirs.result[0]) == 0
    np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-5)
    scale = float(jnp.linalg.norm(theirs.grad))
    assert scale > 1e-3
    np.testing.assert_allclose(ours.grad, theirs.grad, atol=1e-5 * scale)
