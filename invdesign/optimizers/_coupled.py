"""Descent in which neighboring parameters move together, the fewer the longer it goes on."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import optax

from .._checks import checked_number
from .._types import Array, Float, Latent, Scalar, as_float
from ._adam import number_or_schedule
from ._first_order import AbstractFirstOrder


class Coupled(AbstractFirstOrder):
    r"""A descent along gradients that neighboring parameters share.

    With $p_i$ where parameter $i$ acts, the optimizer is told

    $$\tilde g = \frac{|g|}{|K g|} K g, \qquad K_{ij} = e^{-|p_i - p_j|^2 / 2 w^2}$$

    $K$ is positive definite, so $-\tilde g$ leads downhill: it is the steepest descent for whom a
    design that changes abruptly from place to place is far away. A parameter that nothing has
    touched, a blade that water never reached or stands on, has no gradient of its own and moves
    with its neighbors. Let `width` fall: first the design turns as a whole, in the end each
    parameter for itself.

    Source: after the smoothed gradients of Jameson, Martinelli and Pierce (1998), Optimum
    aerodynamic design using the Navier-Stokes equations; the Gaussian kernel, places in any number
    of dimensions and the falling width are ours.

    **Arguments:**

    - `optimizer`: such as `Adam` or `Optax`.
    - `places`: $p$, `(latent, dim)`; a space that has them gives them as `space.places()`, with
      the widest distance about 1.
    - `width`: $w$ in the same unit, 0 (no coupling) or above, or a schedule from the iteration to
      it, such as `CosineDecay`; half of the widest distance is a good start.

    **Raises:** `ValueError` if `places` has another shape or another length than the latent, or
    `width` is below 0.
    """

    optimizer: AbstractFirstOrder
    places: Float[Array, "latent dim"] = eqx.field(converter=as_float)
    width: Scalar | Callable[[Any], Any] = eqx.field(converter=number_or_schedule, default=0.5)

    def __check_init__(self):
        if self.places.ndim != 2:
            raise ValueError(
                f"`Coupled` needs places of shape (latent, dim), got {self.places.shape}."
            )
        if not callable(self.width):
            checked_number(self.width, "width", "Coupled", least=0)

    def as_optax(self, dtype: Any) -> optax.GradientTransformation:
        def begin(params: Any) -> Any:
            if params.shape != self.places.shape[:1]:
                raise ValueError(
                    f"`Coupled` has places for {self.places.shape[0]} parameters; the design has "
                    f"{params.size}."
                )
            return jnp.zeros((), jnp.int32)

        def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
            width = self.width(state) if callable(self.width) else self.width
            return couple(updates, self.places, jnp.asarray(width, updates.dtype)), state + 1

        # Within the chain: after a failure the best point's gradient is shared as widely as now.
        shared = optax.GradientTransformation(begin, update)
        return optax.chain(shared, self.optimizer.as_optax(dtype))


def couple(grad: Latent, places: Float[Array, "latent dim"], width: Scalar) -> Latent:
    """A gradient shared with neighbors within `width`, of the same norm."""
    apart = places[:, None] - places[None]
    squares = jnp.sum(apart**2, axis=-1).astype(grad.dtype)
    # The floor leaves the identity of a width of 0, and of places that coincide their mean.
    kernel = jnp.exp(-0.5 * squares / jnp.maximum(width.astype(grad.dtype), 1e-6) ** 2)
    shared = kernel @ grad
    length = jnp.linalg.norm(shared)
    return shared * jnp.where(length > 0, jnp.linalg.norm(grad) / length, 1.0)
