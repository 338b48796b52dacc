"""Random rigid bodies that tumble in a box."""

import dataclasses

import numpy as np

from ...scenes._balls import ABSENT
from .._boxed_data import AbstractScenes

RADIUS = 0.03  # m
MASS = 0.1  # kg a node
SIDE = 1.0  # m, of the box


@dataclasses.dataclass(frozen=True)
class RandomRigids(AbstractScenes):
    """A body of equal balls on a crooked ring, thrown into a square box.

    **Arguments:**

    - `nodes`: the least and the most; `padded`: nodes of every scene, the last ones of which are
      absent where a body has fewer.
    - `size`: of the ring, least and largest radius in metres.
    - `crooked`: the most that a node is off its place on the ring, of the arc between two and of
      the ring's radius.
    - `speed`: the most along an axis in metres a second; `rate`: in radians a second.
    """

    nodes: tuple[int, int] = (3, 6)
    padded: int = 6
    size: tuple[float, float] = (0.1, 0.16)
    crooked: float = 0.2
    speed: float = 1.0
    rate: float = 4.0

    def sample(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        number = int(rng.integers(self.nodes[0], self.nodes[1] + 1))
        off = self.crooked * rng.uniform(-1, 1, (2, number))
        angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi / number * (np.arange(number) + off[0])
        reach = rng.uniform(*self.size) * (1 + off[1])
        arms = reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        arms -= arms.mean(axis=0)
        room = np.linalg.norm(arms, axis=1).max() + RADIUS
        center = rng.uniform(room, SIDE - room, 2)
        velocity, rate = rng.uniform(-self.speed, self.speed, 2), rng.uniform(-self.rate, self.rate)
        turning = rate * np.stack([-arms[:, 1], arms[:, 0]], axis=1)
        filled = np.zeros((self.padded - number, 2))
        return {
            "position": np.concatenate([center + arms, filled]).astype(np.float32),
            "velocity": np.concatenate([velocity + turning, filled]).astype(np.float32),
            "body": np.where(np.arange(self.padded) < number, 0, ABSENT).astype(np.int32),
            "radius": np.full(self.padded, RADIUS, np.float32),
            "mass": np.full(self.padded, MASS, np.float32),
            "lower": np.zeros(2, np.float32),
            "upper": np.full(2, SIDE, np.float32),
        }
