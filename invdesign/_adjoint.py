"""How a rollout is differentiated: what is stored, what is computed again, what is cut."""

import abc
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from ._checks import checked_count, checked_number

Body = Callable[[Any], tuple[Any, Any]]


class Recomputing(eqx.Module):
    """A loop's body that computes its intermediates again on the way back by itself.

    Adjoints that would do that with the whole body leave it be: it would be done twice.
    """

    body: Body = eqx.field(static=True)

    def __call__(self, carry: Any) -> tuple[Any, Any]:
        return self.body(carry)


def _again(body: Body, function: Callable, *, in_loop: bool = False) -> Callable:
    """`function`, which calls `body`, with nothing kept of it but what it is given."""
    if isinstance(body, Recomputing):
        return function
    return jax.checkpoint(function, prevent_cse=not in_loop)


class AbstractAdjoint(eqx.Module):
    """Runs the loop of a rollout; never the simulator itself."""

    @abc.abstractmethod
    def scan(self, body: Body, carry: Any, length: int) -> tuple[Any, Any]:
        """Apply `body(carry) -> (carry, y)` `length` times; the final carry and stacked `y`."""


class DirectAdjoint(AbstractAdjoint):
    """Stores the intermediates of every step: fastest, memory grows with the horizon."""

    def scan(self, body: Body, carry: Any, length: int) -> tuple[Any, Any]:
        return lax.scan(lambda c, _: body(c), carry, None, length=length)


class CheckpointAdjoint(AbstractAdjoint):
    r"""Stores the carry once a segment and computes the segment again on the way back.

    With segments of $k$ steps a horizon of $T$ holds $T/k$ carries and the intermediates of $k$
    steps, at the cost of one more forward pass. `segment=None` takes $k = \sqrt T$ (least memory
    when a carry is as large as a step's intermediates); `segment=1` stores every carry, which is
    the better choice for particle simulators, whose carry is tiny.

    Source: Griewank and Walther (2000), Algorithm 799, for the idea; one level of it here.

    **Arguments:** `segment`: steps a segment, at least 1, or `None`.

    **Raises:** `ValueError` if `segment` is below 1.
    """

    segment: int | None = eqx.field(static=True, default=None)

    def __check_init__(self):
        checked_count(self.segment, "segment", "CheckpointAdjoint", optional=True)

    def scan(self, body: Body, carry: Any, length: int) -> tuple[Any, Any]:
        segment = self.segment or max(1, round(math.sqrt(length)))
        if segment == 1:
            # `prevent_cse` is only needed outside of loops.
            step = _again(body, body, in_loop=True)
            return lax.scan(lambda c, _: step(c), carry, None, length=length)

        def run(c, steps):
            return lax.scan(lambda c_, _: body(c_), c, None, length=steps)

        inner = jax.checkpoint(lambda c: run(c, segment), prevent_cse=False)
        num_segments, rest = divmod(length, segment)
        carry, ys = lax.scan(lambda c, _: inner(c), carry, None, length=num_segments)
        ys = jax.tree.map(lambda y: y.reshape((num_segments * segment, *y.shape[2:])), ys)
        if rest == 0:
            return carry, ys
        carry, tail = jax.checkpoint(lambda c: run(c, rest))(carry)
        return carry, jax.tree.map(lambda a, b: jnp.concatenate([a, b]), ys, tail)


class TruncatedAdjoint(AbstractAdjoint):
    """Stops the gradient of the carry every `window` steps.

    The gradient then sees the design's effect over at most `window` steps, which keeps it from
    exploding over long horizons at the price of a bias. The first state is no cut: a horizon of
    at most `window` steps is differentiated exactly. Wraps another adjoint's idea of memory
    at its cheapest: every carry is stored, every step computed again.

    Source: Williams and Peng (1990), truncated backpropagation through time.

    **Arguments:** `window`: steps a gradient may travel, at least 1.

    **Raises:** `ValueError` if `window` is below 1.
    """

    window: int = eqx.field(static=True)

    def __check_init__(self):
        checked_count(self.window, "window", "TruncatedAdjoint")

    def scan(self, body: Body, carry: Any, length: int) -> tuple[Any, Any]:
        def step(c, index):
            cut = (index > 0) & (index % self.window == 0)
            c = jax.tree.map(lambda x: jnp.where(cut, lax.stop_gradient(x), x), c)
            return body(c)

        return lax.scan(_again(body, step), carry, jnp.arange(length))


class ClippedAdjoint(AbstractAdjoint):
    r"""Bounds what every point of the state may pass back in time, step by step.

    On the way back the cotangent of the carry, taken vector by vector over the last axis, is
    scaled to a length of at most `limit` after each step. Where the rollout is calm nothing
    changes and the gradient is exact; where a learned simulator amplifies (dense, jostling
    particles) the gradient keeps its direction and stops growing: the bound on the whole is
    the horizon times what one step contributes. The result is then no longer the gradient of
    anything, but a direction that transports the objective's wish back to the design.

    Good values are a few times the objective's own derivative with respect to one particle, e.g.
    `0.05` for a mean over 250 particles of a reward that falls off over a decimetre. Every carry
    is stored, every step computed again.

    Source: the per-step form of gradient clipping, Pascanu et al. (2013), section 3.2.

    **Arguments:** `limit`: largest length of a cotangent vector, above 0; or a scalar array, so
    that one program serves many limits.

    **Raises:** `ValueError` if `limit` is not above 0.
    """

    limit: float

    def __check_init__(self):
        checked_number(self.limit, "limit", "ClippedAdjoint", above=0)

    def scan(self, body: Body, carry: Any, length: int) -> tuple[Any, Any]:
        limit = jnp.asarray(self.limit)

        def step(c, _):
            moving, fixed = eqx.partition(c, eqx.is_inexact_array)
            return body(eqx.combine(_bounded(moving, limit), fixed))

        return lax.scan(_again(body, step), carry, None, length=length)


@jax.custom_vjp
def _bounded(moving: Any, limit: Any) -> Any:
    """`moving` as it is; backwards, its cotangents are vectors of at most the length `limit`."""
    return moving


def _bounded_forward(moving: Any, limit: Any) -> tuple[Any, Any]:
    return moving, limit


def _bounded_backward(limit: Any, cotangent: Any) -> tuple[Any, Any]:
    return jax.tree.map(lambda x: _shorten(x, limit.astype(x.dtype)), cotangent), None


_bounded.defvjp(_bounded_forward, _bounded_backward)


def _shorten(cotangent: Any, limit: Any) -> Any:
    squared = jnp.sum(cotangent**2, axis=-1, keepdims=True) if cotangent.ndim else cotangent**2
    is_long = squared > limit**2
    length = jnp.sqrt(jnp.where(is_long, squared, 1.0))
    return jnp.where(is_long, cotangent * (limit / length), cotangent)
