"""What the tasks of strips share: how a strip starts, and the scene that a design makes of it."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Float, Int, as_float
from ...scenes import NodeKind, SpringScene
from ._strips import GRAVITY, RandomStrips

_NUM_KNOTS = 4


class StripStart(eqx.Module):
    """How a strip starts; the condition of a task. Several conditions have a leading axis.

    **Arguments:** `position`: of the nodes in metres, `velocity`: in metres a second, of those that
    are not driven.
    """

    position: Float[Array, "*condition node 2"]
    velocity: Float[Array, "*condition node 2"]


class BuildStrip(eqx.Module):
    """The scene of a strip whose end moves at a velocity, and that is as stiff as designed.

    A design's `parameters` are the velocity of the held end along either axis in metres a second,
    then the binary logarithm of the stiffness over the material's at equal distances along the
    strip, from the held end to the tip; between them it is linear.

    **Arguments:** `rest`, `edges`, `kind`: as in `SpringScene`; `weights`: of each pair's
    logarithm on those of the knots, `(pair, knot)`.
    """

    rest: Float[Array, "node 2"] = eqx.field(converter=as_float)
    edges: Int[Array, "pair 2"]
    kind: Int[Array, " node"]
    weights: Float[Array, "pair knot"] = eqx.field(converter=as_float)

    def __call__(self, design: Any, condition: StripStart) -> SpringScene:
        parameters = design.parameters
        driven = (self.kind == NodeKind.DRIVEN)[:, None]
        return SpringScene(
            rest=self.rest.astype(parameters.dtype),
            position=condition.position.astype(parameters.dtype),
            velocity=jnp.where(
                driven, parameters[None, :2], condition.velocity.astype(parameters.dtype)
            ),
            edges=self.edges,
            kind=self.kind,
            gravity=jnp.asarray(GRAVITY, parameters.dtype),
            stiffness=jnp.exp2(self.weights.astype(parameters.dtype) @ parameters[2:]),
        )

    @property
    def size(self) -> int:
        """Numbers of a design."""
        return 2 + self.weights.shape[1]


def driven_strip(strips: RandomStrips) -> tuple[BuildStrip, np.ndarray]:
    """The strip of a data set without the disk, its left end driven; and the nodes of its tip."""
    rest, edges = strips.mesh()
    size = strips.num_along * strips.num_across
    rest, edges = rest[:size], edges[(edges < size).all(axis=1)]
    kind = np.full(size, NodeKind.FREE, np.int32)
    kind[: strips.num_across] = NodeKind.DRIVEN
    place = rest[edges].mean(axis=1)[:, 0]
    knots = np.linspace(rest[0, 0], rest[-1, 0], _NUM_KNOTS)
    weights = np.stack([np.interp(place, knots, row) for row in np.eye(_NUM_KNOTS)], axis=1)
    build = BuildStrip(rest, jnp.asarray(edges, jnp.int32), jnp.asarray(kind), weights)
    return build, np.arange(size - strips.num_across, size)


def jittered_strips(number: int, *, seed: int, build: BuildStrip, swing: float) -> StripStart:
    """Strips at rest but for a velocity that grows from the held end, at random within `swing`.

    Drawn with NumPy on the host: the same seed gives the same ones everywhere.

    **Arguments:** `swing`: of the tip along each axis, at most, in metres a second.
    """
    rest = np.asarray(build.rest)
    along = (rest[:, 0] - rest[0, 0]) / np.ptp(rest[:, 0])
    tips = swing * np.random.default_rng(seed).uniform(-1.0, 1.0, (number, 1, 2))
    velocity = along[None, :, None] * tips
    return StripStart(as_float(np.broadcast_to(rest, velocity.shape)), as_float(velocity))
