"""Contain: a chain of joints must be the cup that water, thrown over a sill, comes to rest in."""

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
WATER = np.array([0.21, 0.82])
THROWN = np.array([1.9, 0.0])  # metres a second
ANCHOR = np.array([0.985, 0.56])
LENGTH = 1.26
REGION = np.array([[0.18, 0.11], [0.54, 0.30]])
GOAL = np.array([0.36, 0.18])
ABOVE = np.array([0.36, 0.25])  # of the wide reward: what is above can still fall into the region
WALLS = np.array([[[0.60, 0.0], [0.60, 0.46]]])  # the sill
START = np.array([[0.075, 0.71], [0.345, 0.93]])  # what the water and a tool's radius take up
TROUGH = np.array([-0.25] + 9 * [0.0] + 4 * [-0.42] + 2 * [0.0])  # angles of 16 joints
RADIUS = 0.015  # of tool and walls
CLEARANCE = 2 * RADIUS  # between centre lines
SELF_CLEARANCE = 0.04  # from where on nearness costs


def trough(joints: int) -> np.ndarray:
    """Angles of the initial design: a trough above the sill, of the same shape for any number."""
    heading = np.concatenate([[0.0], np.cumsum(TROUGH)])
    known = np.concatenate([[0.0], (np.arange(16) + 0.5) / 16])
    wanted = np.interp((np.arange(joints) + 0.5) / joints, known, heading)
    return np.diff(wanted, prepend=0.0)


def contain(
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
        raise ValueError(f"`contain` needs 4 to 48 joints, got {joints}.")
    bend = 16 / joints  # the same shapes need larger angles with fewer joints
    bound = min(0.7 * bend, 1.5)
    blocks = partial(
        jittered_blocks,
        center=size * WATER,
        counts=counts,
        shift=0.02 * size,
        velocity=size * THROWN,
        speed=0.1 * size,
    )
    neighbors = math.ceil(1.5 * SELF_CLEARANCE * joints / LENGTH)
    return Task(
        name=name or ("contain" if joints == 16 else f"contain-{joints}"),
        space=JointChain(
            joints,
            length=LENGTH * size,
            anchor=size * ANCHOR,
            base_angle=math.pi + 0.35,
            max_bend=bound,
            radius=size * RADIUS,
            initial_parameters=trough(joints),
        ),
        build=BuildWater(size * WALLS, size * RADIUS, upper=(size, size)),
        conditions=blocks(num_conditions, seed=seed),
        unseen=blocks(num_unseen, seed=seed + 1),
        objective=WeightedSum(
            (
                GaussianReward(size * ABOVE, (size * np.array([0.3, 0.2])).tolist()),
                GaussianReward(size * GOAL, 2 * [0.1 * size]),
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
    "contain": contain,
    "contain-lite": partial(
        contain, 6, size=0.5, counts=(8, 6), num_steps=30, num_conditions=1, num_unseen=2,
        name="contain-lite",
    ),
    **{f"contain-{n}": partial(contain, n) for n in (4, 8, 24, 32, 48)},
}  # fmt: skip
