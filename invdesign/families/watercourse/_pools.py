"""Water that has to be shared out between pools on the floor."""

import math
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._geometry import safe_norm
from ..._rollout import Trajectory
from ..._types import Array, Float, Scalar, as_float
from ...objectives import AbstractObjective, AbstractScore
from ._course import CENTER, FLOOR, REST
from ._landing import Ground, Landing, held, near

_CORE = 0.75  # of a pool's radius, within which its smooth share is 1
_WIDTHS = (0.3, 0.08)  # m, of the Gaussians around that


def pool_centers(angles: Sequence[float], *, beyond: float = 0.4) -> np.ndarray:
    """Centers of pools in metres from the landscape's middle, `(pool, 2)`.

    **Arguments:** `angles`: from x to z in degrees; `beyond`: how far behind the edge of the unit
    square they lie, along the line from its middle, in metres.
    """
    radians = np.deg2rad(np.asarray(angles, float))
    way = np.stack([np.cos(radians), np.sin(radians)], axis=1)
    edge = 0.5 / np.abs(way).max(axis=1, keepdims=True)
    return (edge + beyond) * way


def check_pools(centers: np.ndarray, radius: float) -> None:
    """Refuse pools that do not lie on the floor, or that overlap.

    **Raises:** `ValueError` saying which, and what the floor is.
    """
    low, high = (np.asarray(corner) - CENTER for corner in FLOOR)
    off = ((centers - radius < low) | (centers + radius > high)).any(axis=1)
    if off.any():
        x, z = centers[off.argmax()] + CENTER
        raise ValueError(
            f"A pool of radius {radius:g} m about ({x:.3g}, {z:.3g}) m is not on the floor, which "
            f"reaches from {FLOOR[0][0]:g} to {FLOOR[1][0]:g} m along x and z."
        )
    apart = np.linalg.norm(centers[:, None] - centers[None], axis=-1)
    if (apart[np.triu_indices(len(centers), 1)] < 2 * radius).any():
        raise ValueError("Two pools overlap; move their angles apart or make them smaller.")


class _Pools(eqx.Module):
    """Discs on the floor. **Arguments:** as `PoolShare`."""

    centers: Float[Array, "pool 2"] = eqx.field(converter=as_float)
    asked: Float[Array, " pool"] = eqx.field(converter=as_float)
    radius: float = eqx.field(static=True, default=0.2)
    ground: Ground = eqx.field(default_factory=Ground)

    def beyond(self, landing: Landing) -> Float[Array, "pool node"]:
        """How far outside of each pool each place is in metres, below 0 inside."""
        apart = landing.place[None] - self.centers.astype(landing.place.dtype)[:, None]
        return safe_norm(apart) - self.radius

    def ways(self) -> Float[Array, "pool 2"]:
        """Directions of the pools from the landscape's middle, of length 1."""
        return self.centers / safe_norm(self.centers)[:, None]


class PoolShare(AbstractScore):
    r"""Shares of the emitted water that land in each pool, as far as they are asked for.

    $$\sum_k \min(s_k, a_k)$$

    **Arguments:** `pools`: `pools_of` makes them.
    """

    pools: _Pools

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        shares = _shares(self.pools, trajectory)
        return jnp.sum(jnp.minimum(shares, self.pools.asked.astype(shares.dtype)))

    def outlines(self) -> list[np.ndarray]:
        """The pools on the floor in metres, from the landscape's middle: for pictures."""
        turn = np.linspace(0, 2 * np.pi, 49)
        circle = self.pools.radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        return [circle + center for center in np.asarray(self.pools.centers)]


class InPool(AbstractScore):
    """Share of the emitted water that lands in one pool: a figure of a design.

    **Arguments:** `pools`: of which the one of `number`.
    """

    pools: _Pools
    number: int = eqx.field(static=True)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return _shares(self.pools, trajectory)[self.number]


class PoolValue(AbstractObjective):
    r"""What pools lack: $\sum_k \max(0, a_k - s_k)^2$, with smooth shares $s_k$.

    Water counts in full within three quarters of a pool's radius, and by the mean of a wide and a
    narrow Gaussian of its distance from there beyond. What is past an edge of the landscape counts
    by where it would land in free fall. What is still on it counts for each pool by how far it is
    on its way there, from 0 at the edge on the other side to 0.25, and pays 0.1 times its height
    over the rest height. How far it is counts squared, so that water gains on the way to any pool
    also where these lie on all sides, and the pool that lacks most decides to which.

    **Arguments:** as `PoolShare`; `rest`: height of the undeformed landscape in metres.
    """

    pools: _Pools
    rest: float = eqx.field(static=True, default=REST)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        landing = self.pools.ground.landing(trajectory)
        margin = (1.0 - _CORE) * self.pools.radius
        beyond = jnp.maximum(self.pools.beyond(landing) + margin, 0.0)
        ahead = jnp.maximum(self.pools.ground.ahead(landing.place, self.pools.ways()), 0.0)
        on = held(ahead**2, landing.height, self.rest)
        free = (landing.landed | landing.flying)[None]
        counted = jnp.where(free, near(beyond, _WIDTHS), on)
        shares = jnp.stack([landing.share(each) for each in counted])
        return jnp.sum(jnp.maximum(self.pools.asked.astype(shares.dtype) - shares, 0.0) ** 2)


def _shares(pools: _Pools, trajectory: Trajectory) -> Float[Array, " pool"]:
    landing = pools.ground.landing(trajectory)
    inside = (pools.beyond(landing) <= 0) & landing.landed[None]
    return jnp.stack([landing.share(each.astype(landing.place.dtype)) for each in inside])


def pools_of(
    angles: Sequence[float], shares: Sequence[float], *, beyond: float = 0.4, radius: float = 0.2
) -> _Pools:
    """Pools at angles, and how much of the water each is to have.

    **Arguments:** `angles`: in degrees from x to z; `shares`: in any unit, above 0; `beyond`: how
    far behind the landscape's edge the centers lie; `radius`: of all; metres.

    **Raises:** `ValueError` if there is not one share for each angle, one is not above 0, or a pool
    is not on the floor or overlaps another.
    """
    if len(angles) != len(shares) or not all(share > 0 for share in shares):
        raise ValueError(
            f"Pools need one share above 0 each, got {len(angles)} angles and shares "
            f"{list(shares)}."
        )
    centers = pool_centers(angles, beyond=beyond)
    check_pools(centers, radius)
    return _Pools(centers, np.asarray(shares, float) / sum(shares), radius)


def numbers_of(text: str, option: str) -> list[float]:
    """Finite numbers from a text that separates them by commas.

    **Raises:** `ValueError` naming the option if it is anything else.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = [math.inf]
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"`{option}` takes numbers separated by commas, got `{text}`.")
    return numbers
