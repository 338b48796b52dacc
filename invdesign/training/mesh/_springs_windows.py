"""Stretches of elastic bodies' motion, and what a rollout over one gets wrong."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from ..._adjoint import DirectAdjoint
from ..._rollout import rollout
from ..._types import Array, Bool, Scalar
from ...scenes import NodeKind, elastic_scene
from ...simulators import SpringSimulator
from .._rollout_errors import mean_of_windows, motion_errors
from ._config import TransientUnrollConfig
from ._springs_samples import SpringSamples


class SpringWindows(NamedTuple):
    """Stretches of trajectories, stacked over the first axis.

    **Arguments:** `scene`: arrays of the `SpringScene` in which a stretch begins, with the mean
    velocities over the frame before; `positions`: those that follow, `(window, frame, node, dim)`.
    """

    scene: dict[str, Any]
    positions: Any


class SpringWindowSampler:
    """Draws windows; those of a step depend on `(seed, step, device)` alone.

    Noise moves free nodes, and thereby the velocities over the frame before. The frames to be met
    are the true ones.

    **Arguments:** `number`: of windows a batch; `dt`: seconds a frame.

    **Raises:** `ValueError` if the trajectories are too short for a window.
    """

    def __init__(
        self,
        samples: SpringSamples,
        stage: TransientUnrollConfig,
        *,
        positions: np.ndarray,
        dt: float,
        number: int,
        seed: int,
    ):
        if stage.frames >= positions.shape[1]:
            raise ValueError(
                f"`unroll.frames` has to be below the {positions.shape[1]} frames of a trajectory, "
                f"got {stage.frames}."
            )
        self.samples, self.stage, self.positions = samples, stage, positions
        self.dt, self.number, self.seed = dt, number, seed

    def batch(self, step: int, device: int) -> SpringWindows:
        rng = np.random.default_rng([self.seed, step, device])
        frames = self.stage.frames
        trajectory = rng.integers(len(self.positions), size=self.number)
        frame = rng.integers(self.positions.shape[1] - frames, size=self.number)
        scene = {key: values[trajectory] for key, values in self.samples.scene.items()}
        free = (scene["kind"] == NodeKind.FREE)[:, :, None]
        position, velocity = (x[trajectory, frame] for x in self.samples[1:3])
        noise = self.stage.noise * rng.standard_normal(position.shape, np.float32)
        noise = np.where(free, noise, np.float32(0))
        scene["position"] = position + noise
        scene["velocity"] = np.where(free, velocity + noise / self.dt, scene["velocity"])
        after = frame[:, None] + np.arange(1, frames + 1)
        return SpringWindows(scene, self.positions[trajectory[:, None], after])


def window_loss(simulator: SpringSimulator, windows: SpringWindows) -> tuple[Scalar, Scalar]:
    """Mean squared errors of free nodes along rollouts, through time, in units of accelerations.

    A window whose edges outgrow the capacity, or that becomes non-finite, does not count.

    Source: as `unrolled_loss` of particles.

    **Returns:** the loss, and the share of windows left out.
    """

    def error(window: SpringWindows) -> tuple[Scalar, Bool[Array, ""]]:
        scene, true = elastic_scene(window.scene), window.positions
        trajectory = rollout(
            simulator, scene, num_steps=len(true), adjoint=DirectAdjoint(), throw=False
        )
        unit = simulator.dt**2 * simulator.statistics.acceleration[1:]
        drift = (trajectory.frames.position - true) / unit[None]
        before = jnp.zeros_like(drift[:1])
        push = jnp.diff(jnp.concatenate([before, drift]), axis=0)  # velocities are differences
        free = (scene.kind == NodeKind.FREE).astype(drift.dtype)
        squared = motion_errors(drift, push) @ free
        return squared.mean() / jnp.maximum(free.sum(), 1.0), trajectory.result == 0

    return mean_of_windows(error, windows)
