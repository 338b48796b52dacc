"""Draping a rope: pegs are placed such that it takes a shape once it has settled on them."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from invdesign import Task
from invdesign.families.rope import (
    BuildDrape,
    EndSpeed,
    PegsApart,
    ShapeDistance,
    ShapeError,
    ShapeMatch,
    Unrest,
)
from invdesign.objectives import WeightedSum
from invdesign.spaces import Box, Slice

NUM_LINKS, LINK = 9, 0.1  # m
RADIUS = 0.06  # m, of a peg
DAMPING = 10.0  # per second
NUM_PEGS = 4
SPEED = 0.3  # m/s at the end that counts as much as a quarter of the rope beside the shape
# What x and y of a peg may be in metres: all of a peg is below the level rope.
LOWER, UPPER = (0.08, -0.70), (0.85, -0.10)
# The search starts from a row of pegs.
ROW, HEIGHT = (0.20, 0.36, 0.52, 0.68), -0.20
# Pegs that no search sees.
PEGS = ((0.20, -0.14), (0.36, -0.20), (0.44, -0.51), (0.62, -0.58))
# Where MuJoCo's rope has come to rest on them, in metres; the tests solve for it again.
TARGET = (
    (0.000, 0.000), (0.091, -0.042), (0.189, -0.061), (0.280, -0.102), (0.378, -0.122),
    (0.440, -0.201), (0.454, -0.300), (0.475, -0.398), (0.517, -0.488), (0.616, -0.500),
)  # fmt: skip


def rows() -> dict[str, Slice]:
    """Pegs in a row: its height; its height and where it begins; its height and its slope."""
    start = np.stack([ROW, np.zeros(NUM_PEGS)], axis=1)
    x, y = (np.tile(axis, NUM_PEGS) for axis in np.eye(2))
    slope = np.stack([np.zeros(NUM_PEGS), np.asarray(ROW) - ROW[0]], axis=1)

    def of(
        names: tuple[str, ...], least: Sequence[float], most: Sequence[float], *ways: np.ndarray
    ):
        return Slice(
            names, least, most, np.stack(ways), base=start.ravel(),
            least=np.tile(LOWER, NUM_PEGS), most=np.tile(UPPER, NUM_PEGS),
        )  # fmt: skip

    heights = LOWER[1], UPPER[1]
    shifts = LOWER[0] - ROW[0], UPPER[0] - ROW[-1]
    return {
        "height of the row": of(("height",), heights[:1], heights[1:], y),
        "height and shift of the row": of(
            ("height", "shift"), [heights[0], shifts[0]], [heights[1], shifts[1]], y, x
        ),
        "height and slope of the row": of(
            ("height", "slope"), [heights[0], -1.25], [heights[1], 1.25], y, slope.ravel()
        ),
    }


def drape(*, name: str = "rope-drape") -> Task:
    """Places of four pegs under a rope of 10 nodes that is held out level, by one end."""
    scale = 0.25 * NUM_LINKS * LINK
    level = jnp.zeros(1)
    return Task(
        name=name,
        space=Box(
            np.tile(LOWER, NUM_PEGS),
            np.tile(UPPER, NUM_PEGS),
            initial_parameters=np.stack([ROW, np.full(NUM_PEGS, HEIGHT)], axis=1).ravel(),
        ),
        build=BuildDrape(np.full(NUM_LINKS, 0.5 * np.pi), RADIUS, DAMPING),
        conditions=level,
        unseen=level,
        # A rope that only passes the shape slides on, and elsewhere under another simulator.
        objective=WeightedSum((ShapeDistance(TARGET, scale), Unrest(SPEED)), (1.0, 1.0)),
        score=ShapeMatch(TARGET, scale),
        metrics={"distance": ShapeError(TARGET), "speed": EndSpeed()},
        num_steps=200,
        constraints=(PegsApart(2 * RADIUS),),
        slices=rows(),
    )


TASKS = {"rope-drape": drape}
