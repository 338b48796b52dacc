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

    **Arguments:** `inner`: of the optimizer of amplitudes; `middle`: where they are all zero.
    """

    inner: Any
    middle: Latent


class InModes(AbstractOptimizer):
    r"""An optimizer of the amplitudes of a few modes around the start, or another latent.

    It is asked for $a$ and told of $z = z_0 + M a$, with the gradient $M^T g$ if it takes one. A
    sampling method whose evaluations grow with the number of parameters finds its way among sixty
    smooth shapes where it is lost among hundreds of heights, at the price that no other design
    than their sums is ever seen.

    **Arguments:**

    - `optimizer`: that sees no constraints, such as `CMAES`.
    - `modes`: $M$, `(latent, mode)`, its columns independent; `widest_modes` gives those of a
      space whose parameters have places.
    - `middle`: $z_0$, by default the start. With another one the search begins at the sum of modes
      that is closest to the start: what no mode can mend, such as noise in it, is left behind.

    **Raises:** `ValueError` if `modes` has another shape, more columns than rows or columns that
    depend on each other, or `middle` has another length; on `init` if a latent has.
    """

    optimizer: AbstractOptimizer
    modes: Float[Array, "latent mode"] = eqx.field(converter=as_float)
    middle: Latent | None = None

    def __check_init__(self):
        shape = self.modes.shape
        if not (len(shape) == 2 and 1 <= shape[1] <= shape[0]):
            raise ValueError(
                "`InModes` needs modes of shape (latent, mode), no more of them than parameters, "
                f"got {shape}."
            )
        if np.linalg.matrix_rank(np.asarray(self.modes)) < shape[1]:
            raise ValueError("`InModes` needs modes of which none is a sum of others.")
        if self.middle is not None and self.middle.shape != shape[:1]:
            raise ValueError(
                f"`InModes` has modes of {shape[0]} parameters, and a middle of shape "
                f"{self.middle.shape}."
            )

    @property
    def order(self) -> int:
        return self.optimizer.order

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> InModesState:
        if latent.shape != self.modes.shape[:1]:
            raise ValueError(
                f"`InModes` has modes of {self.modes.shape[0]} parameters; the design has "
                f"{latent.size}."
            )
        latent = jnp.asarray(latent)
        middle = latent if self.middle is None else self.middle.astype(latent.dtype)
        amplitudes = self._amplitudes(latent[None], middle)[0]
        return InModesState(self.optimizer.init(amplitudes, key=key), middle)

    def ask(self, state: InModesState, *, key: PRNGKeyArray) -> Latents:
        amplitudes = self.optimizer.ask(state.inner, key=key)
        return state.middle[None] + amplitudes @ self.modes.T.astype(state.middle.dtype)

    def tell(
        self, state: InModesState, candidates: Latents, evaluation: Evaluation
    ) -> InModesState:
        amplitudes = self._amplitudes(candidates, state.middle)
        if evaluation.grad is not None:
            slopes = evaluation.grad @ self.modes.astype(state.middle.dtype)
            evaluation = eqx.tree_at(lambda e: e.grad, evaluation, slopes)
        return InModesState(self.optimizer.tell(state.inner, amplitudes, evaluation), state.middle)

    def _amplitudes(self, latents: Latents, middle: Latent) -> Float[Array, "pop mode"]:
        """Of the sums of modes that are closest to latents."""
        modes = self.modes.astype(middle.dtype)
        return jnp.linalg.lstsq(modes, (latents - middle[None]).T)[0].T

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
