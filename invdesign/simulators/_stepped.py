"""A step function as a simulator."""

from collections.abc import Callable
from typing import Any

import equinox as eqx

from .._checks import checked_number
from .._results import RESULTS, as_code
from .._simulator import AbstractSimulator
from .._types import Code


def _state(scene: Any, state: Any) -> Any:
    """The state as it is: what is observed unless told otherwise."""
    return state


class Stepped(AbstractSimulator):
    """A function of one's own that moves a state by a frame, or a trained model that does.

        simulator = Stepped(lambda scene: scene.start, model, dt=0.01)

    Everything is traced, unbatched and differentiated by JAX. A model that holds arrays has to be
    an `eqx.Module`: arrays that a plain function closes over are part of the program, which is
    then compiled anew for every other function. Steps that fail for a reason of their own return
    no code here; a class of one's own with the methods of `AbstractSimulator` does.

    **Arguments:**

    - `start`: the state that a scene begins with, `start(scene)`.
    - `move`: the state a frame later, `move(scene, state)`, of the same shapes and types.
    - `dt`: seconds a frame, above 0.
    - `look`: what a trajectory records, `look(scene, state)`; by default the state.

    **Raises:** `ValueError` if `dt` is not above 0.
    """

    start: Callable[[Any], Any]
    move: Callable[[Any, Any], Any]
    dt: float = eqx.field(static=True)
    look: Callable[[Any, Any], Any] = _state

    def __check_init__(self):
        checked_number(self.dt, "dt", "Stepped", above=0)

    def init(self, scene: Any) -> tuple[Any, Any]:
        return scene, self.start(scene)

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        return self.move(context, state), as_code(RESULTS.successful)

    def observe(self, context: Any, state: Any) -> Any:
        return self.look(context, state)

    def grow(self, factor: float) -> "Stepped":
        raise ValueError("`Stepped` has no capacity that could grow.")
