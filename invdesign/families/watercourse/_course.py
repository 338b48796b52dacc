"""What watercourses are made of: a stream out of a pipe, and the landscape below it."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Float, Int, as_float
from ...scenes import Inflow, Landscape, Outflow, ParticleScene
from ...spaces import HeightDesign

NAME = "watercourse"
DT = 0.025  # seconds a frame
SPACING = 1 / 40  # m between particles
SPEED = SPACING / DT  # m/s at the pipe's mouth: each layer makes room for the next one
CENTER = (0.5, 0.5)  # m, of the landscape, along x and z
REST = 0.5  # m above the floor
THICKNESS = 0.02  # m, of the sheet on either side of its middle
FLOOR = ((-1.0, -1.0), (2.0, 2.0))  # m, corners along x and z
CEILING = 1.0  # m


class Stream(eqx.Module):
    """Water that a vertical pipe lets out layer by layer; the condition of a watercourse task.

    **Arguments:**

    - `position`: where particles wait in metres, `(node, 3)`; several conditions have a leading
      axis, as of everything here.
    - `velocity`: with which they begin to move in metres a second, of the same shape.
    - `frame`: in which frame each begins to move, `(node,)`.
    - `spacing`: distance of neighboring particles in metres.
    """

    position: Float[Array, "*condition node 3"]
    velocity: Float[Array, "*condition node 3"]
    frame: Int[Array, "*condition node"]
    spacing: float = eqx.field(static=True, default=SPACING)


def streams(
    number: int,
    *,
    seed: int,
    mouth: tuple[float, float, float] = (CENTER[0], 0.8, CENTER[1]),
    layers: int = 20,
    radius: float = 3.0,
    spacing: float = SPACING,
    shift: float = 0.01,
    sway: float = 0.05,
) -> Stream:
    """Streams that differ a little in place and direction, and in the places of their particles.

    Drawn with NumPy on the host: the same seed gives the same streams everywhere, and the first
    ones of a longer draw are those of a shorter one.

    **Arguments:**

    - `number`: of conditions, at least 1.
    - `mouth`: the middle of the pipe's mouth in metres, `(x, y, z)`.
    - `layers`: one a frame, at least 1; the first frame is the simulation's first.
    - `radius`: of the pipe in spacings: 3 are 32 particles a layer.
    - `spacing`: of particles in metres.
    - `shift`: largest shift of the pipe along x and z in metres.
    - `sway`: largest speed along x and z in metres a second.

    **Raises:** `ValueError` for numbers that are not positive.
    """
    if number < 1 or layers < 1 or not radius > 0 or not spacing > 0:
        raise ValueError(
            "`streams` needs number, layers, radius and spacing above 0, got "
            f"{number}, {layers}, {radius} and {spacing}."
        )
    disc = _disc(radius) * spacing
    across = np.zeros((len(disc), 3))
    across[:, [0, 2]] = disc
    rest = np.tile(np.asarray(mouth) + across, (layers, 1))
    frame = np.repeat(np.arange(layers), len(disc))
    position, velocity = [], []
    for index in range(number):
        rng = np.random.default_rng([seed, index])
        aside, swayed = rng.uniform(-1, 1, (2, 3)) * [1, 0, 1]
        jitter = 0.1 * spacing * rng.uniform(-1, 1, rest.shape)
        position.append(rest + shift * aside + jitter)
        down = np.array([0.0, -spacing / DT, 0.0])
        velocity.append(np.broadcast_to(down + sway * swayed, rest.shape))
    frames = np.tile(frame.astype(np.int32), (number, 1))
    return Stream(
        as_float(np.stack(position)), as_float(np.stack(velocity)), jnp.asarray(frames), spacing
    )


def _disc(radius: float) -> np.ndarray:
    """Places of a square lattice within a circle about the middle of four of them."""
    reach = int(np.ceil(radius)) + 1
    line = np.arange(-reach, reach) + 0.5
    places = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    return places[(places**2).sum(axis=1) <= radius**2]


class BuildWatercourse(eqx.Module):
    """Puts a landscape under a stream: `build` of a watercourse task.

    The landscape lies over the unit square of x and z, y is up, the floor is at y = 0 and takes
    the water out.

    **Arguments:**

    - `lower`, `upper`: corners of the box in metres, `(3,)`.
    - `thickness`: of the landscape's sheet in metres, on either side of its middle.
    - `gravity`: in metres a second squared, `(3,)`.
    - `base`: heights in metres that are added to every design's, `(x, z)`; `None` for none.
    """

    lower: Float[Array, " 3"] = eqx.field(
        converter=as_float, default=(FLOOR[0][0], 0.0, FLOOR[0][1])
    )
    upper: Float[Array, " 3"] = eqx.field(
        converter=as_float, default=(FLOOR[1][0], CEILING, FLOOR[1][1])
    )
    thickness: float = eqx.field(static=True, default=THICKNESS)
    gravity: Float[Array, " 3"] = eqx.field(converter=as_float, default=(0.0, -9.81, 0.0))
    base: Float[Array, "x z"] | None = None

    def __call__(self, design: HeightDesign, condition: Stream) -> ParticleScene:
        """The scene; its type is the design's, so that a gradient in float64 stays there."""
        heights = self.heights(design)
        dtype = heights.dtype
        return ParticleScene(
            position=condition.position.astype(dtype),
            velocity=condition.velocity.astype(dtype),
            segments=jnp.zeros((0, 2, 3), dtype),
            segment_radius=jnp.zeros((0,), dtype),
            lower=self.lower.astype(dtype),
            upper=self.upper.astype(dtype),
            gravity=self.gravity.astype(dtype),
            spacing=condition.spacing,
            bodies=(Landscape(heights, (0.0, 0.0), (1.0, 1.0), self.thickness),),
            inflow=Inflow(condition.frame),
            outflow=Outflow(jnp.zeros((), dtype)),
        )

    def heights(self, design: HeightDesign) -> Float[Array, "x z"]:
        """Of the landscape's middle in metres.

        **Raises:** `ValueError` for heights that are no grid over the square, or of another shape
        than the base's.
        """
        heights = design.heights
        if heights.ndim != 2 or min(heights.shape) < 2:
            raise ValueError(
                "A landscape is a grid of heights of at least 2 by 2 nodes, got shape "
                f"{heights.shape}."
            )
        if self.base is None:
            return heights
        if heights.shape != self.base.shape:
            raise ValueError(
                f"This landscape has {self.base.shape[0]} by {self.base.shape[1]} heights, got "
                f"shape {heights.shape}."
            )
        return heights + self.base.astype(heights.dtype)


def check_pipe(height: float, *, amplitude: float) -> None:
    """Refuse a pipe whose mouth landscapes could reach.

    **Arguments:** `height`: of the mouth; `amplitude`: of the landscape about its rest; metres.

    **Raises:** `ValueError` saying how high it has to be.
    """
    least = REST + amplitude + THICKNESS + SPACING
    if not least <= height <= CEILING - SPACING:
        raise ValueError(
            f"The pipe's mouth has to be between {least:g} m, above the highest landscape, and "
            f"{CEILING - SPACING:g} m, got {height:g} m."
        )
