"""Directional derivatives of a task's value: automatic, and by central differences."""

import dataclasses
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._adjoint import DirectAdjoint
from .._problem import Problem
from .._results import RESULTS
from .._types import Latent
from ._recorded import Stretch, gradient, values


class CapacityError(Exception):
    """A neighbour list was too small."""


def refuse_failure(code: int) -> None:
    """Raise unless a simulation at the design itself succeeded."""
    if code == RESULTS.capacity_exceeded:
        raise CapacityError
    if code != 0:
        raise ValueError(
            f"`gradcheck` needs a design that can be simulated. {RESULTS(code).message}"
        )


def random_directions(problem: Problem, latent: Latent, count: int, seed: int) -> np.ndarray:
    """Random directions that change the design's parameters by one, root mean square."""
    raw = np.random.default_rng(seed).normal(size=(count, latent.shape[0]))
    return scaled(problem, latent, raw)


def scaled(problem: Problem, latent: Latent, raw: np.ndarray) -> np.ndarray:
    """Directions of a length that changes the design's parameters by one, root mean square."""
    space = problem.task.space

    def parameters(z):
        return getattr(space.decode(z), "parameters", z)

    raw = np.asarray(raw, latent.dtype)
    moved = jax.vmap(lambda d: jax.jvp(parameters, (latent,), (d,))[1])(jnp.asarray(raw))
    size = np.sqrt(np.mean(np.asarray(moved) ** 2, axis=1))
    return raw / np.maximum(size, 1e-12)[:, None]


@dataclasses.dataclass(frozen=True)
class Directional:
    """Derivatives at one latent along fixed directions.

    **Arguments:** `chunk`: directions a compiled call looks at; `spend`: told of the simulator
    steps that were made.
    """

    problem: Problem
    latent: Latent
    directions: np.ndarray
    chunk: int
    spend: Callable[[float], None]

    def gradient(self, stretch: Stretch) -> tuple[float, np.ndarray]:
        """Value and gradient by the latent; the gradient may be non-finite, the value may not."""
        value, code, grad = gradient(self.problem, self.latent, stretch)
        refuse_failure(int(code))
        self.spend(self.problem.gradient_cost * int(stretch.horizon))
        return float(value), np.asarray(grad)

    def differences(self, stretch: Stretch, step: float, which: slice) -> np.ndarray:
        """Central differences along the directions `which`; NaN where a simulation fails."""
        offsets = step * self.directions[which]
        parts = [offsets[i : i + self.chunk] for i in range(0, len(offsets), self.chunk)]
        return np.concatenate([np.zeros(0), *(self._central(stretch, p) for p in parts)]) / (
            2 * step
        )

    def _central(self, stretch: Stretch, offsets: np.ndarray) -> np.ndarray:
        both = jnp.asarray(np.concatenate([offsets, -offsets]))
        # A value does not depend on the adjoint: one program for all of them.
        plain = eqx.tree_at(lambda p: p.adjoint, self.problem, DirectAdjoint())
        found, codes = (np.asarray(x) for x in values(plain, self.latent, both, stretch))
        if (codes == RESULTS.capacity_exceeded).any():
            raise CapacityError
        self.spend(len(both) * int(stretch.horizon))
        forward, backward = np.where(codes == 0, found, np.nan).reshape(2, -1)
        return forward - backward


def agreement(automatic: np.ndarray, differences: np.ndarray) -> dict[str, float | None]:
    """Cosine of two vectors, and their distance relative to the second; `None` if undefined."""
    ours, theirs = np.linalg.norm(automatic), np.linalg.norm(differences)
    found: dict[str, float | None] = {"cosine": None, "relative_error": None}
    if not np.isfinite([ours, theirs]).all() or theirs == 0:
        return found
    if ours > 0:
        found["cosine"] = float(np.clip(automatic @ differences / (ours * theirs), -1.0, 1.0))
    found["relative_error"] = float(np.linalg.norm(automatic - differences) / theirs)
    return found
