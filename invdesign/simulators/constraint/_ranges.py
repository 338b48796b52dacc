"""What a model of ropes has learned from, and how a scene differs from it."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import msgspec
import numpy as np

from ...scenes import NodeKind, RopeScene

_SLACK = 0.01  # relative, of numbers that count as equal
_LARGER = 4  # times the size that it learned from, up to which models are judged


@dataclasses.dataclass(frozen=True)
class RopeRanges:
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

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> "RopeRanges":
        """What `dataclasses.asdict` gave, after a round trip through JSON.

        **Raises:** `ValueError` naming what is missing or of another kind.
        """
        try:
            return msgspec.convert(header, cls)
        except msgspec.ValidationError as error:
            raise ValueError(f"The ranges of a model of ropes cannot be read: {error}.") from error

    def check(self, scene: RopeScene, num_steps: int | None) -> tuple[str, ...]:
        """Sentences on what is outside of the ranges."""
        return tuple(self._outside(jax.device_get(scene), num_steps))

    def _outside(self, scene: Any, num_steps: int | None) -> Iterator[str]:
        ends = scene.position[scene.links[scene.links[:, 0] != scene.links[:, 1]]]
        lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        free = scene.kind == NodeKind.FREE
        for what, unit, values, (least, most) in (
            ("links are", "m", lengths, self.link),
            ("damping is", "per second", scene.damping[free], self.damping),
        ):
            if ((values < least * (1 - _SLACK)) | (values > most * (1 + _SLACK))).any():
                yield (
                    f"{what} from {values.min():.3g} to {values.max():.3g} {unit}; the model has "
                    f"seen {least:.3g} to {most:.3g}"
                )
        speed = np.linalg.norm(scene.velocity, axis=1).max(initial=0.0)
        if speed > self.speed * (1 + _SLACK):
            yield (
                f"the fastest node starts at {speed:.3g} m/s; the model has seen up to "
                f"{self.speed:.3g} m/s"
            )
        if free.sum() >= _LARGER * self.num_nodes:
            yield (
                f"there are {len(scene.kind)} nodes; the model has seen up to {self.num_nodes}, "
                f"and is judged up to {_LARGER} times as many"
            )
        if num_steps is not None and num_steps > self.num_steps:
            yield (
                f"{num_steps} frames are simulated; the model has seen trajectories of up to "
                f"{self.num_steps}"
            )
