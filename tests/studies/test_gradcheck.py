"""The gradient check on worlds whose derivatives are known, right ones and wrong ones."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from invdesign import CheckpointAdjoint, ClippedAdjoint, Problem, Task, TruncatedAdjoint
from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.scenes import ParticleFrame
from invdesign.spaces import Box, JointChain
from invdesign.studies import gradcheck
from invdesign.studies._directional import agreement

STEPS = 12


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


@jax.custom_vjp
def lying(x):
    """`x`, with a derivative that looks away from the second entry."""
    return x


lying.defvjp(lambda x: (x, None), lambda _, g: (g * jnp.asarray([1.0, 0.0, 1.0], g.dtype),))


class Springs(AbstractSimulator):
    """Three pendulums pushed by the design; `fault` says what is wrong with their gradient."""

    fault: str = eqx.field(static=True, default="")
    capacity: int = eqx.field(static=True, default=8)
    broken: int = eqx.field(static=True, default=10**6)
    dt: float = 0.1

    def init(self, scene):
        push, start = scene
        if self.fault == "lying":
            push = lying(push)
        if self.fault == "doubled":
            push = 2 * push - lax.stop_gradient(push)
        return push, (start, jnp.zeros_like(start), jnp.asarray(0, jnp.int32))

    def step(self, context, state):
        angle, speed, count = state
        speed = speed + self.dt * (context - jnp.sin(angle))
        # At zero the root has no derivative, but a value.
        root = jnp.sqrt(jnp.where(count == self.broken, 0.0 * speed, 1.0 + 0.0 * speed))
        angle = angle + self.dt * speed + 0.0 * root
        full = (count >= self.capacity) & (jnp.abs(speed).max() > 0)
        code = jnp.where(full, as_code(RESULTS.capacity_exceeded), 0).astype(jnp.int32)
        return (angle, speed, count + 1), code

    def observe(self, context, state):
        return state[0]

    def grow(self, factor):
        return Springs(self.fault, int(self.capacity * factor), self.broken)


class Push(eqx.Module):
    def __call__(self, design, condition):
        return design.parameters, condition


class Last(AbstractObjective):
    """Depends on the final angles, and on the design itself, which is not to count."""

    def __call__(self, trajectory, design):
        angle = trajectory.frames[-1]
        weight = jnp.arange(1.0, 4.0, dtype=angle.dtype)
        return jnp.sum(weight * jnp.sin(angle)) + 1e3 * jnp.sum(jnp.abs(design.parameters))


class Zero(AbstractScore):
    def __call__(self, trajectory, design):
        return jnp.zeros(())


def problem(simulator=None, adjoint=None):
    task = Task(
        name="springs",
        space=Box(-jnp.ones(3), jnp.ones(3), initial_parameters=jnp.asarray([0.1, -0.2, 0.3])),
        build=Push(),
        conditions=jnp.asarray([[0.3, 0.2, 0.1]]),
        unseen=jnp.asarray([[0.0, 0.5, -0.1], [0.4, 0.0, 0.0]]),
        objective=Last(),
        score=Zero(),
        num_steps=STEPS,
    )
    simulator = Springs(capacity=1000) if simulator is None else simulator
    return Problem(task, simulator, CheckpointAdjoint(segment=1) if adjoint is None else adjoint)


def test_a_right_gradient_agrees_at_every_horizon():
    seen = []
    checked = gradcheck(problem(), watch=lambda phase, share: seen.append((phase, share)))
    assert [row["horizon"] for row in checked.rows] == [1, 10, STEPS]
    assert checked.first_nonfinite is None
    assert (checked.num_scenes, checked.num_growths) == (2, 0)
    for row in checked.rows:
        assert row["cosine"] > 1 - 1e-9 and row["relative_error"] < 1e-6
        assert 1 - 1e-4 < row["cosine_coarse"] < 1  # a third derivative is left at 0.01
        assert [entry["step"] for entry in row["sweep"]] == [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7]
        assert row["step"] in (1e-4, 1e-5, 1e-6)
        assert (row["start"], row["contact"]) == (0, False)
    # Errors of central differences fall with the square of the step until rounding takes over.
    errors = [entry["relative_error"] for entry in checked.rows[-1]["sweep"]]
    assert 50 < errors[0] / errors[1] < 200
    assert [phase for phase in dict(seen)] == [
        "recorded states", "horizon 1", "horizon 10", "horizon 12",
    ]  # fmt: skip
    shares = [share for _, share in seen]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)


def test_the_norm_is_that_of_the_gradient_through_the_simulator():
    (row,) = gradcheck(problem(), horizons=(1,), num_directions=2, num_scenes=1).rows[:1]
    # One step: d angle / d push = dt^2, and the box's tanh has the slope 1 - parameter^2.
    start, push = np.array([0.3, 0.2, 0.1]), np.array([0.1, -0.2, 0.3])
    angle = start + 0.01 * (push - np.sin(start))
    exact = np.arange(1, 4) * np.cos(angle) * 0.01 * (1 - push**2)
    assert row["gradient_norm"] == pytest.approx(np.linalg.norm(exact), rel=1e-6)
    assert row["growth"] == 1


@pytest.mark.parametrize("fault", ["lying", "doubled"])
def test_a_wrong_gradient_is_found_out(fault):
    for row in gradcheck(problem(Springs(fault, capacity=1000))).rows:
        assert row["relative_error"] > 0.3
        assert (row["cosine"] < 0.99) == (fault == "lying")
        assert min(entry["relative_error"] for entry in row["sweep"]) > 0.1


@pytest.mark.parametrize(
    ("adjoint", "exact"),
    [(TruncatedAdjoint(6), [True, True, False]), (ClippedAdjoint(0.9), [True, False, False])],
)
def test_a_biased_gradient_is_exact_until_it_is_cut(adjoint, exact):
    rows = gradcheck(problem(adjoint=adjoint), horizons=(1, 6)).rows
    assert [row["relative_error"] < 1e-6 for row in rows] == exact


@pytest.mark.parametrize("broken", [0, 4, STEPS - 1])
def test_the_first_nonfinite_horizon_is_found(broken):
    checked = gradcheck(problem(Springs(capacity=1000, broken=broken)), horizons=(2,))
    short, full = checked.rows
    assert checked.first_nonfinite == broken + 1
    assert full["cosine"] is full["gradient_norm"] is full["growth"] is None
    assert (short["cosine"] is None) == (broken < 2)


def test_capacity_grows_and_leaves_no_trace():
    grown = gradcheck(problem(Springs(capacity=3)), num_directions=4, num_scenes=1)
    enough = gradcheck(problem(), num_directions=4, num_scenes=1)
    assert (grown.num_growths, enough.num_growths) == (2, 0)
    assert grown.rows == enough.rows


class Rain(AbstractSimulator):
    """Points that sink by a centimetre a step and are pushed aside near the tool."""

    dt: float = 0.1

    def init(self, scene):
        return scene

    def step(self, context, state):
        away = jnp.exp(-jnp.sum((state - context) ** 2, axis=1) / 0.1**2)
        shift = jnp.stack([0.01 * away, jnp.full_like(away, -0.01)], axis=1)
        return state + shift, as_code(RESULTS.successful)

    def observe(self, context, state):
        return ParticleFrame(position=state, velocity=jnp.zeros_like(state))

    def grow(self, factor):
        raise ValueError("`Rain` has no capacity.")


class UnderRain(eqx.Module):
    def __call__(self, design, condition):
        return jnp.mean(design.segments, axis=(0, 1))[None], condition


class Right(AbstractObjective):
    def __call__(self, trajectory, design):
        return jnp.mean(trajectory.frames.position[-1, :, 0])


def test_short_horizons_start_where_the_water_touches_the_tool():
    # A drop 0.195 above the centre line; 0.015 of radius and 0.01 of gap are left at step 17.
    task = Task(
        name="rain",
        family="water",
        space=JointChain(4, length=0.4, anchor=(0.5, 0.4), root=2),
        build=UnderRain(),
        conditions=jnp.asarray([[[0.5, 0.595], [0.52, 0.8]]]),
        unseen=jnp.asarray([[[0.5, 0.445], [0.52, 0.8]]]),
        objective=Right(),
        score=Zero(),
        num_steps=25,
    )
    checked = gradcheck(Problem(task, Rain()), horizons=(1, 5), num_directions=4)
    assert [row["start"] for row in checked.rows] == [17, 17, 0]
    assert [row["contact"] for row in checked.rows] == [True, True, False]
    assert all(row["cosine"] > 1 - 1e-6 for row in checked.rows)
    far = gradcheck(Problem(task, Rain()), horizons=(1,), num_directions=4, gap=-0.02)
    assert (far.rows[0]["start"], far.rows[0]["contact"]) == (0, False)


def test_agreement_where_one_side_vanishes():
    one, nothing = np.ones(3), np.zeros(3)
    assert agreement(nothing, one) == {"cosine": None, "relative_error": 1.0}
    assert agreement(one, nothing) == {"cosine": None, "relative_error": None}
    assert agreement(one, np.array([1.0, np.nan, 1.0]))["cosine"] is None
    assert agreement(2 * one, -one)["cosine"] == pytest.approx(-1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizons": (0,)}, "horizons from 1 to the task's 12 steps, got 0"),
        ({"horizons": (5, 13)}, "got 5, 13"),
        ({"steps": (1e-3, 0.0)}, "steps > 0, got 0"),
        ({"num_directions": 0}, "num_directions >= 1, got 0"),
    ],
)
def test_arguments_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        gradcheck(problem(), **options)


def test_a_design_that_cannot_be_simulated_is_refused():
    with pytest.raises(ValueError, match="needs finite numbers, got nan at 0"):
        gradcheck(problem(), latent=jnp.full(3, jnp.nan))


def test_float32_is_refused():
    with jax.enable_x64(False), pytest.raises(ValueError, match="needs float64"):
        gradcheck(problem())
