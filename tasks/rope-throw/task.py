"""Throwing a rope: all of it has to pass a shape, 0.4 s after it was let go but for one end."""

import jax.numpy as jnp
import numpy as np

from invdesign import Task
from invdesign.families.rope import BuildThrow, ShapeDistance, ShapeError, ShapeMatch
from invdesign.spaces import Box
from invdesign.spaces._slice import common_slices

NUM_LINKS, LINK = 19, 0.1  # m
MOST = 10.0  # rad/s
DAMPING = 2.0  # per second
# Rates that no search sees, in rad/s at equal distances along the rope, linear between.
KNOTS = (-2.4, 7.5, 6.8, -5.7, -7.1)
# Where MuJoCo has the nodes 40 frames later, in metres; the tests solve for them again.
TARGET = (
    (0.000, 0.000), (0.051, -0.086), (0.117, -0.161), (0.208, -0.203),
    (0.306, -0.181), (0.386, -0.121), (0.455, -0.048), (0.515, 0.032),
    (0.568, 0.116), (0.621, 0.201), (0.678, 0.283), (0.740, 0.361),
    (0.817, 0.425), (0.912, 0.458), (1.012, 0.451), (1.096, 0.397),
    (1.149, 0.312), (1.171, 0.215), (1.170, 0.115), (1.156, 0.016),
)  # fmt: skip


def throw(*, name: str = "rope-throw") -> Task:
    """Rates of the links of a rope of 20 nodes that is held out level, by one end."""
    scale = 0.25 * NUM_LINKS * LINK
    level = jnp.zeros(1)
    return Task(
        name=name,
        space=Box(np.full(NUM_LINKS, -MOST), np.full(NUM_LINKS, MOST)),
        build=BuildThrow(np.full(NUM_LINKS, 0.5 * np.pi), DAMPING),
        conditions=level,
        unseen=level,
        objective=ShapeDistance(TARGET, scale),
        score=ShapeMatch(TARGET, scale),
        metrics={"distance": ShapeError(TARGET)},
        num_steps=40,
        slices=common_slices(NUM_LINKS, MOST, name="rate"),
    )


TASKS = {"rope-throw": throw}
