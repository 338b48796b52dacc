"""Rough ground: hills that a landscape has whatever its design does."""

import numpy as np

from ..._types import Array, Float, as_float

HEIGHT = 0.1  # m, of the highest hill or the deepest hollow
_LENGTH = 0.22  # m, over which heights are alike: five cells of 25 nodes a side
_SEED = 3  # tilted troughs lead little water over these hills to 70 degrees, a descent does
_WAVES = 64
_FINE = 97  # nodes a side that the highest one is looked for on: those of 9 and 25 are among them


def hills(
    nodes: int, *, height: float = HEIGHT, length: float = _LENGTH, seed: int = _SEED
) -> Float[Array, "x z"]:
    r"""Hills over the unit square, to be added to a landscape's heights: `base` of its `build`.

    $$b(p) = c \sum_k \cos(w_k \cdot p + \phi_k), \qquad w_k \sim N(0, 2 \ell^{-2} I)$$

    are waves in random directions whose sum is alike over a length $\ell$: heights a distance $d$
    apart have a correlation of about $e^{-d^2 / \ell^2}$. The factor $c$ makes the largest
    height over a fine grid, up or down, what is asked for. Drawn with NumPy on the host, and the
    same hills whatever the number of nodes.

    **Arguments:** `nodes`: a side; `height`: the largest one in metres, 0 for level ground;
    `length`: $\ell$ in metres, a few of the landscape's cells; `seed`: of the waves.
    """
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(_WAVES, 2)) * np.sqrt(2.0) / length
    phases = rng.uniform(0.0, 2 * np.pi, _WAVES)

    def heights(number: int) -> np.ndarray:
        line = np.linspace(0.0, 1.0, number)
        places = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1)
        return np.cos(places @ waves.T + phases).sum(axis=-1)

    return as_float(height * heights(nodes) / np.abs(heights(_FINE)).max())
