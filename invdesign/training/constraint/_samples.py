"""Single frames, and what an inner solve over one gets wrong."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Scalar
from ...simulators.constraint._inner import AbstractSteps
from ...simulators.constraint._simulator import (
    ConstraintSimulator,
    MotionState,
    MotionStatistics,
)
from ._config import ConstraintFrameConfig
from ._examples import AbstractExamples

_NEAR = (0.6, 1.3)  # of the true answer, where a near start lies
_SPREAD = 0.5  # at most, of the noise on it, in units of the acceleration's spread


class FrameSamples(NamedTuple):
    """Frames, stacked over the first axis.

    **Arguments:** `scene`: arrays of the scene that a trajectory began with, as
    `AbstractExamples.sample` gives them; `position`, `moved`: of the frame, as `MotionState` has
    them; `answer`: the candidate that is right, `start`: with which an inner
    solve begins, both in units of the acceleration's spread; `late`: iterations that go before.
    """

    scene: dict[str, Any]
    position: Any
    moved: Any
    answer: Any
    start: Any
    late: Any


def measured_statistics(positions: np.ndarray, free: np.ndarray) -> MotionStatistics:
    """Spreads over the free nodes of trajectories (host side).

    **Arguments:** `positions`: `(trajectory, time, node, dim)`; `free`: `(trajectory, node)`.
    """
    moved = np.diff(positions, axis=1)
    return MotionStatistics(
        velocity=float(np.std(np.moveaxis(moved, 1, 2)[free])),
        acceleration=float(np.std(np.moveaxis(np.diff(moved, axis=1), 1, 2)[free])),
    )


class FrameSampler:
    """Draws frames with noise; those of a step depend on `(seed, step, device)` alone.

    Every position of a sample is off by noise of its own, and the answer is the acceleration that
    leads to the true next positions.

    **Arguments:** `arrays`: of `examples`, with `positions`; `dt`: seconds a frame.
    """

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        examples: AbstractExamples,
        stage: ConstraintFrameConfig,
        statistics: MotionStatistics,
        *,
        num_past: int,
        dt: float,
        number: int,
        seed: int,
    ):
        self.stage, self.statistics = stage, statistics
        self.number, self.seed, self.num_past = number, seed, num_past
        positions, free = arrays["positions"], examples.free(arrays)
        first = np.where(free[..., None], dt * arrays["velocity"], 0.0)[:, None]
        before = positions[:, :1] - first * np.arange(num_past, 0, -1)[:, None, None]
        self.positions = np.concatenate([before, positions], axis=1).astype(np.float32)
        self.free = free
        self.planes = examples.planes(arrays)
        self.scene = examples.sample(arrays)

    def batch(self, step: int, device: int) -> FrameSamples:
        rng = np.random.default_rng([self.seed, step, device])
        stage, size, past = self.stage, self.number, self.num_past
        index = rng.integers(len(self.positions), size=size)
        number = self.positions.shape[1] - 1 - past
        frame = rng.integers(number, size=size)
        if stage.early > 0:
            early = rng.uniform(size=size) < 0.5
            frame = np.where(early, rng.integers(min(stage.early, number), size=size), frame)
        frame = np.where(rng.uniform(size=size) < stage.first, 0, frame)
        window = self.positions[index[:, None], frame[:, None] + np.arange(past + 2)]
        scene = {key: values[index] for key, values in self.scene.items()}
        if stage.mirrored > 0:
            chosen = rng.uniform(size=size) < stage.mirrored
            window = mirrored(window, self.planes[index], chosen)
            scene["position"] = mirrored(scene["position"], self.planes[index], chosen)
            scene["velocity"] = mirrored(scene["velocity"], np.zeros(size), chosen)
        free = self.free[index][:, None, :, None]
        noise = stage.noise * rng.standard_normal(window[:, :-1].shape, np.float32)
        seen = window[:, :-1] + np.where(free, noise, np.float32(0))
        moved = np.diff(seen, axis=1)
        coasting = seen[:, -1] + moved[:, -1]
        answer = (window[:, -1] - coasting) / np.float32(self.statistics.acceleration)
        late = 0 if rng.uniform() < 0.5 else rng.integers(stage.late + 1)
        return FrameSamples(
            scene=scene,
            position=seen[:, -1],
            moved=moved,
            answer=answer,
            start=self._start(rng, answer, free[:, 0]),
            late=np.full(size, late, np.int32),
        )

    def _start(self, rng: np.random.Generator, answer: np.ndarray, free: np.ndarray) -> np.ndarray:
        """No acceleration, or one near the answer."""
        shape = (len(answer), 1, 1)
        share = rng.uniform(*_NEAR, size=shape).astype(np.float32)
        spread = rng.uniform(0.0, _SPREAD, size=shape).astype(np.float32)
        near = share * answer + spread * rng.standard_normal(answer.shape, np.float32)
        chosen = (rng.uniform(size=shape) < self.stage.near) & free
        return np.where(chosen, near, np.float32(0))


def mirrored(rows: np.ndarray, planes: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Vectors of the chosen trajectories, left to right.

    **Arguments:** `rows`: `(trajectory, ..., dim)`; `planes`: along x, `(trajectory,)`.
    """
    shape, found = (-1, *[1] * (rows.ndim - 2)), rows.copy()
    across = (2 * planes.astype(rows.dtype)).reshape(shape) - rows[..., 0]
    found[..., 0] = np.where(chosen.reshape(shape), across, rows[..., 0])
    return found


