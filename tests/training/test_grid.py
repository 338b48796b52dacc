"""Learning fields: what windows hold, what the loss is, and a wave that moves along."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.simulators.grid._build import GridModelConfig
from invdesign.training import AbstractTraining, TrainingConfig
from invdesign.training._config import CommonConfig
from invdesign.training._update import initial_state
from invdesign.training.grid import FieldData, FieldFrameConfig, FieldUnrollConfig, GridCourse
from invdesign.training.grid._skill import (
    correlations,
    frames_followed,
    relative_errors,
    simulated_fields,
)
from invdesign.training.grid._windows import (
    Windows,
    WindowSampler,
    measured_statistics,
    window_loss,
)

POINTS, FRAMES = 16, 12
SCHEDULE: dict[str, Any] = {
    "steps": 60,
    "fields_per_batch": 4,
    "learning_rate": 1e-2,
    "final_learning_rate": 0.1,
    "warmup": 5,
    "noise": 0.0,
    "ema": 0.9,
    "evaluate_every": 100,
}


class Toy(AbstractTraining):
    """A world without files."""

    name, model, data, stages = "toy", GridModelConfig, dict, (FieldFrameConfig, FieldUnrollConfig)

    def folder(self, data):
        raise NotImplementedError

    def generate(self, data, out, progress):
        raise NotImplementedError

    def course(self, config, data, *, start=None, further=()):
        raise NotImplementedError

    def learner(self, simulator, header, *, data, out, updates, seed):
        raise NotImplementedError


def moving_waves(number=10):
    """Waves that move on by a point a frame, `(trajectory, time, point)`."""
    rng = np.random.default_rng(0)
    phase = 2 * np.pi * (np.arange(POINTS) - np.arange(FRAMES + 1)[:, None]) / POINTS
    shift = rng.uniform(0, 2 * np.pi, (number, 1, 1))
    size = rng.uniform(0.5, 2, (number, 1, 1))
    return (size * (np.sin(phase + shift) + 0.5 * np.sin(2 * phase - shift))).astype(np.float32)


def course(*stages, held_out=2):
    config = TrainingConfig(
        name="toy",
        model=GridModelConfig(latent=8, num_blocks=1),
        data={},
        training=CommonConfig(clip=1.0, seed=0, held_out=held_out),
        stages=stages or (FieldFrameConfig(**SCHEDULE),),
        world=Toy(),
    )
    return GridCourse(config, FieldData(moving_waves(), {"dt": 0.5, "length": 10.0}))


def test_windows_are_pieces_of_trajectories_and_depend_on_the_step_alone():
    fields = np.arange(3 * 6 * 4, dtype=np.float32).reshape(3, 6, 4)
    sampler = WindowSampler(fields, frames=2, number=50, noise=0.0, seed=1)
    start, frames = sampler.batch(7, 0)
    whole = np.concatenate([start[:, None], frames], axis=1)
    np.testing.assert_array_equal(np.diff(whole, axis=1), 4.0)
    assert {int(x) // 4 for x in start[:, 0]} == {t * 6 + f for t in range(3) for f in range(4)}
    np.testing.assert_array_equal(sampler.batch(7, 0).start, start)
    assert (sampler.batch(8, 0).start != start).any() and (sampler.batch(7, 1).start != start).any()


def test_noise_leaves_means_as_they_are():
    fields = moving_waves()
    plain, noisy = (WindowSampler(fields, frames=1, number=9, noise=s, seed=0) for s in (0.0, 0.1))
    noise = noisy.batch(3, 0).start - plain.batch(3, 0).start
    np.testing.assert_allclose(noise.mean(axis=1), 0.0, atol=1e-6)
    assert noise.std() == pytest.approx(0.1, rel=0.3)
    np.testing.assert_array_equal(noisy.batch(3, 0).frames, plain.batch(3, 0).frames)


def test_the_loss_of_a_frame_is_that_of_the_increment_in_its_units():
    lesson = course()
    simulator = lesson.simulator(lesson.network())
    (stage,) = lesson.stages()
    windows = stage.sampler.batch(0, 0)
    wanted = (windows.frames[:, 0] - windows.start) / lesson.statistics.increment
    found = eqx.filter_jit(eqx.filter_vmap(simulator.increment))(windows.start)
    loss, left_out = eqx.filter_jit(window_loss)(simulator, windows)
    np.testing.assert_allclose(loss, np.mean((np.asarray(found) - wanted) ** 2), rtol=1e-5)
    assert left_out == 0


def test_statistics_are_root_mean_squares():
    fields = moving_waves()
    found = measured_statistics(fields)
    assert found.field == pytest.approx(np.sqrt((fields**2).mean()))
    assert found.increment == pytest.approx(np.sqrt((np.diff(fields, axis=1) ** 2).mean()))


def test_the_loss_of_a_rollout_is_that_of_its_fields():
    lesson = course(FieldUnrollConfig(frames=3, **SCHEDULE))
    simulator = lesson.simulator(lesson.network())
    (stage,) = lesson.stages()
    start, frames = stage.sampler.batch(0, 0)
    found = simulated_fields(simulator, start, length=10.0, num_steps=3)
    wanted = np.mean(((found - frames) / lesson.statistics.increment) ** 2)
    loss, _ = eqx.filter_jit(window_loss)(simulator, Windows(start, frames))
    np.testing.assert_allclose(loss, wanted, rtol=1e-5)


def test_a_moving_wave_is_learned():
    lesson = course()
    (stage,) = lesson.stages()
    state, losses = initial_state(lesson.config, lesson.network()), []
    for step in range(SCHEDULE["steps"]):
        batch = jax.tree.map(lambda x: x[None], stage.sampler.batch(step, 0))
        state, (loss, _) = stage.update(state, batch)
        losses.append(float(loss))
    judged = lesson.judge(lesson.simulator(state.average))
    standstill = relative_errors(lesson.judged[:, 1], lesson.judged[:, 0]).mean()
    assert losses[0] > 0.5 and max(losses[-5:]) < 0.1
    assert judged["followed"] > 0.5 and judged["field_error"] < 0.3 * standstill


def test_what_does_not_fit_the_data_is_refused():
    with pytest.raises(ValueError, match=r"1 to 9 of these 10"):
        course(held_out=10)
    with pytest.raises(ValueError, match=r"13 frames need longer .* have 12; lower `frames`"):
        course(FieldUnrollConfig(frames=13, **SCHEDULE)).stages()


def test_correlation_and_error_of_what_is_known():
    wave = np.sin(2 * np.pi * np.arange(8) / 8)[None]
    np.testing.assert_allclose(correlations(3 * wave + 1, wave), 1.0)
    np.testing.assert_allclose(correlations(np.roll(wave, 2, axis=1), wave), 0.0, atol=1e-12)
    np.testing.assert_array_equal(correlations(np.full_like(wave, np.nan), wave), 0.0)
    np.testing.assert_allclose(relative_errors(1.1 * wave, wave), 0.1)
    true = np.stack([wave[0]] * 4)[None]
    found = np.stack([wave[0], wave[0], -wave[0], wave[0]])[None]
    np.testing.assert_array_equal(frames_followed(found, true), [2])
    np.testing.assert_array_equal(frames_followed(true, true), [4])


def test_simulated_fields_are_rollouts_and_not_a_number_where_they_fail():
    lesson = course()
    simulator = lesson.simulator(lesson.network())
    starts = moving_waves()[:3, 0].copy()
    starts[2, 0] = np.inf
    found = simulated_fields(simulator, starts, length=10.0, num_steps=2)
    step = starts[0] + lesson.statistics.increment * np.asarray(
        eqx.filter_jit(simulator.increment)(jnp.asarray(starts[0]))
    )
    np.testing.assert_allclose(found[0, 0], step, atol=1e-5)
    assert np.isfinite(found[:2]).all() and np.isnan(found[2]).all()
