"""A section and its angle of attack as a few numbers that a network can tell apart."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Float, PRNGKeyArray, Scalar
from ...nn._mlp import Linear
from ...scenes import SectionScene

NUM_MODES = 16
_FAR = 4.0  # deviations beyond which a coordinate counts for less and less
_HIDDEN = 64
_TURN = 10  # what an angle counts in a row
REYNOLDS = 10.0 / 1.5e-5  # 10 chords a second, see `SectionScene`
_SMALLEST = 1e-4  # deviation of a mode, over that of the first, below which it is left out


class SurfaceModes(eqx.Module):
    r"""Coordinates of a section along the principal modes of those of the data.

    $$z_k = \phi_k \cdot (s - \bar s) / \sigma_k$$

    for rows $s$ of a section's heights, of the speed of its potential flow along the wall, of the
    Reynolds number where the data have several, and of the angle of attack. Sections differ by
    little everywhere and lift by a small part of that: as features of cells the differences drown,
    along their own modes they are of order 1.

    Source: proper orthogonal decomposition (Lumley 1967).

    **Arguments:**

    - `mean`: of the rows, `(row,)`.
    - `modes`: over the deviation along them, `(row, mode)`; 0 where the data have no more modes.
    """

    mean: Float[Array, " row"]
    modes: Float[Array, "row mode"]

    def __call__(self, row: Float[Array, " row"]) -> Float[Array, " mode"]:
        raw = (row - self.mean) @ self.modes
        return raw / jnp.sqrt(1 + (raw / _FAR) ** 2)

    def distance(self, row: Float[Array, " row"]) -> Scalar:
        """Root mean square of the coordinates over all modes: 1 is typical of the data."""
        raw = (row - self.mean) @ self.modes
        number = jnp.sum(jnp.any(self.modes != 0, axis=0)).astype(raw.dtype)
        return jnp.sqrt(jnp.sum(raw**2) / jnp.maximum(number, 1.0))

    @property
    def angles(self) -> tuple[Scalar, Scalar]:
        """Mean and deviation of the data's angles of attack in radians; see `section_row`.

        The deviation is infinite before the modes are known.
        """
        squared = jnp.sum(self.modes**2, axis=0)
        # A mode over its deviation is as long as the inverse of that.
        shares = self.modes[-1] / jnp.where(squared > 0, squared, 1.0)
        deviation = jnp.sqrt(jnp.sum(shares**2)) / _TURN
        return self.mean[-1] / _TURN, jnp.where(deviation > 0, deviation, jnp.inf)


def section_row(
    surface: Float[Array, "point 2"],
    along: Float[Array, " point"],
    scene: SectionScene,
    num_panels: int,
    *,
    varied: bool,
) -> Float[Array, " row"]:
    """What `SurfaceModes` reads; `num_panels` edges of the surface, from the first, are no base.

    **Arguments:** `varied`: whether the Reynolds number is read, too.
    """
    parts = [along[:num_panels], 10 * surface[:num_panels, 1]]
    parts += [jnp.log(scene.reynolds / REYNOLDS)[None]] * varied
    return jnp.concatenate([*parts, _TURN * scene.angle[None]])


def row_size(num_panels: int, *, varied: bool = False) -> int:
    """Length of a `section_row`."""
    return 2 * num_panels + varied + 1


def principal_modes(rows: np.ndarray) -> SurfaceModes:
    """The modes of data, `(case, row)` (host side)."""
    rows = np.asarray(rows, np.float64)
    mean = rows.mean(axis=0)
    _, sizes, modes = np.linalg.svd(rows - mean, full_matrices=False)
    deviation = sizes / np.sqrt(len(rows))
    number = min(NUM_MODES, int((deviation > _SMALLEST * deviation[0]).sum()))
    found = np.zeros((rows.shape[1], NUM_MODES))
    found[:, :number] = modes[:number].T / deviation[:number]
    return SurfaceModes(jnp.asarray(mean, jnp.float32), jnp.asarray(found, jnp.float32))


class SectionEncoder(eqx.Module):
    """Coordinates of a section to a latent: two smooth layers and a linear map beside them."""

    first: Linear
    second: Linear
    last: Linear
    beside: Linear

    def __init__(self, latent: int, *, key: PRNGKeyArray):
        keys = jax.random.split(key, 4)
        self.first = Linear(NUM_MODES, _HIDDEN, key=keys[0])
        self.second = Linear(_HIDDEN, _HIDDEN, key=keys[1])
        self.last = Linear(_HIDDEN, latent, key=keys[2])
        self.beside = Linear(NUM_MODES, latent, key=keys[3])

    def __call__(self, section: Float[Array, " mode"]) -> Float[Array, "1 latent"]:
        hidden = jax.nn.silu(self.second(jax.nn.silu(self.first(section[None]))))
        return self.last(hidden) + self.beside(section[None])
