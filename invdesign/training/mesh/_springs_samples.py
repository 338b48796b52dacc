"""Single frames of elastic bodies: what a simulator sees, and the acceleration it should find."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Scalar
from ...graphs._world import both_ways, pair_values
from ...scenes import NodeKind, SpringScene
from ...simulators import SpringSimulator
from ...simulators.mesh._springs_features import (
    SpringState,
    SpringStatistics,
    mesh_features,
    offsets,
)
from ...simulators.mesh._units import measured_units, standardized
from .._rollout_errors import mean_that_counts
from ._config import TransientConfig

_MEASURED = 200  # frames that the mesh edges' features are measured on


class SpringSamples(NamedTuple):
    """Frames of trajectories, stacked over the first axis.

    **Arguments:** `scene`: arrays of the `SpringScene` that the trajectory began with; `position`,
    `velocity`, `time`: of the frame, as `SpringState` has them; `acceleration`: beside gravity, to
    be found, in metres a second squared, `(sample, node, dim)`.
    """

    scene: dict[str, Any]
    position: Any
    velocity: Any
    time: Any
    acceleration: Any


def all_samples(arrays: dict[str, np.ndarray], dt: float) -> SpringSamples:
    """All frames that another one follows, `(trajectory, time, ...)`; scenes `(trajectory, ...)`.

    Velocities are means over the frame before; at the first frame, the scene's own.
    """
    positions = arrays["positions"]
    means = np.diff(positions, axis=1) / dt
    velocity = np.concatenate([arrays["velocity"][:, None], means[:, :-1]], axis=1)
    acceleration = (means - velocity) / dt - arrays["gravity"][:, None, None]
    time = np.broadcast_to(dt * np.arange(means.shape[1], dtype=np.float32), means.shape[:2])
    scene = {field.name: arrays[field.name] for field in dataclasses.fields(SpringScene)}
    return SpringSamples(scene, positions[:, :-1], velocity, time, acceleration)


def measured_statistics(samples: SpringSamples) -> SpringStatistics:
    """Means and deviations over free nodes; of edges over some frames (host side)."""
    free = samples.scene["kind"] == NodeKind.FREE
    rng = np.random.default_rng(0)
    trajectory = rng.integers(len(free), size=_MEASURED)
    frame = rng.integers(samples.acceleration.shape[1], size=_MEASURED)
    keys = ("edges", "rest", "stiffness")
    edges, rest, stiffness = (samples.scene[key][trajectory] for key in keys)

    def features(edges: Any, rest: Any, stiffness: Any, position: Any) -> Any:
        mesh, stiffness = both_ways(edges), pair_values(edges, stiffness)
        return mesh_features(offsets(rest, mesh), offsets(position, mesh), stiffness)

    now = samples.position[trajectory, frame]
    rows = jax.jit(jax.vmap(features))(edges, rest, stiffness, now)

    def of_free(values: Any) -> Any:
        return measured_units(np.moveaxis(values, 1, 2)[free])

    return SpringStatistics(
        velocity=of_free(samples.velocity),
        edges=measured_units(np.asarray(rows)),
        acceleration=of_free(samples.acceleration),
    )


class FrameSampler:
    r"""Draws frames, with noise; those of a step depend on `(seed, step, device)` alone.

    Noise $\epsilon$ moves free nodes and thereby the mean velocities over the frame. The
    acceleration to be found is less by $(1 + \gamma)\,\epsilon / \Delta t^2$: with $\gamma$ of
    1 the next positions are the true ones, with 0 the next velocities are.

    Source: Pfaff et al. (2021), section A.2.2.
    """

    def __init__(
        self, samples: SpringSamples, stage: TransientConfig, *, dt: float, number: int, seed: int
    ):
        self.samples, self.stage, self.dt = samples, stage, dt
        self.number, self.seed = number, seed

    def batch(self, step: int, device: int) -> SpringSamples:
        rng = np.random.default_rng([self.seed, step, device])
        trajectory = rng.integers(len(self.samples.acceleration), size=self.number)
        frame = rng.integers(self.samples.acceleration.shape[1], size=self.number)
        scene = {key: values[trajectory] for key, values in self.samples.scene.items()}
        position, velocity, time, target = (x[trajectory, frame] for x in self.samples[1:])
        noise = self.stage.noise * rng.standard_normal(position.shape, np.float32)
        noise = np.where((scene["kind"] == NodeKind.FREE)[:, :, None], noise, np.float32(0))
        target = target - (1 + self.stage.gamma) / self.dt**2 * noise
        return SpringSamples(scene, position + noise, velocity + noise / self.dt, time, target)


def frame_loss(simulator: SpringSimulator, samples: SpringSamples) -> tuple[Scalar, Scalar]:
    """Mean squared error of free nodes' accelerations in units of their spread.

    Samples whose edges outgrow the capacity do not count. **Returns:** the loss, and the share left
    out.
    """

    def error(sample: SpringSamples) -> tuple[Any, Any]:
        context, _ = simulator.init(SpringScene(**sample.scene))
        state = SpringState(sample.position, sample.velocity, sample.time)
        learned, code = simulator.correct(context, state)
        wanted = standardized(sample.acceleration, simulator.statistics.acceleration)
        free = context.support.is_free[:, None]
        squared = jnp.sum(jnp.where(free, (learned - wanted) ** 2, 0.0))
        return squared / jnp.maximum(free.sum(), 1).astype(squared.dtype), code == 0

    return mean_that_counts(*jax.vmap(error)(samples))