def frame_loss(
    simulator: ConstraintSimulator,
    examples: AbstractExamples,
    samples: FrameSamples,
    stage: ConstraintFrameConfig,
) -> tuple[Scalar, Scalar]:
    r"""Squared errors of the inner iterates $y_1 \dots y_N$, weighted by $\alpha^{N - i}$.

    A mean over free nodes, in units of the acceleration's spread; of errors $e$ above the stage's
    `outlier` $d$ the pseudo-Huber loss $2 d^2 (\sqrt{1 + e^2 / d^2} - 1)$.

    **Returns:** the loss, and the share of the batch in which more pairs may touch than are seen.
    """
    solver = simulator.solver
    assert isinstance(solver, AbstractSteps)
    late = jnp.max(samples.late)  # the same of all

    def error(sample: FrameSamples) -> tuple[Array, Array]:
        context = examples.context(simulator, sample.scene)
        problem, code = simulator.problem(context, MotionState(sample.position, sample.moved))
        still = jax.lax.stop_gradient(problem)
        start = jax.lax.fori_loop(0, late, lambda _, y: solver.step(still, y), sample.start)
        iterates = solver.path(problem, jax.lax.stop_gradient(start))
        squared = jnp.sum(problem_masked(problem, iterates - sample.answer[None]) ** 2, axis=2)
        squared = _tempered(squared, stage.outlier).sum(axis=1)
        number = iterates.shape[-1] * jnp.sum(context.is_free)
        return squared / number.astype(squared.dtype), code != 0

    found, unseen = jax.vmap(error)(samples)
    errors, left_out = found.mean(axis=0), unseen.astype(found.dtype).mean()
    weights = stage.alpha ** jnp.arange(len(errors) - 1.0, -1.0, -1.0)
    loss = jnp.sum(weights * errors) / jnp.sum(weights)
    return loss, left_out


def _tempered(squared: Array, outlier: float) -> Array:
    """Squared errors that go on in proportion to the error where it is above `outlier`."""
    if outlier == 0:
        return squared
    # The same as 2 d^2 (sqrt(1 + e^2 / d^2) - 1), without a difference of what is alike.
    return 2 * squared / (jnp.sqrt(1 + squared / outlier**2) + 1)


def problem_masked(problem: Any, rows: Array) -> Array:
    """Rows of several iterates, zero for nodes that do not move."""
    return jax.vmap(problem.masked)(rows)
