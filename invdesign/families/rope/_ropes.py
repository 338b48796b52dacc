"""Random ropes that hang from one end and swing."""

import dataclasses
from typing import Any

import numpy as np

from ...scenes import NodeKind

LINK = 0.1  # m
RADIUS = 0.02  # m


@dataclasses.dataclass(frozen=True)
class RandomRopes:
    """Ropes in a vertical plane, held at the origin, bent at random and swinging.

    **Arguments:**

    - `nodes`: the least and the most; `padded`: nodes of every scene, the last ones of which are
      held, without a link, where a rope has fewer.
    - `damping`: least and largest rate of decay a second, log-uniform between.
    - `rate`: spread of the first link's rate in radians a second.
    - `bend`: the most that a rope's links turn against the ones before, the spread in radians;
      `whip`: the same of their rates in radians a second. Each rope has its own of both.
    """

    nodes: tuple[int, int] = (5, 10)
    padded: int = 10
    damping: tuple[float, float] = (1.0, 15.0)
    rate: float = 3.0
    bend: float = 0.6
    whip: float = 2.5

    def sample(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Arrays of a `RopeScene`."""
        number = int(rng.integers(self.nodes[0], self.nodes[1] + 1))
        turns = rng.uniform(0, self.bend) * rng.standard_normal(number - 1)
        angles = rng.uniform(-np.pi, np.pi) + np.cumsum(turns)
        faster = rng.uniform(0, self.whip) * rng.standard_normal(number - 1)
        rates = self.rate * rng.standard_normal() + np.cumsum(faster)
        damping = np.exp(rng.uniform(*np.log(self.damping)))
        return rope_arrays(angles, rates, damping, padded=self.padded)


def chain(angles: Any, rates: Any, numbers: Any = np) -> tuple[Any, Any]:
    """Positions and velocities of a rope's nodes from its links' angles and rates.

    **Arguments:** `angles`: of the links from straight down, counterclockwise, in radians, from the
    held end; `rates`: at which they turn in radians a second; `numbers`: NumPy, or JAX' of it.
    """
    along = numbers.stack([numbers.sin(angles), -numbers.cos(angles)], axis=1)
    across = numbers.stack([numbers.cos(angles), numbers.sin(angles)], axis=1)
    start = numbers.zeros_like(along[:1])
    position = numbers.concatenate([start, numbers.cumsum(LINK * along, axis=0)])
    velocity = numbers.concatenate([start, numbers.cumsum(LINK * rates[:, None] * across, axis=0)])
    return position, velocity


def rope_arrays(
    angles: np.ndarray, rates: np.ndarray, damping: float, *, padded: int
) -> dict[str, np.ndarray]:
    """Arrays of a `RopeScene` of a rope held at the origin, filled up to `padded` nodes."""
    position, velocity = chain(angles, rates)
    number = len(position)
    filled = np.zeros((padded - number, 2))
    kind = np.full(padded, NodeKind.FREE)
    kind[0], kind[number:] = NodeKind.HELD, NodeKind.HELD
    return {
        "position": np.concatenate([position, filled]).astype(np.float32),
        "velocity": np.concatenate([velocity, filled]).astype(np.float32),
        "links": chain_links(number, padded),
        "kind": kind.astype(np.int32),
        "damping": np.full(padded, damping, np.float32),
    }


def chain_links(number: int, padded: int) -> np.ndarray:
    """Pairs of neighbors along a rope; beyond its end nodes joined to themselves."""
    first = np.arange(padded - 1)
    last = np.where(first + 1 < number, first + 1, first)
    return np.stack([first, last], axis=1).astype(np.int32)
