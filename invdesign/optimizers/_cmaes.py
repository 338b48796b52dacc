"""Covariance matrix adaptation, from the `cmaes` library."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._checks import MOST_CANDIDATES, checked_count, checked_latent, checked_number
from .._evaluation import Evaluation
from .._extras import import_late
from .._types import Array, Float, Latent, Latents, PRNGKeyArray
from ._base import AbstractOptimizer

# What changes over a run of `cmaes.CMA` without learning-rate adaptation; the rest of its
# attributes follow from the constructor's arguments. `cmaes.SepCMA` has all of them but `_B`.
_CHANGING = ("_mean", "_sigma", "_C", "_p_sigma", "_pc", "_g", "_B", "_D", "_funhist_values")

Strategy = Any  # `cmaes.CMA` or `cmaes.SepCMA`, which bring all of `scipy.stats`


class CMAESState(eqx.Module):
    """Everything `cmaes.CMA` remembers, as NumPy arrays in double precision.

    **Arguments:**

    - `memory`: its changing attributes and the state of its random generator.
    - `candidates`: the population it has drawn and is to be told about, `(pop, latent)`.
    - `initial`: the latent it started from, in the dtype of the simulation.
    - `best`, `lowest`: the point with the lowest value so far; `+inf` as long as there is none.
    - `stop`: whether its own criteria (step size, condition number ...) say to stop.
    """

    memory: dict[str, np.ndarray]
    candidates: np.ndarray
    initial: np.ndarray
    best: np.ndarray
    lowest: np.ndarray
    stop: np.ndarray


def _bounds(x: Any) -> np.ndarray | None:
    return None if x is None else np.asarray(x, np.float64)


class CMAES(AbstractOptimizer):
    """CMA-ES: a sampling method that learns the value's second-order shape.

    The strongest sampling method up to some hundred latents; its matrix costs the cube of their
    number on the host. Invariant to monotone transformations of the value.

    Its mean needs many populations to arrive where the best point is already. `local` of the
    candidates are therefore drawn near that point, in any direction, up to `reach` of the distance
    that the others have from the mean. They are told like the others, but from nowhere farther off
    than those are, so that a best point that is far away does not upset the step size.

    `separable` keeps variances alone, whose cost and learning are linear in the number of latents:
    for many hundreds of them, where a matrix would need more evaluations than there are.

    Source: Hansen (2016), The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772, in `cmaes`;
    variances alone: Ros and Hansen (2008), A simple modification in CMA-ES achieving linear time
    and space complexity;
    candidates from elsewhere, and how far off they may be: Hansen (2011), Injecting external
    solutions into CMA-ES, arXiv 1110.4181, equation 4.

    **Arguments:**

    - `population`: candidates an iteration, 4 to 100,000; by default 4 + 3 log(latents).
    - `initial_std`: standard deviation at the start in latent units, above 0.
    - `bounds`: lower and upper bounds on every latent, `(2,)` or `(latent, 2)`. Not needed:
      bounds on the design live in the space. Candidates outside are drawn again, then clipped.
    - `local`: candidates an iteration near the best one so far, at most half of the population.
    - `reach`: largest distance of those, above 0.
    - `separable`: whether to learn a variance for each latent in place of a matrix.

    **Raises:** `ValueError` if one of them is out of its range; on `init` if the start is out
    of bounds or the bounds are not as many as the latents.
    """

    population: int | None = eqx.field(static=True, default=None)
    initial_std: float = eqx.field(static=True, default=0.5)
    bounds: np.ndarray | None = eqx.field(converter=_bounds, default=None)
    local: int = eqx.field(static=True, default=0)
    reach: float = eqx.field(static=True, default=0.75)
    separable: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        checked_count(
            self.population, "population", "CMAES", least=4, most=MOST_CANDIDATES, optional=True
        )
        checked_number(self.initial_std, "initial_std", "CMAES", above=0)
        checked_count(self.local, "local", "CMAES", least=0, most=MOST_CANDIDATES)
        checked_number(self.reach, "reach", "CMAES", above=0)
        if self.bounds is not None:
            _check_bounds(self.bounds)

    @property
    def order(self) -> int:
        return 0

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> CMAESState:
        latent = checked_latent(latent, "CMAES")
        # A seed is all that `cmaes` takes, so 32 bits of the key have to do.
        seed = int(jax.random.bits(key, dtype=jnp.uint32))
        mean = np.asarray(latent, np.float64)
        if self.bounds is not None:
            _check_start(self.bounds, mean)
        cma = self._build(mean, seed)
        cma._funhist_values = np.zeros_like(cma._funhist_values)  # it starts as free memory
        return self._draw(cma, np.asarray(latent), mean, np.asarray(np.inf))

    def ask(self, state: CMAESState, *, key: PRNGKeyArray) -> Latents:
        return jnp.asarray(state.candidates, state.initial.dtype)

    def tell(self, state: CMAESState, candidates: Latents, evaluation: Evaluation) -> CMAESState:
        cma = _restore(self._build(state.memory["_mean"], 0), state.memory)
        value = np.asarray(evaluation.value, np.float64)
        value = np.where(np.isfinite(value), value, np.finfo(np.float64).max)
        points = np.asarray(candidates, np.float64)
        best, lowest = state.best, state.lowest
        if value.min() < lowest:
            best, lowest = points[value.argmin()].copy(), value.min()
        with np.errstate(all="ignore"):
            cma.tell(list(zip(points, value.tolist(), strict=True)))
            return self._draw(cma, state.initial, best, np.asarray(lowest))

    def done(self, state: CMAESState) -> bool:
        return bool(state.stop)

    def beside(
        self, state: CMAESState, latent: Latent, ways: Float[Array, "way latent"]
    ) -> Latents:
        """Points beside a latent, none farther from the mean than candidates are.

        **Arguments:** `ways`: from the latent, in distances that candidates have from the mean.
        """
        cma = _restore(self._build(state.memory["_mean"], 0), state.memory)
        origin, scale = np.asarray(latent, np.float64), _typical(cma)
        points = [_no_farther(cma, origin + scale * way) for way in np.asarray(ways, np.float64)]
        return jnp.asarray(self._inside(np.stack(points)), state.initial.dtype)

    def _inside(self, points: np.ndarray) -> np.ndarray:
        bounds = self.bounds
        return points if bounds is None else np.clip(points, bounds[..., 0], bounds[..., 1])

    def _draw(
        self, cma: Strategy, initial: np.ndarray, best: np.ndarray, lowest: np.ndarray
    ) -> CMAESState:
        """The state once the next population is drawn, so that `ask` need not change anything."""
        near = self.local if np.isfinite(lowest) else 0
        drawn = [cma.ask() for _ in range(cma.population_size - near)]
        drawn += [_beside(cma, best, self.reach) for _ in range(near)]
        candidates = self._inside(np.stack(drawn)) if near else np.stack(drawn)
        names = [name for name in _CHANGING if hasattr(cma, name)]
        memory = {name: np.asarray(getattr(cma, name)) for name in names}
        rng: Any = cma._rng.get_state(legacy=True)
        memory["words"] = rng[1]
        memory["rng"] = np.asarray(rng[2:], np.float64)
        return CMAESState(memory, candidates, initial, best, lowest, np.asarray(cma.should_stop()))

    def _build(self, mean: np.ndarray, seed: int) -> Strategy:
        bounds = self.bounds
        if bounds is not None:
            bounds = np.broadcast_to(bounds, (mean.size, 2))
            mean = np.clip(mean, *bounds.T)  # a mean of feasible points, but for rounding
        cmaes = import_late("cmaes")
        kind = cmaes.SepCMA if self.separable else cmaes.CMA
        return kind(
            mean=mean,
            sigma=self.initial_std,
            bounds=bounds,
            seed=seed,
            population_size=self.population,
        )


def _check_bounds(bounds: np.ndarray) -> None:
    if bounds.shape[-1:] != (2,) or bounds.ndim > 2:
        raise ValueError(f"`CMAES` needs bounds of shape (2,) or (latent, 2), got {bounds.shape}.")
    if not (bounds[..., 0] < bounds[..., 1]).all():
        raise ValueError("`CMAES` needs every lower bound below its upper bound.")


def _check_start(bounds: np.ndarray, mean: np.ndarray) -> None:
    if bounds.ndim == 2 and bounds.shape[0] != mean.size:
        raise ValueError(
            f"`CMAES` needs bounds for {mean.size} latents, got {bounds.shape[0]} pairs."
        )
    if not ((bounds[..., 0] <= mean) & (mean <= bounds[..., 1])).all():
        raise ValueError("`CMAES` needs a start within its bounds; move it or widen them.")


def _beside(cma: Strategy, best: np.ndarray, reach: float) -> np.ndarray:
    """A point near the best one, in any direction."""
    direction = cma._rng.randn(best.size)
    length = reach * cma._rng.rand() * _typical(cma)
    return _no_farther(cma, best + length * direction / np.linalg.norm(direction))


def _typical(cma: Strategy) -> float:
    """How far candidates are from the mean, before their variances have been learned."""
    return cma._sigma * np.sqrt(cma._mean.size)


def _no_farther(cma: Strategy, point: np.ndarray) -> np.ndarray:
    """The point, or the one on its way from the mean that is as far as candidates are."""
    dim = point.size
    way = (point - cma._mean) / cma._sigma
    found = cma._eigen_decomposition()
    axes, scales = found if isinstance(found, tuple) else (None, found)
    distance = np.linalg.norm((way if axes is None else axes.T @ way) / scales)
    farthest = np.sqrt(dim) + 2 * dim / (dim + 2)
    return cma._mean + cma._sigma * way * min(1.0, farthest / max(distance, 1e-300))


def _restore(cma: Strategy, memory: dict[str, np.ndarray]) -> Strategy:
    for name in memory.keys() & set(_CHANGING):
        value = memory[name]
        # Copies, because `cmaes` adds to its mean in place.
        setattr(cma, name, value.copy() if value.ndim else value.item())
    position, has_gauss, gauss = memory["rng"].tolist()
    cma._rng.set_state(("MT19937", memory["words"], int(position), int(has_gauss), gauss))
    return cma
