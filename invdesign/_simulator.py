"""The interface every simulator fulfils, learned or trusted."""

import abc
from typing import Any

import equinox as eqx

from ._types import Code


class AbstractSimulator(eqx.Module):
    """Moves a scene forward in time, one frame of `dt` seconds a step.

    `init` splits a scene into a context, which is constant over the rollout (obstacles, masks,
    anything the design determines), and a state, which is the carry of the loop. The design has
    to enter through the context: a truncated adjoint stops gradients of the carry, and would cut
    off a design that sat in it.
    """

    dt: eqx.AbstractVar[float]

    @abc.abstractmethod
    def init(self, scene: Any) -> tuple[Any, Any]:
        """Context and initial state of a scene. Unbatched and traceable."""

    @abc.abstractmethod
    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        """The state `dt` seconds later and a `RESULTS` code. Unbatched, pure, differentiable."""

    @abc.abstractmethod
    def observe(self, context: Any, state: Any) -> Any:
        """What a trajectory records of a state, e.g. a `ParticleFrame`."""

    def check(self, scene: Any, num_steps: int | None = None) -> tuple[str, ...]:
        """Sentences on why the numbers of a scene may be poor under this simulator; often none.

        On the host, before anything is compiled: `rollout`, `solve` and `judge` ask it of every
        scene whose numbers are known.

        **Arguments:** `num_steps`: frames to simulate, if that is known.

        **Raises:** `ValueError` saying what to do if what comes out could not be right.
        """
        return ()

    def refined(self, factor: int) -> "AbstractSimulator":
        """A solver of the same scenes with `factor` times the resolution, of space or of time.

        **Raises:** `ValueError` if there is no finer one, as of everything that was learned.
        """
        raise ValueError(f"`{type(self).__name__}` has no refinement: it cannot be made finer.")

    @abc.abstractmethod
    def grow(self, factor: float) -> "AbstractSimulator":
        """The same simulator with `factor` times the static capacity, of the same class (host).

        **Raises:** `ValueError` if there is no capacity that could grow any further.
        """
