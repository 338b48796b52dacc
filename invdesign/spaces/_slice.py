"""Designs of one or two numbers: a line or a plane through a design space."""

import math
from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._types import Array, Float, as_float


class Slice(eqx.Module):
    r"""Parameters of a design that hang on one or two numbers, to be scanned as a baseline.

    $$p = \min(\max(p_0 + \sum_k u_k d_k,\ p_{min}),\ p_{max})$$

    Where a design of many parameters is hardly better than the best of such a slice, the task did
    not need them.

    **Arguments:**

    - `names`: of the numbers $u_k$, one or two.
    - `lower`, `upper`: their ranges, `(number,)`.
    - `directions`: $d_k$, `(number, parameter)`, in the unit of the design space's parameters.
    - `base`: $p_0$, `(parameter,)`, 0 by default.
    - `least`, `most`: bounds of the parameters, `(parameter,)` or one for all.

    **Raises:** `ValueError` for other numbers of numbers, shapes that do not fit, and empty ranges.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    lower: Float[Array, " number"] = eqx.field(converter=as_float)
    upper: Float[Array, " number"] = eqx.field(converter=as_float)
    directions: Float[Array, "number parameter"] = eqx.field(converter=as_float)
    base: Float[Array, "*parameter"] = eqx.field(converter=as_float, default=0.0)
    least: Float[Array, "*parameter"] = eqx.field(converter=as_float, default=-math.inf)
    most: Float[Array, "*parameter"] = eqx.field(converter=as_float, default=math.inf)

    def __check_init__(self):
        number = len(self.names)
        shapes = self.lower.shape, self.upper.shape, self.directions.shape[:1]
        if number not in (1, 2) or shapes != ((number,),) * 3 or self.directions.ndim != 2:
            raise ValueError(
                "`Slice` needs one or two names, a lower and an upper bound and a direction for "
                f"each, got {number} names and shapes {shapes[:2]} and {self.directions.shape}."
            )
        if not bool((self.lower < self.upper).all()):
            raise ValueError(f"`Slice` needs lower < upper, got {self.lower} and {self.upper}.")

    def __call__(self, numbers: Float[Array, " number"]) -> Float[Array, " parameter"]:
        """The parameters of a design."""
        moved = self.base + jnp.sum(as_float(numbers)[:, None] * self.directions, axis=0)
        return jnp.clip(moved, self.least, self.most)

    def grid(self, points: int, across: int | None = None) -> np.ndarray:
        """At most `points` evenly spaced numbers or pairs of them, ends included (host side).

        **Arguments:** `across`: how many along either axis of a plane; the root of `points` by
        default.

        **Raises:** `ValueError` for fewer than two along an axis.
        """
        plane = math.isqrt(points) if across is None else across
        along = points if len(self.names) == 1 else plane
        if along < 2:
            raise ValueError(
                f"A slice of {len(self.names)} numbers needs at least {2 ** len(self.names)} "
                f"points, got {points}."
            )
        ends = zip(np.asarray(self.lower), np.asarray(self.upper), strict=True)
        axes = [np.linspace(low, high, along) for low, high in ends]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def common_slices(number: int, bound: float, *, name: str = "angle") -> dict[str, Slice]:
    """One number for all parameters; one plus another that grows linearly; and one for each half.

    **Arguments:** `number`: of parameters; `bound`: of each, to either side of 0.
    """
    return {
        f"common {name}": along_slice(np.zeros((0, number)), bound, names=(name,)),
        "constant and linear": along_slice(
            np.linspace(-1.0, 1.0, number)[None], bound, names=("constant", "slope")
        ),
        "two halves": halves_slice(
            np.arange(number) >= number // 2, bound, names=("first half", "second half")
        ),
    }


def along_slice(places: np.ndarray, bound: float, *, names: Sequence[str]) -> Slice:
    """A constant for all parameters and a slope over places, where there are any.

    **Arguments:** `places`: of the parameters, `(slope, parameter)`; `bound`: of all of them, to
    either side of 0.
    """
    directions = np.concatenate([np.ones((1, places.shape[1])), places])
    number = len(directions)
    return Slice(
        tuple(names), [-bound] * number, [bound] * number, directions, least=-bound, most=bound
    )


def halves_slice(second: np.ndarray, bound: float, *, names: Sequence[str]) -> Slice:
    """A number for each of two halves of the parameters.

    **Arguments:** `second`: which belong to the second one, `(parameter,)`; `bound`: of all of
    them, to either side of 0.
    """
    directions = np.stack([~second, second]).astype(float)
    return Slice(tuple(names), [-bound] * 2, [bound] * 2, directions, least=-bound, most=bound)
