"""What positions of several nodes have to fulfil, beside not being inside of obstacles."""

import abc
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._checks import checked_count, checked_number
from .._geometry import safe_norm
from .._types import Array, Float, as_float


class AbstractTerm(eqx.Module):
    """What is asked of positions, in numbers that a right place makes 0, or at least 0.

    - `is_equality`: whether they have to be 0; otherwise they have to be at least 0.
    """

    is_equality: eqx.AbstractClassVar[bool]

    @abc.abstractmethod
    def gap(
        self, position: Float[Array, "node dim"], radius: Float[Array, " node"]
    ) -> Float[Array, "..."]:
        """By how much it is fulfilled, or missed, in metres: as many numbers as it wants.

        Traceable, and with a derivative by the positions of those nodes that it is about.

        **Arguments:** `radius`: of the nodes in metres; of those that are held or absent -1000, so
        that they are far from all.
        """


class FixedNode(AbstractTerm):
    """A node that stays at a place.

    **Arguments:** `node`: its number; `place`: in metres, `(dim,)`.

    **Raises:** `ValueError` for a number below 0, or which no node has, or a place that is no
    vector.
    """

    node: int = eqx.field(static=True)
    place: Float[Array, " dim"] = eqx.field(converter=as_float)

    is_equality: ClassVar[bool] = True

    def __check_init__(self):
        checked_count(self.node, "node", "FixedNode", least=0)
        if self.place.ndim != 1:
            raise ValueError(f"`FixedNode` needs a place `(dim,)`, got shape {self.place.shape}.")

    def gap(self, position: Array, radius: Array) -> Array:
        return position[_there(self.node, position, "FixedNode")] - self.place


class Distance(AbstractTerm):
    """Two nodes, of which one may be held, that keep a distance.

    **Arguments:** `first`, `last`: their numbers; `length`: in metres, above 0.

    **Raises:** `ValueError` for numbers out of these ranges, or which no node has.
    """

    first: int = eqx.field(static=True)
    last: int = eqx.field(static=True)
    length: float | Float[Array, ""]

    is_equality: ClassVar[bool] = True

    def __check_init__(self):
        for end in ("first", "last"):
            checked_count(getattr(self, end), end, "Distance", least=0)
        checked_number(self.length, "length", "Distance", above=0)
        if self.first == self.last:
            raise ValueError(f"`Distance` needs two nodes, got {self.first} twice.")

    def gap(self, position: Array, radius: Array) -> Array:
        ends = [position[_there(end, position, "Distance")] for end in (self.first, self.last)]
        return safe_norm(ends[1] - ends[0]) - self.length


class KeepInBox(AbstractTerm):
    """Nodes that stay wholly within a box.

    **Arguments:** `lower`, `upper`: its corners in metres, `(dim,)`; infinite where it is open.

    **Raises:** `ValueError` for corners of other or of different shapes.
    """

    lower: Float[Array, " dim"] = eqx.field(converter=as_float)
    upper: Float[Array, " dim"] = eqx.field(converter=as_float)

    is_equality: ClassVar[bool] = False

    def __check_init__(self):
        if self.lower.ndim != 1 or self.lower.shape != self.upper.shape:
            raise ValueError(
                f"`KeepInBox` needs two corners of equal size, got shapes {self.lower.shape} and "
                f"{self.upper.shape}."
            )

    def gap(self, position: Array, radius: Array) -> Array:
        within = [position - self.lower[None], self.upper[None] - position]
        return jnp.concatenate(within, axis=1) - radius[:, None]


class NonOverlap(AbstractTerm):
    """Nodes that do not get into each other; a number for each pair."""

    is_equality: ClassVar[bool] = False

    def gap(self, position: Array, radius: Array) -> Array:
        first, last = np.triu_indices(position.shape[0], 1)
        return safe_norm(position[first] - position[last]) - radius[first] - radius[last]


def _there(node: int, position: Any, where: str) -> int:
    if node >= position.shape[0]:
        raise ValueError(
            f"`{where}` is about node {node}, but a scene has {position.shape[0]} nodes, from 0 on."
        )
    return node
