"""The spectral solver against linear growth, convergence, symmetries and finite differences."""

import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, rollout
from invdesign.reference import KuramotoSivashinsky
from invdesign.reference._kuramoto_sivashinsky import refined_field
from invdesign.scenes import PeriodicField

pytest.importorskip("exponax")

LENGTH, POINTS = 30.0, 48
PLACES = 2 * np.pi * np.arange(POINTS) / POINTS


def solver(**settings):
    return KuramotoSivashinsky(LENGTH, POINTS, **settings)


@eqx.filter_jit
def roll(solver, field, num_steps):
    start = PeriodicField(field, solver.length)
    return rollout(solver, start, num_steps=num_steps, throw=False)


def waves(seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    amplitudes = scale * rng.standard_normal((2, 5))
    phase = np.outer(PLACES, np.arange(1, 6))
    return jnp.asarray(np.cos(phase) @ amplitudes[0] + np.sin(phase) @ amplitudes[1], float)


def test_small_waves_grow_and_decay_as_the_linear_equation_has_it():
    number = np.array([2, 4, 6])
    start = 1e-4 * np.cos(np.outer(PLACES, number)).sum(axis=1)
    with jax.enable_x64(True):
        frames = roll(solver(), jnp.asarray(start), 4).frames.field
    wave = 2 * np.pi * number / LENGTH
    growth = np.exp((wave**2 - wave**4) * 2.0)
    found = np.abs(np.fft.rfft(np.asarray(frames[-1])))[number] / (0.5 * POINTS)
    np.testing.assert_allclose(found, 1e-4 * growth, rtol=1e-4)


def test_error_falls_with_the_fourth_power_of_the_step():
    with jax.enable_x64(True):
        field = waves().astype(float)
        ends = [roll(solver(num_substeps=n), field, 8).frames.field[-1] for n in (8, 16, 64)]
    coarse, fine = (np.linalg.norm(np.asarray(x) - np.asarray(ends[-1])) for x in ends[:2])
    assert coarse < 1e-2 and 10 < coarse / fine < 25


def test_a_refined_solver_observes_the_same_points_and_agrees():
    refined, field = solver().refined(2), waves()
    assert (refined.num_points, refined.num_substeps) == (POINTS, 10)
    found, fine = roll(solver(), field, 10), roll(refined, field, 10)
    np.testing.assert_allclose(fine.initial.field, field, atol=1e-5)
    assert fine.final.field.shape == (2 * POINTS,)
    error = jnp.linalg.norm(found.frames.field - fine.frames.field, axis=1)
    assert (error < 2e-2 * jnp.linalg.norm(fine.frames.field, axis=1)).all()


def test_a_refined_field_passes_through_the_old_values():
    field = np.random.default_rng(0).standard_normal(POINTS)
    with jax.enable_x64(True):
        fine = refined_field(jnp.asarray(field), 3)
        np.testing.assert_allclose(fine[::3], field, atol=1e-12)
        wave = refined_field(jnp.cos(3 * jnp.asarray(PLACES)), 2)
    np.testing.assert_allclose(wave, np.cos(3 * np.pi * np.arange(2 * POINTS) / POINTS), atol=1e-12)


def test_mean_shift_and_reflection_are_kept():
    field = waves()
    found = roll(solver(), field, 10).frames.field
    np.testing.assert_allclose(found.mean(axis=1), 0.0, atol=1e-6)
    shifted = roll(solver(), jnp.roll(field, 7), 10).frames.field
    np.testing.assert_allclose(shifted, jnp.roll(found, 7, axis=1), atol=1e-3)
    mirrored = roll(solver(), -jnp.roll(field[::-1], 1), 10).frames.field
    np.testing.assert_allclose(mirrored, -jnp.roll(found[:, ::-1], 1, axis=1), atol=1e-3)


def test_the_gradient_is_that_of_differences():
    field, direction = waves(0, 0.5), waves(1, 1.0)

    def value(step):
        return jnp.mean(roll(solver(), field + step * direction, 20).frames.field[-1] ** 2)

    with jax.enable_x64(True):
        field, direction = field.astype(float), direction.astype(float)
        found = jax.grad(value)(jnp.asarray(0.0))
        difference = (value(1e-5) - value(-1e-5)) / 2e-5
    np.testing.assert_allclose(found, difference, rtol=1e-6)


def test_coefficients_are_of_double_precision():
    arrays = [x for x in jax.tree.leaves(solver().stepper) if eqx.is_array(x)]
    assert {x.dtype.name for x in arrays} == {"complex128", "float64", "bool"}
    assert roll(solver(), waves(), 1).frames.field.dtype == jnp.float32


def test_too_large_a_step_is_not_finite_and_says_so():
    assert int(roll(solver(dt=4.0, num_substeps=1), waves(), 20).result) == RESULTS.nonfinite_state


def test_too_few_points_are_noticed_while_numbers_still_look_fine():
    coarse = KuramotoSivashinsky(60.0, POINTS)
    found, true = (roll(each, waves(), 10) for each in (coarse, coarse.refined(2)))
    assert int(found.result) == RESULTS.reference_failed and int(true.result) == 0
    assert jnp.isfinite(found.frames.field).all() and jnp.abs(found.frames.field).max() < 10
    error = jnp.linalg.norm(found.frames.field[-1] - true.frames.field[-1])
    assert error > 0.05 * jnp.linalg.norm(true.frames.field[-1])


def test_other_points_or_lengths_are_refused():
    for scene in (
        PeriodicField(jnp.zeros(POINTS + 2), LENGTH),
        PeriodicField(jnp.zeros(POINTS), 31.0),
    ):
        with pytest.raises(ValueError, match=r"48 points on a length of 30.*resample"):
            rollout(solver(), scene, num_steps=1)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"length": 0.0}, "length > 0"),
        ({"num_points": 47}, "even num_points"),
        ({"dt": -1.0}, "dt > 0"),
        ({"num_substeps": 0}, "num_substeps >= 1"),
        ({"refinement": 0}, "refinement >= 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings, match):
    with pytest.raises(ValueError, match=match):
        KuramotoSivashinsky(**settings)


def test_a_missing_library_is_named_with_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "exponax", None)
    with pytest.raises(ValueError, match=r"pip install 'invdesign\[grids\]'"):
        KuramotoSivashinsky()
