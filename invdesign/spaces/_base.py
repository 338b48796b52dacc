"""The interface of a design space, and the design of a tool made of segments."""

import abc
from typing import Any, Generic, TypeVar

import equinox as eqx

from .._types import Array, Float, Latent, PRNGKeyArray

Design = TypeVar("Design")
STEP = 0.075  # rad or m, of tools


class AbstractSpace(eqx.Module, Generic[Design]):
    """A smooth map from an unbounded latent vector to bounded, physical designs.

    All optimizers search the latent; bounds live here, so that every optimizer honours them.
    """

    size: eqx.AbstractVar[int]

    @property
    def step(self) -> float:
        """How far a parameter may go in a step of a gradient method, in its own unit.

        The champion is kept, so boldness costs little, and a timid descent ends in the first dent
        of a rough landscape.
        """
        return STEP

    @property
    def narrowing(self) -> float:
        """Share of a run in which parameters come to move each for itself, neighbors at first."""
        return 1.0

    @abc.abstractmethod
    def initial(self) -> Latent:
        """The latent a search starts from."""

    @abc.abstractmethod
    def sample(self, *, key: PRNGKeyArray) -> Latent:
        """A random latent, wide enough that its designs cover the space."""

    @abc.abstractmethod
    def decode(self, latent: Latent) -> Design:
        """The design of a latent; smooth, and within the bounds for every latent."""

    @abc.abstractmethod
    def encode(self, parameters: Any) -> Latent:
        """The latent whose design has these physical parameters (host side).

        **Raises:** `ValueError` if their number is wrong, one is not finite or out of bounds.
        """


class AbstractPlaced(AbstractSpace[Design]):
    """A space whose parameters act somewhere, so that some of them are neighbors."""

    @abc.abstractmethod
    def places(self) -> Float[Array, "latent dim"]:
        """Where each parameter acts; only distances mean something, and the widest is about 1."""


class SegmentDesign(eqx.Module):
    """A rigid tool made of straight segments with a thickness.

    **Arguments:**

    - `parameters`: the physical parameters, e.g. joint angles in radians, `(parameter,)`.
    - `segments`: end points of the centre lines in metres, `(segment, 2, dim)`.
    - `segment_radius`: half thickness in metres, `(segment,)`.
    """

    parameters: Float[Array, " parameter"]
    segments: Float[Array, "segment 2 dim"]
    segment_radius: Float[Array, " segment"]
