"""Fields made of a few long waves, by their Fourier amplitudes."""

import numpy as np

from ..._types import Array, Float

NUM_WAVES = 12


def wave_basis(num_points: int, num_waves: int = NUM_WAVES) -> np.ndarray:
    """Cosines, then sines, of 1 to `num_waves` periods on a periodic grid, `(wave, point)`."""
    phase = 2 * np.pi * np.outer(np.arange(1, num_waves + 1), np.arange(num_points)) / num_points
    return np.concatenate([np.cos(phase), np.sin(phase)])


def wave_field(amplitudes: Float[Array, " wave"], basis: Float[Array, "wave point"]) -> Array:
    """The field of amplitudes; its mean square is half of the sum of their squares."""
    return amplitudes @ basis


def random_amplitudes(
    rng: np.random.Generator, energy: tuple[float, float], size: int = 2 * NUM_WAVES
) -> np.ndarray:
    """Amplitudes in a random direction; their field's mean square is log-uniform in `energy`."""
    direction = rng.standard_normal(size)
    mean_square = np.exp(rng.uniform(*np.log(energy)))
    return np.sqrt(2 * mean_square) * direction / np.linalg.norm(direction)
