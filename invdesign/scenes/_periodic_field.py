"""A field on a periodic interval."""

import math

import equinox as eqx

from .._types import Array, Float


class PeriodicField(eqx.Module):
    """A field at equally spaced points of an interval whose ends are one point.

    What the field is, and what moves it, is the simulator's to know; so are its units.

    **Arguments:**

    - `field`: at $x_i = i L / N$, the first point at the interval's beginning, `(point,)`.
    - `length`: of the interval, $L$, above 0.

    **Raises:** `ValueError` for a length that is not positive.
    """

    field: Float[Array, " point"]
    length: float = eqx.field(static=True)

    def __check_init__(self):
        if not 0 < self.length < math.inf:
            raise ValueError(f"`PeriodicField` needs length > 0, got {self.length}.")


class FieldFrame(eqx.Module):
    """What is observed of a field: its values at the points of the scene it began with."""

    field: Float[Array, "*time point"]


def check_points(scene: PeriodicField, *, num_points: int, length: float, whose: str) -> None:
    """Refuse a scene with another number of points, or on an interval of another length.

    **Arguments:** `whose`: what needs them, in words.

    **Raises:** `ValueError` naming what is given and what is wanted.
    """
    found = scene.field.shape[0]
    if found != num_points or not math.isclose(scene.length, length, rel_tol=1e-6):
        raise ValueError(
            f"{whose} has {num_points} points on a length of {length:g}, and the field "
            f"{found} on {scene.length:g}; resample the field, or take another simulator."
        )
