"""Bodies of fluid as particles, and what is observed of particles and nodes."""

import math

import equinox as eqx

from .._types import Array, Float
from ._capsules import Capsules
from ._obstacles import AbstractObstacles, union
from ._passage import Gates, Inflow, Outflow, Passage


class ParticleScene(eqx.Module):
    """A body of fluid in a box with rigid obstacles; SI units.

    Any particle simulator, learned or trusted, can start from it. Obstacles are capsules, the
    points within `segment_radius` of a segment, and whatever else `bodies` holds. The box
    `lower <= x <= upper` holds the fluid on every side.

    **Arguments:**

    - `position`: particle positions in metres, `(node, dim)`.
    - `velocity`: particle velocities in metres a second, `(node, dim)`.
    - `segments`: end points of the obstacles' centre lines in metres, `(segment, 2, dim)`.
    - `segment_radius`: half thickness of each obstacle in metres, `(segment,)`.
    - `lower`, `upper`: corners of the box in metres, `(dim,)`.
    - `gravity`: acceleration in metres a second squared, `(dim,)`.
    - `spacing`: distance of neighboring particles at rest in metres, which says how much water a
      particle is; `None` where it is to be measured.
    - `bodies`: obstacles of other kinds, of each kind any number.
    - `inflow`: when particles are switched on; `None`: all of them are there from the start.
    - `outflow`: the level at which they leave; `None`: nothing leaves. Where there is one, it is in
      the place of the box's floor.

    **Raises:** `ValueError` for a spacing that is not positive.
    """

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    segments: Float[Array, "segment 2 dim"]
    segment_radius: Float[Array, " segment"]
    lower: Float[Array, " dim"]
    upper: Float[Array, " dim"]
    gravity: Float[Array, " dim"]
    spacing: float | None = eqx.field(static=True, default=None)
    bodies: tuple[AbstractObstacles, ...] = ()
    inflow: Inflow | None = None
    outflow: Outflow | None = None

    @property
    def gates(self) -> Gates:
        """Inflow and outflow, for simulators that honor them."""
        return Gates(self.inflow, self.outflow)

    @property
    def obstacles(self) -> AbstractObstacles:
        """All of them as one."""
        return union(
            [Capsules(segments=self.segments, thickness=self.segment_radius), *self.bodies]
        )

    def __check_init__(self):
        if self.spacing is not None and not 0 < self.spacing < math.inf:
            raise ValueError(f"`ParticleScene` needs spacing > 0 or None, got {self.spacing}.")


class ParticleFrame(eqx.Module):
    """What is observed of particles or of a mesh's nodes: positions (m) and velocities (m/s).

    **Arguments:** `passage`: who waits, and who has landed where; `None` where nothing comes or
    goes.
    """

    position: Float[Array, "*time node dim"]
    velocity: Float[Array, "*time node dim"]
    passage: Passage | None = None
