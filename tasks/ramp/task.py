"""Ramp: a chain of joints must carry water from the left into a bucket at the lower right."""

import math
from functools import partial
from typing import Annotated

import jax.numpy as jnp
import numpy as np

from invdesign import BuildWater, Option, Task, jittered_blocks
from invdesign.objectives import (
    GaussianReward,
    InsideBox,
    OutsideBox,
    RegionFraction,
    SelfCrossing,
    Smoothness,
    WeightedSum,
)
from invdesign.spaces import JointChain, common_slices

# In units of the box's side.
WATER = np.array([0.2, 0.76])
ANCHOR = np.array([0.02, 0.58])
LENGTH = 0.74
REGION = np.array([[0.84, 0.0], [1.0, 0.35]])
GOAL = np.array([0.92, 0.12])
WALLS = np.array([[[0.83, 0.0], [0.83, 0.3]]])  # the bucket's left side
ROOM = np.array([[0.0, 0.3], [0.98, 0.98]])  # for the tool: the wall's top is its floor
START = np.array([[0.065, 0.625], [0.335, 0.895]])  # what the water and a tool's radius take up
CLEARANCE = 0.04  # metres between centre lines: a radius on either side and a particle


def ramp(
    joints: Annotated[int, Option("Joints of the chain.", least=4, most=48)] = 16,
    *,
    size: float = 1.0,
    counts: tuple[int, int] = (16, 16),
    num_steps: int = 120,
    num_conditions: int = 1,
    num_unseen: int = 8,
    seed: int = 0,
    name: str | None = None,
) -> Task:
    """The task for a chain of `joints` (4 to 48) in a box of `size` metres.

    **Arguments:**

    - `counts`: particles along x and y; a block of 0.2 sides has 16 by 16 for `size` 1.
    - `num_steps`: frames of a hundredth of a second.
    - `num_conditions`, `num_unseen`: blocks optimised on and only judged on, drawn from `seed`.

    **Raises:** `ValueError` for a number of joints out of range.
    """
    if not 4 <= joints <= 48:
        raise ValueError(f"`ramp` needs 4 to 48 joints, got {joints}.")
    bend = 16 / joints  # the same shapes need larger angles with fewer joints
    bound = min(1.0 * bend, 1.5)
    blocks = partial(
        jittered_blocks, center=size * WATER, counts=counts, shift=0.02 * size, speed=0.2 * size
    )
    link = LENGTH * size / joints
    return Task(
        name=name or ("ramp" if joints == 16 else f"ramp-{joints}"),
        space=JointChain(
            joints,
            length=LENGTH * size,
            anchor=size * ANCHOR,
            base_angle=-0.35,
            max_bend=bound,
            initial_parameters=0.06 * bend,
        ),
        build=BuildWater(size * WALLS, upper=(size, size)),
        conditions=blocks(num_conditions, seed=seed),
        unseen=blocks(num_unseen, seed=seed + 1),
        objective=WeightedSum(
            (
                GaussianReward(size * GOAL, 2 * [0.4 * size]),
                GaussianReward(size * GOAL, 2 * [0.12 * size]),
                Smoothness(),
                SelfCrossing(CLEARANCE, num_neighbors=math.ceil(1.5 * CLEARANCE / link)),
                InsideBox(*(size * ROOM)),
                OutsideBox(*(size * START)),
            ),
            (0.5, 0.5, 0.1, 0.05, 0.05, 0.05),
        ),
        score=RegionFraction(*(size * REGION)),
        num_steps=num_steps,
        region=jnp.asarray(size * REGION),
        slices=common_slices(joints, bound),
    )


TASKS = {
    "ramp": ramp,
    "ramp-lite": partial(
        ramp, 6, size=0.5, counts=(8, 8), num_steps=30, num_conditions=1, num_unseen=2,
        name="ramp-lite",
    ),
    **{f"ramp-{n}": partial(ramp, n) for n in (4, 8, 24, 32, 48)},
}  # fmt: skip
