"""Maze: rotors must route falling water into the bin in the corner."""

from functools import partial

import jax.numpy as jnp
import numpy as np

from invdesign import BuildWater, Task, jittered_blocks
from invdesign.objectives import GaussianReward, RegionFraction, WeightedSum
from invdesign.spaces import Rotors, Slice, along_slice

# In units of the box's side.
WATER = np.array([0.35, 0.845])
REGION = np.array([[0.74, 0.0], [1.0, 0.22]])
GOAL = np.array([0.87, 0.08])
WALLS = np.array([[[0.72, 0.0], [0.72, 0.22]]])  # the bin's side; the box is the other one
LEFT, RIGHT = 0.08, 0.92  # centers of the outermost rotors
MAX_ANGLE = 1.0
LOW, HIGH = 0.25, 0.7  # what blades stay between: clear of the bin and of the water's start


def rotor_grid(num_rotors: int) -> tuple[np.ndarray, float]:
    """Centers of staggered rows of rotors, `(rotor, 2)`, and the length of a blade.

    There are at most as many rows as columns, and as many as divide the number.

    **Raises:** `ValueError` for a number that is not 4 to 48, or that is a prime.
    """
    rows = max((r for r in range(2, 7) if num_rotors % r == 0 and r * r <= num_rotors), default=0)
    if not (4 <= num_rotors <= 48 and rows):
        raise ValueError(
            f"`maze` needs 4 to 48 rotors in at least two equal rows, got {num_rotors}."
        )
    columns = num_rotors // rows
    pitch = (RIGHT - LEFT) / (columns - 0.5)
    x = LEFT + pitch * (np.arange(columns)[None] + 0.5 * (np.arange(rows)[:, None] % 2 == 0))
    length = min(0.72 * pitch, 0.25)
    y = np.linspace(LOW + 0.5 * length, HIGH - 0.5 * length, rows)[:, None]
    return np.stack(np.broadcast_arrays(x, y), axis=-1).reshape(-1, 2), length


def blade_slices(centers: np.ndarray) -> dict[str, Slice]:
    """One angle for all blades; and one plus another that grows across, or upwards."""
    low, high = centers.min(axis=0), centers.max(axis=0)
    places = 2 * (centers - low) / (high - low) - 1
    each = {"across": places[:, 0], "upwards": places[:, 1]}
    planes = {
        f"constant and linear {way}": along_slice(x[None], MAX_ANGLE, names=("constant", "slope"))
        for way, x in each.items()
    }
    return {
        "common angle": along_slice(np.zeros((0, len(centers))), MAX_ANGLE, names=("angle",)),
        **planes,
    }


def maze(
    num_rotors: int = 36,
    *,
    size: float = 1.0,
    counts: tuple[int, int] = (16, 16),
    num_steps: int = 150,
    num_conditions: int = 1,
    num_unseen: int = 8,
    seed: int = 0,
    name: str | None = None,
) -> Task:
    """The task for `num_rotors` (4 to 48) in a box of `size` metres.

    **Arguments:**

    - `counts`: particles along x and y; a block of 0.2 sides has 16 by 16 for `size` 1.
    - `num_steps`: frames of a hundredth of a second.
    - `num_conditions`, `num_unseen`: blocks optimised on and only judged on, drawn from `seed`.

    **Raises:** `ValueError` for a number of rotors that fills no grid.
    """
    centers, length = rotor_grid(num_rotors)
    blocks = partial(
        jittered_blocks, center=size * WATER, counts=counts, shift=0.02 * size, speed=0.2 * size
    )
    return Task(
        name=name or f"maze-{num_rotors}",
        space=Rotors(size * centers, size * length, max_angle=MAX_ANGLE, initial_parameters=-0.2),
        build=BuildWater(size * WALLS, upper=(size, size)),
        conditions=blocks(num_conditions, seed=seed),
        unseen=blocks(num_unseen, seed=seed + 1),
        objective=WeightedSum(
            (
                GaussianReward(size * GOAL, 2 * [0.4 * size]),
                GaussianReward(size * GOAL, 2 * [0.12 * size]),
            ),
            (0.5, 0.5),
        ),
        score=RegionFraction(*(size * REGION)),
        num_steps=num_steps,
        region=jnp.asarray(size * REGION),
        slices=blade_slices(centers),
    )


TASKS = {
    "maze": partial(maze, name="maze"),
    "maze-lite": partial(
        maze, 9, size=0.5, counts=(8, 8), num_steps=30, num_conditions=1, num_unseen=2,
        name="maze-lite",
    ),
    **{f"maze-{n}": partial(maze, n) for n in (4, 9, 16, 24, 48)},
}  # fmt: skip
