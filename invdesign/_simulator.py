"""The interface every simulator fulfils, learned or trusted."""

import abc
from typing import Any

import equinox as eqx
import jax

from ._types import Code


class AbstractSimulator(eqx.Module):
    """Moves a scene forward in time, one frame of `dt` seconds a step, or `frames_per_step`.

    `init` splits a scene into a context, which is constant over the rollout (obstacles, masks,
    anything the design determines), and a state, which is the carry of the loop. The design has
    to enter through the context: a truncated adjoint stops gradients of the carry, and would cut
    off a design that sat in it.
    """

    dt: eqx.AbstractVar[float]

    @property
    def frames_per_step(self) -> int:
        """Frames that one `step` makes (temporal bundling); known before anything is compiled."""
        return 1

    @property
    def without_gradient(self) -> str | None:
        """Why nothing can be differentiated through it, half a sentence; `None` if it can."""
        return None

    @property
    def recomputes(self) -> bool:
        """Whether `step` computes again on the way back what it does not keep, by itself.

        A step of many parts then keeps the states between them, and an adjoint that keeps the
        carry of every step has nothing more to do: memory is that of a part, not of a step.
        """
        return False

    @abc.abstractmethod
    def init(self, scene: Any) -> tuple[Any, Any]:
        """Context and initial state of a scene. Unbatched and traceable."""

    @abc.abstractmethod
    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        """The state `frames_per_step` frames of `dt` seconds later and a `RESULTS` code.

        Unbatched, pure, differentiable.
        """

    @abc.abstractmethod
    def observe(self, context: Any, state: Any) -> Any:
        """What a trajectory records of a state, e.g. a `ParticleFrame`."""

    def observe_step(self, context: Any, state: Any) -> Any:
        """What a trajectory records of the frames that the step made which ended in `state`.

        As `observe`, with a leading axis of `frames_per_step`; the last is what `observe` says. A
        simulator that makes one frame a step need not know of it.
        """
        return jax.tree.map(lambda x: x[None], self.observe(context, state))

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


def num_calls(simulator: AbstractSimulator, num_steps: int, where: str) -> int:
    """How often `step` has to be called for `num_steps` frames.

    **Raises:** `ValueError` if that many would end in the middle of a step.
    """
    calls, rest = divmod(num_steps, simulator.frames_per_step)
    if rest:
        raise ValueError(
            f"`{where}` needs whole steps of `{type(simulator).__name__}`, which makes "
            f"{simulator.frames_per_step} frames a step; ask for a multiple of that, "
            f"got {num_steps}."
        )
    return calls
