"""Short pieces of trajectories of fields, and what a rollout over one gets wrong."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Float, Scalar
from ...scenes import PeriodicField
from ...simulators.grid._simulator import FieldStatistics, GridSimulator


class Windows(NamedTuple):
    """Pieces of trajectories.

    **Arguments:** `start`: the fields they begin with, perhaps with noise, `(window, point)`;
    `frames`: those that follow, `(window, time, point)`.
    """

    start: Any
    frames: Any


class WindowSampler:
    """Draws windows; those of a step depend on `(seed, step, device)` alone.

    **Arguments:** `fields`: `(trajectory, time, point)`; `frames`: of a window after its first;
    `number`: of windows a batch; `noise`: on the first field, of zero mean, in the fields' units.

    **Raises:** `ValueError` if the trajectories are too short for a window.
    """

    def __init__(self, fields: np.ndarray, *, frames: int, number: int, noise: float, seed: int):
        if frames >= fields.shape[1]:
            raise ValueError(
                f"Rollouts of {frames} frames need longer trajectories than the data's, which have "
                f"{fields.shape[1] - 1}; lower `frames`."
            )
        self.fields, self.frames, self.number = fields, frames, number
        self.noise, self.seed = noise, seed

    def batch(self, step: int, device: int) -> Windows:
        rng = np.random.default_rng([self.seed, step, device])
        trajectory = rng.integers(len(self.fields), size=self.number)
        first = rng.integers(self.fields.shape[1] - self.frames, size=self.number)
        frame = first[:, None] + np.arange(self.frames + 1)
        windows = self.fields[trajectory[:, None], frame]
        noise = rng.standard_normal(windows[:, 0].shape, np.float32)
        noise -= noise.mean(axis=1, keepdims=True)  # what is conserved stays as it is
        return Windows(windows[:, 0] + np.float32(self.noise) * noise, windows[:, 1:])


def measured_statistics(fields: np.ndarray) -> FieldStatistics:
    """Root mean squares over trajectories, `(trajectory, time, point)` (host side)."""
    increments = np.diff(fields, axis=1)
    return FieldStatistics(
        field=float(np.sqrt(np.mean(fields**2))),
        increment=float(np.sqrt(np.mean(increments**2))),
    )


def window_loss(simulator: GridSimulator, windows: Windows) -> tuple[Scalar, Scalar]:
    """Mean squared error of the fields in a rollout, in units of what a frame adds to them.

    **Returns:** the loss, and the share of the batch left out, which is none.
    """
    unit = simulator.statistics.increment

    def error(start: Float[Array, " point"], frames: Float[Array, "time point"]) -> Scalar:
        context, state = simulator.init(PeriodicField(start, simulator.length))

        def step(state: Any, true: Float[Array, " point"]) -> tuple[Any, Scalar]:
            state, _ = simulator.step(context, state)
            return state, jnp.mean(((state.field - true) / unit) ** 2)

        # Unrolled: a loop over few frames of so small a network would cost more than they do.
        _, errors = jax.lax.scan(step, state, frames, unroll=True)
        return errors.mean()

    loss = jax.vmap(error)(windows.start, windows.frames).mean()
    return loss, jnp.zeros_like(loss)
