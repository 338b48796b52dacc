"""What a model has learned from, and how a scene differs from it."""

import abc
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Self

import jax
import msgspec
import numpy as np

from ...scenes import BallScene, NodeKind, RopeScene
from ...scenes._balls import ABSENT

_SLACK = 0.01  # relative, of numbers that count as equal
_LARGER = 4  # times the size that it learned from, up to which models are judged


@dataclasses.dataclass(frozen=True)
class AbstractRanges(abc.ABC):
    """The scenes that a model has learned from."""

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> Self:
        """What `dataclasses.asdict` gave, after a round trip through JSON.

        **Raises:** `ValueError` naming what is missing or of another kind.
        """
        try:
            return msgspec.convert(header, cls)
        except msgspec.ValidationError as error:
            raise ValueError(f"The ranges of a model cannot be read: {error}.") from error

    def check(self, scene: Any, num_steps: int | None) -> tuple[str, ...]:
        """Sentences on what is outside of the ranges."""
        return tuple(self.outside(jax.device_get(scene), num_steps))

    @abc.abstractmethod
    def outside(self, scene: Any, num_steps: int | None) -> Iterator[str]:
        """The same, one by one, of a scene on the host."""


@dataclasses.dataclass(frozen=True)
class RopeRanges(AbstractRanges):
    """The ropes that a model has learned from; SI units.

    **Arguments:**

    - `link`: lengths of links, the least and the largest.
    - `damping`: rates of decay, the least and the largest.
    - `speed`: of the fastest node at any frame.
    - `num_nodes`, `num_steps`: the most nodes, the longest trajectories in frames.
    """

    link: tuple[float, float]
    damping: tuple[float, float]
    speed: float
    num_nodes: int
    num_steps: int

    def outside(self, scene: RopeScene, num_steps: int | None) -> Iterator[str]:
        ends = scene.position[scene.links[scene.links[:, 0] != scene.links[:, 1]]]
        lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        free = scene.kind == NodeKind.FREE
        yield from _off("links are", "m", lengths, self.link)
        yield from _off("damping is", "per second", scene.damping[free], self.damping)
        yield from _faster(scene.velocity, self.speed)
        if free.sum() >= _LARGER * self.num_nodes:
            yield _more(len(scene.kind), self.num_nodes, _LARGER)
        yield from _longer(num_steps, self.num_steps)


@dataclasses.dataclass(frozen=True)
class BallRanges(AbstractRanges):
    """The balls in a box that a model has learned from; SI units.

    **Arguments:**

    - `radius`, `mass`: of the balls, the least and the largest.
    - `speed`: of the fastest ball at any frame.
    - `size`: sides of the box in metres.
    - `bounce`, `drag`: as scenes have them.
    - `num_nodes`, `num_steps`: the most balls, the longest trajectories in frames.
    """

    radius: tuple[float, float]
    mass: tuple[float, float]
    speed: float
    size: tuple[float, ...]
    bounce: float
    drag: float
    num_nodes: int
    num_steps: int

    def outside(self, scene: BallScene, num_steps: int | None) -> Iterator[str]:
        free, size = scene.body != ABSENT, scene.upper - scene.lower
        yield from _off("radii are", "m", scene.radius[free], self.radius)
        yield from _off("masses are", "kg", scene.mass[free], self.mass)
        yield from _faster(scene.velocity, self.speed)
        if not np.allclose(size, self.size, rtol=_SLACK):
            yield f"the box is {_sides(size)} m; the model has seen {_sides(self.size)} m"
        for name in ("bounce", "drag"):
            if not np.isclose(getattr(scene, name), getattr(self, name), rtol=_SLACK):
                yield (
                    f"{name} is {getattr(scene, name):.3g}; the model has seen "
                    f"{getattr(self, name):.3g} alone"
                )
        if free.sum() > 2 * self.num_nodes:
            yield _more(int(free.sum()), self.num_nodes, 2)
        yield from _longer(num_steps, self.num_steps)


def _off(what: str, unit: str, values: Any, known: tuple[float, float]) -> Iterator[str]:
    found, (least, most) = np.asarray(values), known
    if ((found < least * (1 - _SLACK)) | (found > most * (1 + _SLACK))).any():
        yield (
            f"{what} from {found.min():.3g} to {found.max():.3g} {unit}; the model has seen "
            f"{least:.3g} to {most:.3g}"
        )


def _faster(velocity: Any, known: float) -> Iterator[str]:
    speed = np.linalg.norm(np.asarray(velocity), axis=1).max(initial=0.0)
    if speed > known * (1 + _SLACK):
        yield (
            f"the fastest node starts at {speed:.3g} m/s; the model has seen up to {known:.3g} m/s"
        )


def _more(number: int, known: int, larger: int) -> str:
    return (
        f"there are {number} nodes; the model has seen up to {known}, and is judged up to {larger} "
        "times as many"
    )


def _longer(num_steps: int | None, known: int) -> Iterator[str]:
    if num_steps is not None and num_steps > known:
        yield f"{num_steps} frames are simulated; the model has seen trajectories of up to {known}"


def _sides(size: Any) -> str:
    return " x ".join(f"{side:.3g}" for side in size)
