"""Random balls that bounce in a box."""

import dataclasses

import numpy as np

from ...scenes._balls import ABSENT
from .._boxed_data import AbstractScenes

SIDE = 1.0  # m, of the box
DENSITY = 10.0  # kg a square metre, of a ball of middle mass
_TRIES = 10_000


@dataclasses.dataclass(frozen=True)
class RandomBalls(AbstractScenes):
    """Balls of different sizes and masses, thrown into a square box, none in another's way.

    **Arguments:**

    - `balls`: the least and the most; `padded`: nodes of every scene, the last ones of which are
      absent where there are fewer.
    - `radius`: least and largest in metres.
    - `density`: largest factor by which a ball is heavier, or lighter, than its size says.
    - `speed`: the most along an axis in metres a second.
    """

    balls: tuple[int, int] = (5, 10)
    padded: int = 10
    radius: tuple[float, float] = (0.04, 0.07)
    density: float = 2.0
    speed: float = 1.5

    def sample(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        number = int(rng.integers(self.balls[0], self.balls[1] + 1))
        radius = rng.uniform(*self.radius, number)
        factor = np.exp(rng.uniform(-1, 1, number) * np.log(self.density))
        absent = self.padded - number
        return {
            "position": np.pad(_places(rng, radius), ((0, absent), (0, 0))).astype(np.float32),
            "velocity": np.pad(
                rng.uniform(-self.speed, self.speed, (number, 2)), ((0, absent), (0, 0))
            ).astype(np.float32),
            "body": np.where(
                np.arange(self.padded) < number, np.arange(self.padded), ABSENT
            ).astype(np.int32),
            "radius": _filled(radius, absent),
            "mass": _filled(DENSITY * np.pi * radius**2 * factor, absent),
            "lower": np.zeros(2, np.float32),
            "upper": np.full(2, SIDE, np.float32),
        }


def _filled(values: np.ndarray, number: int) -> np.ndarray:
    return np.pad(values, (0, number), mode="edge").astype(np.float32)


def _places(rng: np.random.Generator, radius: np.ndarray) -> np.ndarray:
    """Centers of balls in the box that do not touch, drawn one after another."""
    found: list[np.ndarray] = []
    for _ in range(_TRIES):
        size = radius[len(found)]
        place = rng.uniform(size, SIDE - size, 2)
        if all(np.linalg.norm(place - p) > size + r for p, r in zip(found, radius, strict=False)):
            found.append(place)
        if len(found) == len(radius):
            return np.stack(found)
    raise ValueError("So many balls of such sizes do not fit into the box; take fewer or smaller.")
