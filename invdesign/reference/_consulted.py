"""A reference solver that serves as a simulator."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import checked_count, checked_number
from .._outside import Outside, answered
from .._simulator import AbstractSimulator
from .._types import Code
from ._base import AbstractReference


@dataclasses.dataclass(frozen=True)
class _Trajectories:
    """What a reference makes of scenes, as answers to questions."""

    reference: AbstractReference
    num_steps: int

    def __call__(self, questions: Sequence[tuple[Any]]) -> list[tuple[Any, int]]:
        scenes = [scene for (scene,) in questions]
        played = self.reference.trajectories(scenes, num_steps=self.num_steps)
        return [(each.frames, int(each.result)) for each in played]


class Consulted(AbstractSimulator):
    """A reference solver that is searched through: values alone, a whole rollout in one call.

    For solvers that are programs of their own, such as `OpenFOAM`; one that has a `simulator` is
    better descended through that. The reference has to say what its `frame` looks like. Scenes
    that arrive together, as those of several conditions do, go to it together, and a scene that
    it has been asked before is looked up (up to 256 MB of them). Every evaluation is charged
    all the same. Sampling methods work; `solve` refuses the others before anything runs.

    **Arguments:** `reference`: the solver; `num_steps`: frames of the task, at least 1; `dt`:
    seconds a frame, above 0.

    **Raises:** `ValueError` for numbers out of these ranges.
    """

    num_steps: int = eqx.field(static=True)
    dt: float = eqx.field(static=True)
    asked: Outside = eqx.field(static=True, repr=False)

    def __init__(self, reference: AbstractReference, *, num_steps: int, dt: float):
        self.num_steps, self.dt = num_steps, dt
        self.asked = Outside(_Trajectories(reference, num_steps))

    def __check_init__(self):
        checked_count(self.num_steps, "num_steps", "Consulted")
        checked_number(self.dt, "dt", "Consulted", above=0)

    @property
    def reference(self) -> AbstractReference:
        """The solver."""
        assert isinstance(self.asked.answers, _Trajectories)
        return self.asked.answers.reference

    @property
    def frames_per_step(self) -> int:
        return self.num_steps

    @property
    def without_gradient(self) -> str | None:
        return f"`{type(self.reference).__name__}` is a program of its own"

    @property
    def calls(self) -> int:
        """How many scenes the reference has solved."""
        return self.asked.calls

    def init(self, scene: Any) -> tuple[Any, Any]:
        frame = self.reference.frame(scene)
        return scene, jax.tree.map(lambda x: jnp.stack([x] * self.num_steps), frame)

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        sentence = f"{self.without_gradient}: nothing differentiates through it."
        return answered(self.asked, sentence, (context,), state, name="trajectories")

    def observe(self, context: Any, state: Any) -> Any:
        return jax.tree.map(lambda x: x[-1], state)

    def observe_step(self, context: Any, state: Any) -> Any:
        return state

    def check(self, scene: Any, num_steps: int | None = None) -> tuple[str, ...]:
        if num_steps not in (None, self.num_steps):
            raise ValueError(
                f"`Consulted` simulates {self.num_steps} frames from the start of a scene, and "
                f"{num_steps} are asked for; make it with `num_steps={num_steps}`."
            )
        return ()

    def refined(self, factor: int) -> "Consulted":
        finer = self.reference.refined(factor)
        return Consulted(finer, num_steps=self.num_steps, dt=self.dt)

    def grow(self, factor: float) -> "Consulted":
        raise ValueError("`Consulted` has no capacity that could grow.")
