"""What a model of water has learned from, and how a scene differs from it."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import msgspec
import numpy as np

from ..._particle_checks import check_spacing
from ...scenes import ParticleScene

_SLACK = 0.01  # relative, of numbers that count as equal
_ROUNDING = 1e-3  # of the largest, what a drawn number may exceed it by


@dataclasses.dataclass(frozen=True)
class ParticleRanges:
    """The scenes that a model of water has learned from; SI units.

    **Arguments:**

    - `spacing`: of particles at rest.
    - `speed`: of the fastest water at the start.
    - `radius`: half thickness of obstacles, the least and the largest.
    - `lower`, `upper`: corners of the box.
    - `gravity`: the acceleration.
    - `num_particles`, `num_steps`: the most particles, the longest trajectories in frames.
    - `bodies`: kinds of obstacles beside capsules.
    """

    spacing: float
    speed: float
    radius: tuple[float, float]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    gravity: tuple[float, ...]
    num_particles: int
    num_steps: int
    bodies: tuple[str, ...] = ()

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> "ParticleRanges":
        """What `dataclasses.asdict` gave, after a round trip through JSON.

        **Raises:** `ValueError` naming what is missing or of another kind.
        """
        try:
            return msgspec.convert(header, cls)
        except msgspec.ValidationError as error:
            raise ValueError(f"The ranges of a model of water cannot be read: {error}.") from error

    def check(self, scene: ParticleScene, num_steps: int | None) -> tuple[str, ...]:
        """Sentences on what is outside of the ranges.

        **Raises:** `ValueError` for another spacing, for which no model of one spacing can be
        right.
        """
        remedy = f"build it with `spacing={self.spacing:g}`"
        check_spacing(scene, self.spacing, "the model", remedy)
        return tuple(self._outside(scene, num_steps))

    def _outside(self, scene: ParticleScene, num_steps: int | None) -> Iterator[str]:
        numbers = (scene.velocity, scene.segment_radius, scene.lower, scene.upper, scene.gravity)
        velocity, radius, lower, upper, gravity = map(np.asarray, jax.device_get(numbers))
        speed = np.linalg.norm(velocity, axis=1).max(initial=0.0)
        if speed > self.speed * (1 + _ROUNDING):
            yield (
                f"the fastest water starts at {speed:.2g} m/s; the model has seen up to "
                f"{self.speed:g} m/s"
            )
        least, most = self.radius
        unseen = radius[(radius < least * (1 - _SLACK)) | (radius > most * (1 + _SLACK))]
        if len(unseen):
            seen = f"of {least:g} m" if least == most else f"from {least:g} to {most:g} m"
            yield (
                f"there are obstacles of radius {_span(unseen)} m; the model has seen those {seen}"
            )
        kinds = dict.fromkeys(type(body).__name__ for body in scene.bodies)
        unknown = [kind for kind in kinds if kind not in self.bodies]
        if unknown:
            kinds = ", ".join(unknown)
            yield f"there are obstacles of kinds ({kinds}) that the model has not seen"
        size, own = upper - lower, np.subtract(self.upper, self.lower)
        if not np.allclose(size, own, rtol=_SLACK):
            yield f"the box is {_product(size)} m; the model has seen {_product(own)} m"
        if not np.allclose(gravity, self.gravity, atol=_SLACK * np.linalg.norm(self.gravity)):
            yield (
                f"gravity is {_vector(gravity)} m/s²; the model has seen {_vector(self.gravity)} "
                "m/s²"
            )
        if len(velocity) > self.num_particles:
            yield (
                f"there are {len(velocity)} particles; the model has seen up to "
                f"{self.num_particles} at once"
            )
        if num_steps is not None and num_steps > self.num_steps:
            yield (
                f"{num_steps} frames are simulated; the model has seen trajectories of up to "
                f"{self.num_steps}"
            )


def _span(values: np.ndarray) -> str:
    least, most = f"{values.min():.2g}", f"{values.max():.2g}"
    return least if least == most else f"{least} to {most}"


def _product(size: Any) -> str:
    return " x ".join(f"{x:.4g}" for x in size)


def _vector(values: Any) -> str:
    return f"({', '.join(f'{x:.4g}' for x in values)})"
