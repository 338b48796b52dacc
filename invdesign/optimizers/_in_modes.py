"""Searches over the amplitudes of a few modes, in place of all parameters one by one."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._checks import checked_count, checked_number
from .._evaluation import Evaluation
from .._types import Array, Bool, Float, Latent, Latents, PRNGKeyArray, as_float
from ._base import AbstractOptimizer

_LEAST = 1e-3  # of the largest variance: a narrower mode hardly moves anything


class InModesState(eqx.Module):
    """State of a search over amplitudes.

    **Arguments:** `inner`: of the optimizer of amplitudes; `start`: where they are all zero.
    """

    inner: Any
    start: Latent


class InModes(AbstractOptimizer):
    r"""An optimizer of the amplitudes of a few modes around the start.

    It is asked for $a$ and told of $z = z_0 + M a$, with the gradient $M^T g$ if it takes one. A
    sampling method whose evaluations grow with the number of parameters finds its way among sixty
    smooth shapes where it is lost among hundreds of heights, at the price that no other design
    than their sums is ever seen.

    **Arguments:**

    - `optimizer`: that sees no constraints, such as `CMAES`.
    - `modes`: $M$, `(latent, mode)`, its columns independent; `widest_modes` gives those of a
      space whose parameters have places.

    **Raises:** `ValueError` if `modes` has another shape, more columns than rows or columns that
    depend on each other; on `init` if a latent has another length.
    """

    optimizer: AbstractOptimizer
    modes: Float[Array, "latent mode"] = eqx.field(converter=as_float)

    def __check_init__(self):
        shape = self.modes.shape
        if not (len(shape) == 2 and 1 <= shape[1] <= shape[0]):
            raise ValueError(
                "`InModes` needs modes of shape (latent, mode), no more of them than parameters, "
                f"got {shape}."
            )
        if np.linalg.matrix_rank(np.asarray(self.modes)) < shape[1]:
            raise ValueError("`InModes` needs modes of which none is a sum of others.")

    @property
    def order(self) -> int:
        return self.optimizer.order

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> InModesState:
        if latent.shape != self.modes.shape[:1]:
            raise ValueError(
                f"`InModes` has modes of {self.modes.shape[0]} parameters; the design has "
                f"{latent.size}."
            )
        amplitudes = jnp.zeros(self.modes.shape[1], latent.dtype)
        return InModesState(self.optimizer.init(amplitudes, key=key), jnp.asarray(latent))

    def ask(self, state: InModesState, *, key: PRNGKeyArray) -> Latents:
        amplitudes = self.optimizer.ask(state.inner, key=key)
        return state.start[None] + amplitudes @ self.modes.T.astype(state.start.dtype)

    def tell(
        self, state: InModesState, candidates: Latents, evaluation: Evaluation
    ) -> InModesState:
        modes = self.modes.astype(state.start.dtype)
        amplitudes = jnp.linalg.lstsq(modes, (candidates - state.start[None]).T)[0].T
        if evaluation.grad is not None:
            slopes = evaluation.grad @ modes
            evaluation = eqx.tree_at(lambda e: e.grad, evaluation, slopes)
        return InModesState(self.optimizer.tell(state.inner, amplitudes, evaluation), state.start)

    def done(self, state: InModesState) -> Bool[Array, ""] | bool:
        return self.optimizer.done(state.inner)


def widest_modes(
    places: Float[Array, "latent dim"], *, width: float = 0.15, most: int = 64
) -> Float[Array, "latent mode"]:
    r"""The modes of a Gaussian kernel over places, each as large as its standard deviation.

    Amplitudes that are independent normal numbers give a smooth field of unit variance, whose
    parameters are alike within `width`. Modes of less than a thousandth of the largest variance are
    left out.

    **Arguments:** `places`: where parameters act, as `space.places()` gives them; `width`: in the
    same unit, above 0; `most`: modes.

    **Raises:** `ValueError` for values out of these ranges.
    """
    checked_number(width, "width", "widest_modes", above=0)
    checked_count(most, "most", "widest_modes")
    host = np.asarray(places, np.float64)
    apart = host[:, None] - host[None]
    kernel = np.exp(-0.5 * (apart**2).sum(axis=-1) / width**2)
    variances, modes = np.linalg.eigh(kernel)  # from the smallest on
    number = min(most, int((variances > _LEAST * variances[-1]).sum()))
    scaled = modes[:, -number:] * np.sqrt(variances[-number:])
    return jnp.asarray(scaled[:, ::-1], jnp.result_type(float))
