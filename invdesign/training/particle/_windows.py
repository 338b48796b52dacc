"""Windows of trajectories: a moment, and the frames that follow it."""

import math
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import KDTree

from ..._host_geometry import segment_distance
from ...simulators.particle._build import ModelConfig
from ._config import UnrollConfig

_DRAWS = 200  # windows whose starts are measured for the capacity
_TRIES = 20  # moments, of which the first will do where the wanted contact happens
_ROOM = 1.25  # edges over the most of those draws: rollouts err, and impacts are rare


class Windows(NamedTuple):
    """One device's batch of windows, in metres and seconds, stacked over the first axis.

    `position` and `velocity` (window, node, dim) are the start, `segments` (window, segment, 2,
    dim) the obstacles, `positions` and `velocities` (window, frame, node, dim) the frames to
    be met after the start. `probe` (window, 2, node, dim) is a random direction of positions and
    velocities, standard normal; zero where nothing asks for growth.
    """

    position: np.ndarray
    velocity: np.ndarray
    segments: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray
    probe: np.ndarray


class WindowSampler:
    """Draws windows; those of a step depend on `(seed, step)` alone, so a resume is exact.

    `edges_per_node` is the capacity a rollout through a window should have.
    """

    def __init__(
        self,
        data: dict[str, np.ndarray],
        described: dict[str, Any],
        model: ModelConfig,
        unroll: UnrollConfig,
        *,
        windows_per_batch: int,
        seed: int,
    ):
        self.data, self.seed = data, seed
        self.dt = described["dt"]
        self.unroll, self.windows_per_batch = unroll, windows_per_batch
        # From here on a particle feels the center line of an obstacle.
        self.felt = described["scenes"]["obstacle_radius"] + model.reach
        if unroll.frames >= data["position"].shape[1]:
            raise ValueError(
                f"`unroll.frames` has to be below the {data['position'].shape[1]} frames of a "
                f"trajectory, got {unroll.frames}."
            )
        self.edges_per_node = self._measure_capacity(model.radius)

    def batch(self, step: int, device: int) -> Windows:
        """The windows of a step on a device."""
        rng = np.random.default_rng([self.seed, step, device])
        windows = [self.window(rng) for _ in range(self.windows_per_batch)]
        return Windows(*(np.stack(parts) for parts in zip(*windows, strict=True)))

    def window(self, rng: np.random.Generator) -> Windows:
        """A random stretch of a random trajectory (no window axis), with noise on its start.

        As in one-step training velocities have to return to the truth, while every particle makes
        its true moves from where noise has put it. With `contact` the moment is drawn again until
        that share of the particles feels an obstacle, for a number of tries.
        """
        position, velocity = self.data["position"], self.data["velocity"]
        trajectory, start = self._moment(rng)
        after = slice(start + 1, start + 1 + self.unroll.frames)
        shift, push = rng.normal(size=(2, *position.shape[2:])).astype(position.dtype)
        shift = self.unroll.position_noise * shift
        return Windows(
            position=position[trajectory, start] + shift,
            velocity=velocity[trajectory, start] + self.unroll.noise / self.dt * push,
            segments=self.data["segments"][trajectory],
            positions=position[trajectory, after] + shift[None],
            velocities=velocity[trajectory, after],
            probe=self._probe(rng, position),
        )

    def _moment(self, rng: np.random.Generator) -> tuple[int, int]:
        """A trajectory and a frame of it."""
        num_trajectories, num_frames = self.data["position"].shape[:2]
        for _ in range(_TRIES):
            trajectory = int(rng.integers(num_trajectories))
            start = int(rng.integers(num_frames - self.unroll.frames))
            wanted = self.unroll.contact
            if not wanted or self.share_felt(trajectory, start) >= wanted:
                break
        return trajectory, start

    def share_felt(self, trajectory: int, start: int) -> float:
        """Of the particles that feel an obstacle in a window's first, middle or last frame."""
        segments, length = self.data["segments"][trajectory], self.unroll.frames
        felt = np.zeros(self.data["position"].shape[2], bool)
        for frame in (start, start + length // 2, start + length):
            distance = segment_distance(self.data["position"][trajectory, frame], segments)
            felt |= (distance < self.felt).any(axis=1)
        return float(felt.mean())

    def _probe(self, rng: np.random.Generator, position: np.ndarray) -> np.ndarray:
        shape = (2, *position.shape[2:])
        drawn = rng.normal(size=shape) if self.unroll.growth else np.zeros(shape)
        return drawn.astype(position.dtype)

    def _measure_capacity(self, radius: float) -> float:
        """A mean number of edges that arrive at a node, a multiple of 4: such lists part well."""
        rng = np.random.default_rng([self.seed, 1])
        fullest = 0.0
        for _ in range(_DRAWS):
            window = self.window(rng)
            tree = KDTree(window.position + self.dt * window.velocity)
            fullest = max(fullest, tree.count_neighbors(tree, radius) / tree.n - 1)
        return 4.0 * math.ceil(_ROOM * fullest / 4)
