"""The entries of a task's constraints: what they are called, and by how much they are missed."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ._types import Array, Float, Scalar


class ConstraintEntries(eqx.Module):
    """What is known of every entry of `Evaluation.constraints` before any evaluation.

    **Arguments:**

    - `names`: of the constraints they belong to, one an entry.
    - `equality`: whether they have to be 0, otherwise `>= 0`.
    - `tolerance`: by how much they may miss.
    """

    names: tuple[str, ...] = eqx.field(static=True, default=())
    equality: tuple[bool, ...] = eqx.field(static=True, default=())
    tolerance: tuple[float, ...] = eqx.field(static=True, default=())

    def __len__(self) -> int:
        return len(self.names)

    def violations(self, values: Float[Array, " constraint"]) -> Float[Array, " constraint"]:
        """By how much each entry is missed: 0 where it is met. Traceable."""
        return self._violations(jnp, values)

    def worst(self, values: Float[Array, " constraint"]) -> Scalar:
        """The largest violation over its tolerance: at most 1 where all count as met. Traceable."""
        over = self.violations(values) / jnp.asarray(self.tolerance, values.dtype)
        return jnp.max(over, initial=0.0)

    def by_name(self, values: np.ndarray) -> dict[str, float]:
        """The largest violation of every constraint that counts as missed (host side)."""
        missed = self._violations(np, np.asarray(values))
        found: dict[str, float] = {}
        for name, amount, allowed in zip(self.names, missed, self.tolerance, strict=True):
            if not amount <= allowed:  # NaN is missed, too
                found[name] = max(float(amount), found.get(name, 0.0))
        return found

    def _violations(self, library: Any, values: Any) -> Any:
        """The violations, by NumPy or by JAX."""
        equality = library.asarray(self.equality, bool)
        return library.where(equality, library.abs(values), library.maximum(-values, 0))
