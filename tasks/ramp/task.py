"""Ramp: a chain of joints must carry water over a wall, under a roof, into a bin at the right."""

import math
from functools import partial
from typing import Annotated

import jax.numpy as jnp
import numpy as np

from invdesign import BuildWater, Option, Task, jittered_blocks
from invdesign.objectives import (
    ClearOf,
    ClearOfItself,
    GaussianReward,
    KeepIn,
    KeepOut,
    RegionFraction,
    SelfCrossing,
    Smoothness,
    WeightedSum,
)
from invdesign.spaces import JointChain, common_slices

# In units of the box's side.
WATER = np.array([0.16, 0.885])
ANCHOR = np.array([0.02, 0.75])
LENGTH = 1.06
REGION = np.array([[0.78, 0.0], [1.0, 0.38]])
GOAL = np.array([0.89, 0.10])
WALLS = np.array(
    [
        [[0.32, 1.0], [0.32, 0.84]],  # hangs from the ceiling: the water has to pass below
        [[0.42, 0.0], [0.42, 0.615]],  # stands on the floor: and above
        [[0.70, 0.38], [1.0, 0.38]],  # a roof over the bin
        [[0.70, 0.38], [0.70, 0.60]],  # and a lip that keeps the water off it
        [[0.78, 0.0], [0.78, 0.18]],  # the bin's side
    ]
)
START = np.array([[0.025, 0.775], [0.295, 0.995]])  # what the water and a tool's radius take up
BOW = 0.095  # radians that each of 16 joints turns the initial design
RADIUS = 0.015  # of tool and walls
CLEARANCE = 2 * RADIUS  # between centre lines
SELF_CLEARANCE = 0.04  # from where on nearness costs


def valley(joints: int) -> np.ndarray:
    """Angles of the initial design: a bow open upwards, of the same shape for any number."""
    angles = np.full(joints, BOW * 16 / joints)
    angles[0] = 0.5 * (angles[0] + BOW)  # so that the middles of links point where an arc's do
    return angles


def ramp(
    joints: Annotated[int, Option("Joints of the chain.", least=4, most=48)] = 16,
    *,
    size: float = 1.0,
    counts: tuple[int, int] = (16, 12),
    num_steps: int = 180,
    num_conditions: int = 2,
    num_unseen: int = 8,
    seed: int = 0,
    name: str | None = None,
) -> Task:
    """The task for a chain of `joints` (4 to 48) in a box of `size` metres.

    **Arguments:**

    - `counts`: particles along x and y; 16 by 12 for `size` 1.
    - `num_steps`: frames of a hundredth of a second.
    - `num_conditions`, `num_unseen`: blocks optimised on and only judged on, drawn from `seed`.

    **Raises:** `ValueError` for a number of joints out of range.
    """
    if not 4 <= joints <= 48:
        raise ValueError(f"`ramp` needs 4 to 48 joints, got {joints}.")
    bend = 16 / joints  # the same shapes need larger angles with fewer joints
    bound = min(0.6 * bend, 1.5)
    blocks = partial(
        jittered_blocks, center=size * WATER, counts=counts, shift=0.02 * size, speed=0.2 * size
    )
    neighbors = math.ceil(1.5 * SELF_CLEARANCE * joints / LENGTH)
    return Task(
        name=name or ("ramp" if joints == 16 else f"ramp-{joints}"),
        space=JointChain(
            joints,
            length=LENGTH * size,
            anchor=size * ANCHOR,
            base_angle=-0.6,
            max_bend=bound,
            radius=size * RADIUS,
            initial_parameters=valley(joints),
        ),
        build=BuildWater(size * WALLS, size * RADIUS, upper=(size, size)),
        conditions=blocks(num_conditions, seed=seed),
        unseen=blocks(num_unseen, seed=seed + 1),
        objective=WeightedSum(
            (
                GaussianReward(size * GOAL, 2 * [0.4 * size]),
                GaussianReward(size * GOAL, 2 * [0.12 * size]),
                Smoothness(),
                SelfCrossing(size * SELF_CLEARANCE, num_neighbors=neighbors),
            ),
            (0.5, 0.5, 0.1, 0.05),
        ),
        score=RegionFraction(*(size * REGION)),
        num_steps=num_steps,
        constraints=(
            ClearOf(size * WALLS, size * CLEARANCE, within=[2 * [0.0], 2 * [size]]),
            ClearOfItself(size * CLEARANCE, num_neighbors=neighbors),
            KeepOut(*(size * START), name="out of the water's start"),
            KeepIn(2 * [size * RADIUS], 2 * [size * (1 - RADIUS)]),
        ),
        region=jnp.asarray(size * REGION),
        slices=common_slices(joints, bound),
    )


TASKS = {
    "ramp": ramp,
    "ramp-lite": partial(
        ramp, 6, size=0.5, counts=(8, 6), num_steps=30, num_conditions=1, num_unseen=2,
        name="ramp-lite",
    ),
    **{f"ramp-{n}": partial(ramp, n) for n in (4, 8, 24, 32, 48)},
}  # fmt: skip
