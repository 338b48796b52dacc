"""Steering a chaotic field: it has to look in ten units of time as another start would have it."""

from functools import partial

import jax.numpy as jnp
import numpy as np

from invdesign import Task
from invdesign.families.ks import BuildField, FieldDistance, FieldError, FieldMatch
from invdesign.spaces import Ball, Slice

LENGTH, NUM_POINTS = 60.0, 96
RADIUS = 1.0  # of the amplitudes together: the field's mean square is half of its square at most
# What the target comes from: a random direction at 0.7 of the radius, in no data set. No search
# sees them; the tests solve for the target again.
AMPLITUDES = (
    -0.0915, 0.0642, 0.0429, 0.2571, -0.1345, -0.2598, -0.0642, 0.0166,
    -0.0014, -0.0677, -0.1059, 0.3060, 0.0238, -0.1625, -0.1141, 0.0026,
    0.2747, -0.2111, 0.1233, 0.1043, -0.1367, 0.0319, -0.0657, -0.0049,
)  # fmt: skip
# The field 20 frames later, by the reference solver.
TARGET = (
    -1.13034, -0.32308, 0.53619, 1.22012, 1.46546, 1.05269, 0.04139, -1.11701,
    -1.86707, -1.96777, -1.55786, -0.90752, -0.22394, 0.37286, 0.79493, 0.93557,
    0.69913, 0.10723, -0.64464, -1.27345, -1.58111, -1.55490, -1.30873, -0.96158,
    -0.57693, -0.15792, 0.33054, 0.90532, 1.50418, 1.94319, 1.93106, 1.25849,
    0.08699, -1.04646, -1.63204, -1.55382, -1.04212, -0.39389, 0.19128, 0.60911,
    0.81463, 0.81354, 0.66938, 0.50566, 0.47200, 0.67000, 1.08790, 1.56668,
    1.79572, 1.43316, 0.40569, -0.88930, -1.82696, -2.05090, -1.65222, -0.91401,
    -0.04673, 0.83281, 1.59809, 2.01029, 1.74761, 0.70524, -0.71238, -1.80733,
    -2.15934, -1.86909, -1.29658, -0.73528, -0.30922, -0.00993, 0.24501, 0.55635,
    0.98790, 1.51308, 1.96861, 2.05527, 1.49603, 0.34107, -0.92285, -1.72001,
    -1.83876, -1.47804, -0.95615, -0.48378, -0.12448, 0.16591, 0.47901, 0.88558,
    1.37575, 1.80959, 1.91286, 1.42038, 0.35834, -0.83190, -1.58525, -1.64227,
)  # fmt: skip


def steer(num_waves: int = 12, *, name: str = "ks-steer") -> Task:
    """Amplitudes of the first `num_waves` cosines and sines (1 to 24) that lead to the target.

    The search starts from no field at all, which stays nothing: an error of 1.

    **Raises:** `ValueError` for a number of waves out of range.
    """
    if not 1 <= num_waves <= 24:
        raise ValueError(f"`ks-steer` needs 1 to 24 waves, got {num_waves}.")
    calm = jnp.zeros((1, NUM_POINTS))
    return Task(
        name=name,
        space=Ball(2 * num_waves, RADIUS),
        build=BuildField(LENGTH),
        conditions=calm,
        unseen=calm,
        objective=FieldDistance(TARGET),
        score=FieldMatch(TARGET),
        metrics={"relative_error": FieldError(TARGET)},
        num_steps=20,
        slices={
            f"{kind} {number + 1}": Slice(
                ("amplitude",), [-RADIUS], [RADIUS], np.eye(2 * num_waves)[[first + number]]
            )
            for kind, first in (("cosine", 0), ("sine", num_waves))
            for number in range(num_waves)
        },
        family="ks",
    )


TASKS = {"ks-steer": steer, "ks-steer-6": partial(steer, 6, name="ks-steer-6")}
