"""What a model of elastic bodies has learned from, and how a scene differs from it."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import msgspec
import numpy as np

from ...scenes import NodeKind, SpringScene

_SLACK = 0.01  # relative, of numbers that count as equal


@dataclasses.dataclass(frozen=True)
class SpringRanges:
    """The scenes that a model of elastic bodies has learned from; SI units.

    **Arguments:**

    - `edge`: lengths at rest of the meshes' edges, the least and the largest.
    - `speed`: of the fastest node at the start, driven ones included.
    - `reach`: of the driven nodes: half of their extent along an axis.
    - `gravity`: the acceleration.
    - `num_nodes`, `num_steps`: the most nodes, the longest trajectories in frames.
    - `stiffness`: of pairs, the least and the largest.
    """

    edge: tuple[float, float]
    speed: float
    reach: float
    gravity: tuple[float, ...]
    num_nodes: int
    num_steps: int
    stiffness: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> "SpringRanges":
        """What `dataclasses.asdict` gave, after a round trip through JSON.

        **Raises:** `ValueError` naming what is missing or of another kind.
        """
        try:
            return msgspec.convert(header, cls)
        except msgspec.ValidationError as error:
            raise ValueError(
                f"The ranges of a model of elastic bodies cannot be read: {error}."
            ) from error

    def check(self, scene: SpringScene, num_steps: int | None) -> tuple[str, ...]:
        """Sentences on what is outside of the ranges."""
        return tuple(self._outside(jax.device_get(scene), num_steps))

    def _outside(self, scene: Any, num_steps: int | None) -> Iterator[str]:
        ends = scene.rest[scene.edges]
        lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        lengths = lengths[scene.edges[:, 0] != scene.edges[:, 1]]  # without the filling
        least, most = self.edge
        if ((lengths < least * (1 - _SLACK)) | (lengths > most * (1 + _SLACK))).any():
            yield (
                f"the mesh has edges from {lengths.min():.2g} to {lengths.max():.2g} m; the model "
                f"has seen those from {least:.2g} to {most:.2g} m, and what bodies are made of "
                "hangs on the mesh"
            )
        stiffness = np.ones(1) if scene.stiffness is None else scene.stiffness
        least, most = self.stiffness
        if ((stiffness < least * (1 - _SLACK)) | (stiffness > most * (1 + _SLACK))).any():
            yield (
                f"the stiffness is from {stiffness.min():.2g} to {stiffness.max():.2g} of the "
                f"material's; the model has seen {least:.2g} to {most:.2g}"
            )
        speed = np.linalg.norm(scene.velocity, axis=1).max(initial=0.0)
        if speed > self.speed * (1 + _SLACK):
            yield (
                f"the fastest node starts at {speed:.2g} m/s; the model has seen up to "
                f"{self.speed:.3g} m/s"
            )
        driven = scene.position[scene.kind == NodeKind.DRIVEN]
        reach = 0.5 * np.ptp(driven, axis=0).max() if len(driven) else 0.0
        if reach > self.reach * (1 + _SLACK):
            yield (
                f"what is driven reaches {reach:.2g} m to either side; the model has seen up to "
                f"{self.reach:.2g} m"
            )
        if not np.allclose(scene.gravity, self.gravity, atol=_SLACK * 9.81):
            yield (
                f"gravity is ({', '.join(f'{x:.4g}' for x in scene.gravity)}) m/s²; the model has "
                f"seen ({', '.join(f'{x:.4g}' for x in self.gravity)}) m/s²"
            )
        if len(scene.kind) > self.num_nodes:
            yield (
                f"there are {len(scene.kind)} nodes; the model has seen up to {self.num_nodes} at "
                "once"
            )
        if num_steps is not None and num_steps > self.num_steps:
            yield (
                f"{num_steps} frames are simulated; the model has seen trajectories of up to "
                f"{self.num_steps}"
            )
