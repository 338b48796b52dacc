"""Random landscapes: what models of watercourses learn from, and kinds that they never see."""

import dataclasses
from collections.abc import Callable

import numpy as np

Rng = np.random.Generator
Draw = Callable[[Rng, np.ndarray, np.ndarray], np.ndarray]  # of places, from 0 to 1, to heights

_HIGHEST = 0.25  # m about the rest: a design's 0.15 on ground that is rough by 0.1


@dataclasses.dataclass(frozen=True)
class RandomLandscapes:
    """A distribution over heights about the rest; none of them is designed for anything.

    **Arguments:**

    - `nodes`: of the landscape a side.
    - `amplitude`: the largest height of each kind in metres; where two are added, up to 0.25.
    - `held_out`: kinds that models are judged on, in place of those that they learn from.
    """

    nodes: int = 25
    amplitude: float = 0.15
    held_out: bool = False

    def sample(self, rng: Rng) -> np.ndarray:
        """Heights about the rest in metres, `(x, z)`, float32.

        One in twenty is flat; every third of the others is the sum of two kinds.
        """
        line = np.linspace(0.0, 1.0, self.nodes)
        x, z = np.meshgrid(line, line, indexing="ij")
        heights = np.zeros_like(x)
        number = 0 if rng.random() < 0.05 else 1 + int(rng.random() < 1 / 3)
        kinds = _UNSEEN if self.held_out else _SEEN
        for _ in range(number):
            heights += self._one(kinds[rng.integers(len(kinds))], rng, x, z)
        return np.clip(heights, -_HIGHEST, _HIGHEST).astype(np.float32)

    def _one(self, draw: Draw, rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Of a kind, about 0, between a fifth and all of the amplitude high."""
        shape = draw(rng, x, z)
        shape = shape - 0.5 * (shape.min() + shape.max())
        return self.amplitude * rng.uniform(0.2, 1.0) * shape / max(np.abs(shape).max(), 1e-9)


def _along(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Distance from the middle along a random direction."""
    turn = rng.uniform(0, 2 * np.pi)
    return (x - 0.5) * np.cos(turn) + (z - 0.5) * np.sin(turn)


def _from_center(rng: Rng, x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance from a random center and the angle about it."""
    across, along = x - rng.uniform(0.3, 0.7), z - rng.uniform(0.3, 0.7)
    return np.hypot(across, along), np.arctan2(along, across)


def _waves(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    heights = np.zeros_like(x)
    for _ in range(rng.integers(1, 7)):
        count = rng.uniform(0.5, 4.0)  # crests on a way across
        phase = 2 * np.pi * (count * _along(rng, x, z) + rng.random())
        heights += rng.normal() / count * np.sin(phase)
    return heights


def _hills(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    heights = np.zeros_like(x)
    for _ in range(rng.integers(2, 13)):
        center, width = rng.uniform(0, 1, 2), rng.uniform(0.06, 0.3)
        square = (x - center[0]) ** 2 + (z - center[1]) ** 2
        heights += rng.normal() * np.exp(-0.5 * square / width**2)
    return heights


def _ramp(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    return _along(rng, x, z)


def _steps(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    slope = _along(rng, x, z) + 0.3 * rng.random() * _waves(rng, x, z)
    return np.round(slope * rng.uniform(2.0, 5.0) + rng.random())


def _rough(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    heights, share = rng.normal(size=x.shape), rng.uniform(0.2, 0.5)
    for _ in range(rng.integers(0, 6)):  # each time smoother
        for axis in (0, 1):
            padded = np.pad(heights, [(1, 1) if a == axis else (0, 0) for a in (0, 1)], "edge")
            before, after = (np.take(padded, np.arange(len(x)) + s, axis=axis) for s in (0, 2))
            heights = (1 - share) * heights + 0.5 * share * (before + after)
    return heights


def _trough(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    turn, fall = rng.uniform(0, 2 * np.pi), rng.uniform(0.0, 1.0)
    across, along = (
        (x - 0.5) * np.cos(turn + t) + (z - 0.5) * np.sin(turn + t) for t in (0.0, 0.5 * np.pi)
    )
    return np.minimum(np.abs(across), rng.uniform(0.15, 0.5)) - fall * along


def _cone(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    return rng.choice([-1.0, 1.0]) * _from_center(rng, x, z)[0] ** rng.uniform(0.7, 2.0)


def _saddle(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    distance, angle = _from_center(rng, x, z)
    return distance**2 * np.cos(rng.integers(2, 5) * angle + rng.uniform(0, 2 * np.pi))


def _spiral(rng: Rng, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    distance, angle = _from_center(rng, x, z)
    turns = rng.choice([-1.0, 1.0]) * rng.uniform(4.0, 10.0)
    return np.cos(angle + turns * distance) * np.minimum(distance, 0.3) - 0.3 * distance


_SEEN: tuple[Draw, ...] = (_waves, _hills, _ramp, _steps, _rough)
_UNSEEN: tuple[Draw, ...] = (_trough, _cone, _saddle, _spiral)
