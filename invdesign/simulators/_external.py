"""A program outside of JAX as a simulator."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import checked_count, checked_number
from .._outside import OneByOne, Outside, answered
from .._simulator import AbstractSimulator
from .._types import Code


class External(AbstractSimulator):
    """A function that JAX cannot see into: compiled, another language's, or a program of its own.

        simulator = External(solve, lambda scene: jnp.zeros(64), dt=0.01)

    It is called on the host, with NumPy arrays, once a step; the same scene and frame are looked up
    instead of being simulated again (up to 256 MB of answers), so that a value and its gradient, or
    a score at the same latent, cost one call. Conditions and candidates that JAX would batch are
    called one after another. What the function raises is the outcome `external_failed` of that
    candidate alone, and its words go to the log `invdesign`.

    Without a `vjp` nothing is differentiated: sampling methods work, and `solve` refuses the others
    before anything runs. `FiniteDifferences(problem)` makes gradients of values.

    **Arguments:**

    - `values`: `values(scene, frame)` returns the next frame; with `num_frames` above 1 the next so
      many, with a leading axis. A frame is all that it is told of the past.
    - `start`: the frame that a scene begins with, `start(scene)`, traced by JAX; its shapes and
      types are those of all frames.
    - `vjp`: `vjp(scene, frame, cotangent)` returns a pair like scene and frame: the cotangent of
      what `values` returned times its Jacobian. What is no floating-point number may be `None`.
    - `dt`: seconds a frame, above 0.
    - `num_frames`: that one call makes, at least 1.

    **Raises:** `ValueError` for numbers out of these ranges.
    """

    start: Callable[[Any], Any]
    dt: float = eqx.field(static=True)
    num_frames: int = eqx.field(static=True)
    asked: Outside = eqx.field(static=True, repr=False)
    sloped: Outside | None = eqx.field(static=True, repr=False)

    def __init__(
        self,
        values: Callable[[Any, Any], Any],
        start: Callable[[Any], Any],
        vjp: Callable[[Any, Any, Any], tuple[Any, Any]] | None = None,
        *,
        dt: float,
        num_frames: int = 1,
    ):
        self.start, self.dt, self.num_frames = start, dt, num_frames
        self.asked = Outside(OneByOne(values, "values"))
        self.sloped = None if vjp is None else Outside(OneByOne(_Unpacked(vjp), "vjp"))

    def __check_init__(self):
        checked_number(self.dt, "dt", "External", above=0)
        checked_count(self.num_frames, "num_frames", "External")

    @property
    def frames_per_step(self) -> int:
        return self.num_frames

    @property
    def without_gradient(self) -> str | None:
        if self.sloped is not None:
            return None
        return "`External` was given `values` without a `vjp`"

    @property
    def calls(self) -> int:
        """How often `values` was called."""
        return self.asked.calls

    def init(self, scene: Any) -> tuple[Any, Any]:
        frame = self.start(scene)
        return scene, jax.tree.map(lambda x: jnp.stack([x] * self.num_frames), frame)

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        frame = self.observe(context, state)
        like = state if self.num_frames > 1 else frame
        slopes = self.sloped or f"{self.without_gradient}: nothing differentiates through it."
        frames, code = answered(self.asked, slopes, (context, frame), like, name="values")
        if self.num_frames == 1:
            frames = jax.tree.map(lambda x: x[None], frames)
        return frames, code

    def observe(self, context: Any, state: Any) -> Any:
        return jax.tree.map(lambda x: x[-1], state)

    def observe_step(self, context: Any, state: Any) -> Any:
        return state

    def grow(self, factor: float) -> "External":
        raise ValueError("`External` has no capacity that could grow.")


class _Unpacked(eqx.Module):
    """A `vjp` of scene, frame and cotangent, asked for a question and a cotangent."""

    vjp: Callable[[Any, Any, Any], tuple[Any, Any]]

    def __call__(self, question: tuple[Any, Any], cotangent: Any) -> tuple[Any, Any]:
        return self.vjp(*question, cotangent)
