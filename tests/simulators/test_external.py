"""Simulators of one's own: a step function, and programs that JAX cannot see into."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import (
    RESULTS,
    DirectAdjoint,
    FiniteDifferences,
    Problem,
    Task,
    rollout,
    solve,
)
from invdesign._digest import digest
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.optimizers import CEM, CMAES, Adam, Then
from invdesign.simulators import Ensemble, External, Stepped
from invdesign.spaces import Box

KEY = jax.random.key(3)
FRAMES = 3


class Growth(eqx.Module):
    """Numbers that grow by a factor a frame; how often is told beside it, and does not matter."""

    factor: jax.Array
    label: jax.Array


class Grow(eqx.Module):
    def __call__(self, design, condition):
        return Growth(design.parameters + condition, jnp.arange(2))


class Miss(AbstractObjective):
    def __call__(self, trajectory, design):
        return jnp.sum((trajectory.frames[-1] - 0.3) ** 2)


class Hit(AbstractScore):
    def __call__(self, trajectory, design):
        return -jnp.sum((trajectory.frames[-1] - 0.3) ** 2)


TASK = Task(
    name="growth",
    space=Box((0.1, 0.1), (1.5, 1.5)),
    build=Grow(),
    conditions=0.05 * jnp.arange(2.0).reshape(2, 1),
    unseen=0.05 * jnp.ones((1, 1)),
    objective=Miss(),
    score=Hit(),
    num_steps=FRAMES,
)


def begin(scene):
    return jnp.ones(2)


def move(scene, frame):
    return scene.factor * frame


def grown(scene, frame):
    assert isinstance(frame, np.ndarray) and isinstance(scene.factor, np.ndarray)
    return np.float64(scene.factor * frame)  # in whatever precision the program works


def pulled(scene, frame, cotangent):
    return Growth(cotangent * frame, None), cotangent * scene.factor


def outside(vjp=pulled):
    return External(grown, begin, vjp, dt=0.1)


INSIDE = Stepped(begin, move, dt=0.1)


@eqx.filter_jit
def evaluated(problem, latent, order):
    return problem.evaluate(latent, order=order)


@eqx.filter_jit
def all_evaluated(problem, latents, order):
    return jax.vmap(lambda latent: problem.evaluate(latent, order=order))(latents)


def problem(simulator, **options):
    return Problem(TASK, simulator, DirectAdjoint(), **options)


def test_a_step_function_is_a_simulator():
    scene = Growth(jnp.asarray([0.5, 2.0]), jnp.arange(2))
    played = rollout(INSIDE, scene, num_steps=FRAMES)
    np.testing.assert_allclose(played.frames, [[0.5, 2.0], [0.25, 4.0], [0.125, 8.0]])
    np.testing.assert_array_equal(played.initial, [1.0, 1.0])


def test_a_model_is_a_step_and_is_looked_at_as_one_likes():
    network = eqx.nn.Linear(2, 2, key=KEY)

    class Model(eqx.Module):
        network: eqx.nn.Linear

        def __call__(self, scene, state):
            return self.network(state)

    simulator = Stepped(begin, Model(network), dt=0.1, look=lambda scene, state: state[:1])
    played = rollout(simulator, None, num_steps=1)
    np.testing.assert_allclose(played.frames, network(jnp.ones(2))[None, :1], rtol=1e-6)


def test_values_and_gradients_are_those_of_the_same_program_in_jax():
    latent = jnp.asarray([0.3, -0.4])
    external = outside()
    for order in (0, 1):
        found, wanted = (evaluated(p, latent, order) for p in (problem(external), problem(INSIDE)))
        assert int(found.result) == 0
        np.testing.assert_allclose(found.value, wanted.value, rtol=1e-6)
        if order:
            np.testing.assert_allclose(found.grad, wanted.grad, rtol=1e-5)


def test_a_value_and_its_gradient_at_one_latent_cost_one_call_a_step():
    latent, external = jnp.asarray([0.3, -0.4]), outside()
    calls = FRAMES * 2  # of two conditions
    evaluated(problem(external), latent, 0)
    assert external.calls == calls
    evaluated(problem(external), latent, 1)
    assert external.calls == calls
    evaluated(problem(external), latent + 0.1, 0)
    assert external.calls == 2 * calls


def test_a_batch_is_called_one_by_one_and_the_same_once():
    external = outside()
    latents = jnp.asarray([[0.3, -0.4], [0.1, 0.2], [0.3, -0.4]])
    found = all_evaluated(problem(external), latents, 1)
    wanted = all_evaluated(problem(INSIDE), latents, 1)
    np.testing.assert_allclose(found.grad, wanted.grad, rtol=1e-5)
    assert external.calls == 2 * FRAMES * 2


def test_many_frames_a_call():
    def frames(scene, frame):
        return np.stack([scene.factor ** (k + 1) * frame for k in range(FRAMES)])

    def back(scene, frame, cotangent):
        slope = sum((k + 1) * scene.factor**k * frame * cotangent[k] for k in range(FRAMES))
        return Growth(slope, None), sum(
            scene.factor ** (k + 1) * cotangent[k] for k in range(FRAMES)
        )

    latent = jnp.asarray([0.3, -0.4])
    external = External(frames, begin, back, dt=0.1, num_frames=FRAMES)
    found = evaluated(problem(external), latent, 1)
    wanted = evaluated(problem(INSIDE), latent, 1)
    assert external.calls == 2  # conditions
    np.testing.assert_allclose(found.value, wanted.value, rtol=1e-5)
    np.testing.assert_allclose(found.grad, wanted.grad, rtol=1e-5)


@pytest.mark.parametrize("optimizer", [Adam(0.1), Then(CEM(4, 2), Adam(0.1), steps=1)])
def test_values_alone_are_refused_by_gradient_methods_before_anything_runs(optimizer, tmp_path):
    external = outside(vjp=None)
    for simulator in (external, Ensemble([external], merge=lambda frames: frames[0])):
        with pytest.raises(ValueError, match=r"`Adam` needs gradients.*FiniteDifferences") as error:
            solve(problem(simulator), optimizer, key=KEY, max_steps=2, checkpoint=tmp_path)
        assert str(error.value).count(".") == 1
    assert external.calls == 0
    assert not any(tmp_path.iterdir())


def test_a_gradient_by_other_ways_is_refused_too():
    external = outside(vjp=None)
    with pytest.raises(ValueError, match="without a `vjp`"):
        evaluated(problem(external), jnp.zeros(2), 1)
    assert external.calls == 0


def test_sampling_needs_values_alone_and_the_count_is_of_calls():
    external = outside(vjp=None)
    solution = solve(problem(external), CMAES(6), key=KEY, max_steps=3)
    assert solution.simulator_steps == external.calls == 3 * 6 * 2 * FRAMES
    assert solution.gradient_steps == 0


def test_finite_differences_are_the_gradient_and_are_charged():
    external = outside(vjp=None)
    differences = FiniteDifferences(problem(external), step=1e-2)
    latent = jnp.asarray([0.3, -0.4])
    found = evaluated(differences, latent, 1)
    wanted = evaluated(problem(INSIDE), latent, 1)
    np.testing.assert_allclose(found.grad, wanted.grad, rtol=1e-2)
    np.testing.assert_allclose(found.value, wanted.value, rtol=1e-6)
    before = external.calls
    solution = solve(differences, Adam(0.1), key=KEY, max_steps=2)
    calls = external.calls - before
    assert solution.charged_steps == calls == 2 * 5 * 2 * FRAMES
    assert solution.history["best_value"][-1] < solution.history["value"][0]


def test_what_raises_is_one_candidate_that_failed(caplog):
    def fragile(scene, frame):
        if scene.factor.max() > 0.9:
            raise RuntimeError("the mesh tore")
        return grown(scene, frame)

    external = External(fragile, begin, dt=0.1)
    latents = jnp.asarray([[-1.0, -1.0], [2.0, 0.0]])
    found = all_evaluated(problem(external), latents, 0)
    assert found.result.tolist() == [0, int(RESULTS.external_failed)]
    assert np.isfinite(found.value[0]) and found.value[1] == np.inf
    assert "the mesh tore" in caplog.text
    solution = solve(problem(external), CEM(4, 2), key=KEY, max_steps=2)
    assert np.isfinite(solution.value)
    beside = evaluated(FiniteDifferences(problem(external)), latents[1], 1)
    assert int(beside.result) == int(RESULTS.external_failed)
    np.testing.assert_array_equal(beside.grad, [0.0, 0.0])


def test_a_gradient_that_fails_has_a_code():
    def broken(scene, frame, cotangent):
        raise RuntimeError("no adjoint")

    found = evaluated(problem(outside(broken)), jnp.zeros(2), 1)
    assert int(found.result) == int(RESULTS.nonfinite_gradient)


def test_an_answer_of_another_shape_says_so():
    external = External(lambda scene, frame: frame[:1], begin, dt=0.1)
    scene = Growth(jnp.ones(2), jnp.arange(2))
    with pytest.raises(Exception, match=r"`values` has to return an array of shape \(2,\)"):
        jax.block_until_ready(rollout(external, scene, num_steps=1))


def test_what_was_asked_does_not_count_in_a_checksum():
    external = outside()
    fresh = digest(external)
    rollout(external, Growth(jnp.ones(2), jnp.arange(2)), num_steps=1)
    assert digest(external) == fresh == digest(outside()) != digest(outside(None))


@pytest.mark.parametrize("settings", [{"dt": 0.0}, {"dt": 0.1, "num_frames": 0}])
def test_settings_out_of_range(settings):
    with pytest.raises(ValueError, match="External"):
        External(grown, begin, **settings)
