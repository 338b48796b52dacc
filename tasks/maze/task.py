"""Maze: rotors must spread water round a tray and bring it back, half into either of two bins."""

from functools import partial

import jax.numpy as jnp
import numpy as np

from invdesign import BuildWater, Task, jittered_blocks
from invdesign.objectives import (
    ClearOf,
    ClearOfItself,
    EvenFraction,
    GaussianReward,
    WeightedSum,
    Worst,
)
from invdesign.spaces import Rotors, Slice, along_slice, halves_slice

# In units of the box's side.
WATER = np.array([0.5, 0.89])
LEFT = np.array(
    [
        [0.43, 0.73], [0.30, 0.667], [0.15, 0.66], [0.07, 0.535],  # above the tray, outwards
        [0.227, 0.434], [0.315, 0.325], [0.43, 0.245], [0.226, 0.215],  # beside it, and below
    ]
)  # fmt: skip
CENTERS = np.concatenate([LEFT, [1.0, 0.0] + LEFT * [-1.0, 1.0]])
BLADE = 0.11
RADIUS = 0.015  # of blades and walls
MAX_ANGLE = 1.4
WALLS = np.array(
    [
        [[0.32, 0.44], [0.68, 0.44]],  # the tray, and its lips
        [[0.32, 0.44], [0.32, 0.54]],
        [[0.68, 0.44], [0.68, 0.54]],
        [[0.14, 0.0], [0.14, 0.47]],  # shafts at the sides, that nothing comes back from
        [[0.86, 0.0], [0.86, 0.47]],
        *([[x, 0.0], [x, 0.13]] for x in (0.27, 0.46, 0.54, 0.73)),  # the bins' sides
    ]
)
BINS = np.array([[[0.27, 0.0], [0.46, 0.18]], [[0.54, 0.0], [0.73, 0.18]]])
GOALS = np.array([[0.365, 0.06], [0.635, 0.06]])


def blade_slices() -> dict[str, Slice]:
    """Families of blades that one or two numbers describe, as they are and mirrored.

    Mirrored blades lean to the other side in the box's right half.
    """
    low, high = CENTERS.min(axis=0), CENTERS.max(axis=0)
    x, y = (2 * (CENTERS - low) / (high - low) - 1).T
    right, sign = x > 0, np.where(x > 0, -1.0, 1.0)

    def line(places: np.ndarray) -> Slice:
        return along_slice(places, MAX_ANGLE, names=("angle", "slope")[: 1 + len(places)])

    def halves(second: np.ndarray, *names: str) -> Slice:
        return halves_slice(second, MAX_ANGLE, names=names)

    plain = {
        "common angle": line(np.zeros((0, len(x)))),
        "constant and linear across": line(x[None]),
        "constant and linear upwards": line(y[None]),
        "upper and lower half": halves(y < 0, "upper half", "lower half"),
    }
    outwards = plain | {"constant and linear across": line(2 * np.abs(x)[None] - 1)}
    mirrored = {f"{name}, mirrored": _times(each, sign) for name, each in outwards.items()}
    return {
        **plain, **mirrored,
        "left and right half": halves(right, "left half", "right half"),
    }  # fmt: skip


def _times(each: Slice, sign: np.ndarray) -> Slice:
    directions = each.directions * sign[None]
    return Slice(each.names, each.lower, each.upper, directions, least=each.least, most=each.most)


def maze(
    *,
    size: float = 1.0,
    counts: tuple[int, int] = (16, 12),
    num_steps: int = 200,
    num_conditions: int = 2,
    num_unseen: int = 8,
    seed: int = 0,
    name: str = "maze",
) -> Task:
    """The task in a box of `size` metres.

    **Arguments:**

    - `counts`: particles along x and y; 16 by 12 for `size` 1.
    - `num_steps`: frames of a hundredth of a second.
    - `num_conditions`, `num_unseen`: blocks optimised on and only judged on, drawn from `seed`.
    """
    blocks = partial(
        jittered_blocks, center=size * WATER, counts=counts, shift=0.005 * size, speed=0.05 * size
    )
    return Task(
        name=name,
        space=Rotors(
            size * CENTERS, size * BLADE, max_angle=MAX_ANGLE, radius=size * RADIUS,
            initial_parameters=-0.2,
        ),
        build=BuildWater(size * WALLS, size * RADIUS, upper=(size, size)),
        conditions=blocks(num_conditions, seed=seed),
        unseen=blocks(num_unseen, seed=seed + 1),
        objective=WeightedSum(
            (
                Worst(
                    tuple(
                        WeightedSum(
                            tuple(GaussianReward(size * g, 2 * [w * size]) for w in (0.3, 0.1)),
                            (0.5, 0.5),
                        )
                        for g in GOALS
                    )
                ),
            ),
            (2.0,),
        ),
        score=EvenFraction(size * BINS[:, 0], size * BINS[:, 1]),
        num_steps=num_steps,
        # True of all angles, so that no search can lose them when blades or walls are moved.
        constraints=(
            ClearOf(size * WALLS, 2 * size * RADIUS),
            ClearOfItself(2 * size * RADIUS, num_neighbors=0),
        ),
        region=jnp.asarray(size * BINS.reshape(-1, 2)),
        slices=blade_slices(),
    )  # fmt: skip


TASKS = {
    "maze": maze,
    "maze-lite": partial(
        maze, size=0.5, counts=(8, 6), num_steps=30, num_conditions=1, num_unseen=2,
        name="maze-lite",
    ),
}  # fmt: skip
