"""Sorting balls: eight deflectors lead eight falling balls into given bins."""

from typing import Annotated

import jax.numpy as jnp
import numpy as np

from invdesign import Option, Task
from invdesign.families.balls import Astray, Binned, BuildChute, Landed, jittered_starts
from invdesign.objectives import ClearOf, ClearOfItself, KeepIn
from invdesign.spaces import Deflectors, Slice

RADIUS, THICKNESS, LENGTH = 0.04, 0.01, 0.10  # m: of a ball, half that of a blade, of a blade
# The left half, from the middle of the box outwards; the right half is its mirror image.
COLUMNS = np.array([0.38, 0.33, 0.265, 0.215])  # m, of the balls
HEIGHTS = np.array([0.42, 0.57, 0.715, 0.86])  # m, of the blades' centers
ABOVE = 0.09  # m, of a ball over a blade's center
ASIDE = np.array([0.01, 0.01, 0.015, 0.024])  # m, of that from its ball, away from the wall
SPEEDS = np.array([1.5, 1.5, 1.7, 0.4])  # m/s, down
SHIFT, JITTER = 0.01, 0.05  # m and m/s by which starts differ
WANTED = np.array([0.31, 0.14, 0.14, 0.14])  # m, middles of the balls' bins
LEVEL = 0.34  # m, above which no ball meets one that bounces back
SCALE = 0.15  # m off a bin's middle that counts half
SLOPES, OFFSET = (0.35, 0.8), 0.03  # rad down to the walls, m
START = 0.6  # rad
GAP = 0.003  # m to spare between whatever must not touch


def both(left: np.ndarray) -> np.ndarray:
    """Places along x of both halves."""
    return np.concatenate([left, 1.0 - left])


def turned(slope: float | np.ndarray, offset: float | np.ndarray) -> np.ndarray:
    """Parameters of blades that slope down to the walls, and are moved towards them."""
    side = np.repeat([1.0, -1.0], 4)
    pair = [side * np.broadcast_to(slope, 8), -side * np.broadcast_to(offset, 8)]
    return np.stack(pair, axis=1).ravel()


def slices(lower: np.ndarray, upper: np.ndarray) -> dict[str, Slice]:
    """One slope to the walls, one offset to the right; a slope and an offset to the walls; a slope
    for each half.
    """
    start, slope, aside = turned(START, 0.0), turned(1.0, 0.0), np.tile([0.0, 1.0], 8)
    left = np.repeat([1.0, 0.0], 8)
    out = turned(0.0, 1.0)

    def of(names: tuple[str, ...], base: np.ndarray, *rows: tuple[np.ndarray, float, float]):
        way, least, most = zip(*rows, strict=True)
        return Slice(names, least, most, np.stack(way), base=base, least=lower, most=upper)

    none = np.zeros(16)
    return {
        "common slope": of(("slope",), none, (slope, SLOPES[0], SLOPES[1])),
        "common offset": of(("offset",), start, (aside, -OFFSET, OFFSET)),
        "slope and offset": of(
            ("slope", "out"), none, (slope, SLOPES[0], SLOPES[1]), (out, -OFFSET, OFFSET)
        ),
        "slope of either half": of(
            ("left", "right"),
            none,
            (slope * left, SLOPES[0], SLOPES[1]),
            (slope * (1.0 - left), SLOPES[0], SLOPES[1]),
        ),
    }


def chute(
    frames: Annotated[int, Option("Frames of 10 ms.", least=30, most=50)] = 50,
    width: Annotated[float, Option("Of a bin in metres.", least=0.1, most=0.16)] = 0.16,
    *,
    num_conditions: int = 4,
    num_unseen: int = 8,
    seed: int = 0,
    name: str = "ball-chute",
) -> Task:
    """Angles and offsets of eight blades, one under each of eight balls.

    **Arguments:** `num_conditions`, `num_unseen`: starts optimized on and only judged on, drawn
    from `seed`: balls are shifted by up to a centimetre and thrown by 5 cm/s along either axis.
    """
    side = np.repeat([1.0, -1.0], 4)
    columns, heights = both(COLUMNS), np.tile(HEIGHTS, 2)
    balls = np.stack([columns, heights + ABOVE], axis=1)
    down = np.stack([np.zeros(8), -np.tile(SPEEDS, 2)], axis=1)
    lower, upper = np.sort([turned(SLOPES[0], -OFFSET), turned(SLOPES[1], OFFSET)], axis=0)
    middles = both(WANTED)

    def starts(number: int, seed: int):
        return jittered_starts(
            number, seed=seed, position=balls, velocity=down, shift=SHIFT, speed=JITTER
        )

    reach = RADIUS + THICKNESS  # from a blade's center line to a ball's center
    room = THICKNESS + 2 * RADIUS + GAP  # from a center line to a wall with a ball between
    return Task(
        name=name,
        space=Deflectors(
            np.stack([columns + side * np.tile(ASIDE, 2), heights], axis=1),
            LENGTH,
            lower,
            upper,
            THICKNESS,
            turned(START, 0.0),
        ),
        build=BuildChute(RADIUS),
        conditions=starts(num_conditions, seed),
        unseen=starts(num_unseen, seed + 1),
        objective=Astray(middles, LEVEL, SCALE),
        score=Binned(middles, LEVEL, width, RADIUS),
        num_steps=frames,
        family="balls",
        constraints=(
            ClearOf(np.stack([balls, balls], axis=1), reach + SHIFT, name="clear of the starts"),
            ClearOfItself(room + THICKNESS, num_neighbors=0, name="a ball's width apart"),
            KeepIn(2 * [room], 2 * [1.0 - room], name="a ball's width from the walls"),
        ),
        metrics={"landed": Landed(LEVEL)},
        region=jnp.asarray(Binned(middles, LEVEL, width, RADIUS).goal),
        slices=slices(lower, upper),
    )


TASKS = {"ball-chute": chute}
