"""Windows of streams: moments in which some particles move, and the frames that follow them."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..._adjoint import CheckpointAdjoint
from ..._rollout import rollout
from ..._types import Array, Bool, Float, Scalar
from ...scenes import ParticleScene
from ...simulators import ParticleSimulator

NEVER = 2**30  # the frame in which a particle begins to move that has landed
_FEWEST = 20  # particles that move in a window's first moment, if any moment has them
_TRIES = 10


class StreamWindows(NamedTuple):
    """One device's batch of windows, in metres and seconds, stacked over the first axis.

    `position`, `velocity` (window, node, 3) and `begins` (window, node), in frames from here, are
    the start over `heights` (window, x, z); `positions`, `velocities` (window, frame, node, 3) the
    frames to be met, where `counts` (window, frame, node): a particle that moves throughout.
    """

    position: np.ndarray
    velocity: np.ndarray
    begins: np.ndarray
    heights: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray
    counts: np.ndarray


class StreamSampler:
    """Draws windows; those of a step depend on `(seed, step)` alone, so a resume is exact.

    **Arguments:** `data`: `position`, `velocity`, `landed`, `begins` and `heights` of trajectories;
    `dt`: seconds a frame of them; `noise`, `position_noise`: as `OneStepConfig` has them;
    `lessons`: how many of the first trajectories half of all windows are drawn from, if there are
    any.

    **Raises:** `ValueError` if trajectories are shorter than windows.
    """

    def __init__(
        self,
        data: dict[str, np.ndarray],
        dt: float,
        *,
        frames: int,
        noise: float,
        position_noise: float,
        windows_per_batch: int,
        seed: int,
        lessons: int = 0,
    ):
        if frames >= data["position"].shape[1]:
            raise ValueError(
                f"`frames` has to be below the {data['position'].shape[1]} frames of a "
                f"trajectory, got {frames}."
            )
        self.data, self.dt, self.frames, self.seed = data, dt, frames, seed
        self.noise, self.position_noise = noise, position_noise
        self.windows_per_batch, self.lessons = windows_per_batch, lessons

    def batch(self, step: int, device: int) -> StreamWindows:
        """The windows of a step on a device."""
        rng = np.random.default_rng([self.seed, step, device])
        windows = [self.window(rng) for _ in range(self.windows_per_batch)]
        return StreamWindows(*(np.stack(parts) for parts in zip(*windows, strict=True)))

    def window(self, rng: np.random.Generator) -> StreamWindows:
        """A random stretch of a random trajectory (no window axis), with noise on its start.

        Velocities have to return to the truth, while every particle makes its true moves from
        where noise has put it.
        """
        position, velocity = self.data["position"], self.data["velocity"]
        which, start, moving = self._moment(rng)
        after = slice(start + 1, start + 1 + self.frames)
        begins, landed = self.data["begins"][which], self.data["landed"][which]
        under_way = begins[None] < np.arange(start + 1, start + 1 + self.frames)[:, None]
        shift, push = rng.normal(size=(2, *position.shape[2:])) * moving[:, None]
        shift = (self.position_noise * shift).astype(position.dtype)
        push = (self.noise / self.dt * push).astype(position.dtype)
        later = np.where(begins > start, begins - start, NEVER)
        return StreamWindows(
            position=position[which, start] + shift,
            velocity=velocity[which, start] + push,
            begins=np.where(moving, 0, later).astype(np.int32),
            heights=self.data["heights"][which],
            positions=position[which, after] + shift[None],
            velocities=velocity[which, after],
            counts=under_way & ~landed[after],
        )

    def _moment(self, rng: np.random.Generator) -> tuple[int, int, np.ndarray]:
        """A trajectory, a frame of it, and which particles move there, (node,)."""
        position = self.data["position"]
        for _ in range(_TRIES):
            which = self._which(rng)
            start = int(rng.integers(position.shape[1] - self.frames))
            moving = (self.data["begins"][which] <= start) & ~self.data["landed"][which, start]
            if moving.sum() >= _FEWEST:
                break
        return which, start, moving

    def _which(self, rng: np.random.Generator) -> int:
        """A trajectory."""
        first, last = 0, len(self.data["position"])
        if self.lessons:
            first, last = (0, self.lessons) if rng.random() < 0.5 else (self.lessons, last)
        return int(rng.integers(first, last))


def stream_loss(
    simulator: ParticleSimulator,
    windows: StreamWindows,
    *,
    scene: Callable[[dict[str, Any]], ParticleScene],
    flow: float = 0.0,
) -> tuple[Scalar, Scalar]:
    r"""Mean squared errors of positions and velocities along rollouts from the windows' starts.

    As `unrolled_loss`, over the particles that move throughout a frame, in the truth and in the
    rollout. A frame here is one of the data; the simulator's frames have to be as long.

    With `flow` $w > 0$ the squares of the errors' averages over neighborhoods, Gaussians around
    the true positions as wide as the network's radius, count $w$ times besides: where water
    splashes nobody can tell a particle's way for long, but where most of it goes decides where it
    lands.

    **Returns:** the loss, and the share of windows left out.
    """

    def errors(window: StreamWindows) -> tuple[Scalar, Bool[Array, ""]]:
        return _window_error(simulator, window, scene, flow)

    together = None if jax.default_backend() == "cpu" else windows.position.shape[0]
    given = jax.tree.map(jnp.asarray, windows)
    error, counts = jax.lax.map(errors, given, batch_size=together)
    number = jnp.sum(counts.astype(error.dtype))
    loss = jnp.sum(jnp.where(counts, error, 0.0)) / jnp.maximum(number, 1.0)
    return loss, 1.0 - number / counts.shape[0]


def _window_error(
    simulator: ParticleSimulator,
    window: StreamWindows,
    make_scene: Callable[[dict[str, Any]], ParticleScene],
    flow: float,
) -> tuple[Scalar, Bool[Array, ""]]:
    number = window.positions.shape[0]
    names = ("position", "velocity", "begins", "heights")
    start = make_scene({name: getattr(window, name) for name in names})
    adjoint = CheckpointAdjoint(segment=1)
    trajectory = rollout(simulator, start, num_steps=number, adjoint=adjoint, throw=False)
    frames, units = trajectory.frames, simulator.statistics
    drift = (frames.position - window.positions) / units.position_change
    push = (frames.velocity - window.velocities) * simulator.part_dt / units.velocity_change
    frame = jnp.arange(1, number + 1, dtype=drift.dtype)
    weight = (window.counts & ~frames.passage.landed).astype(drift.dtype)
    apart = jnp.concatenate([drift / frame[:, None, None], push], axis=-1)
    squared = jnp.sum(apart**2, axis=-1)
    if flow:
        width = simulator.connectivity.radius
        places = jnp.asarray(window.positions)
        common = jax.vmap(partial(in_common, width=width))(places, weight, apart)
        squared = squared + flow * jnp.sum(common**2, axis=-1)
    error = jnp.sum(weight * squared) / jnp.maximum(jnp.sum(weight), 1.0)
    return error, trajectory.result == 0


def in_common(
    position: Float[Array, "node 3"],
    weight: Float[Array, " node"],
    error: Float[Array, "node error"],
    *,
    width: float,
) -> Float[Array, "node error"]:
    """Errors averaged over neighborhoods, by Gaussians `width` metres wide."""
    squares = jnp.sum(position**2, axis=1)
    squared = squares[:, None] + squares[None] - 2 * position @ position.T
    near = weight[None] * jnp.exp(-jnp.maximum(squared, 0.0) / (2 * width**2))
    return near @ error / jnp.maximum(jnp.sum(near, axis=1), 1e-6)[:, None]
