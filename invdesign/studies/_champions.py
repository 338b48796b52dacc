"""`champions.npz`: the best design after every iteration, for those who want to see it grow."""

import os

import numpy as np

from ..io._arrays import ArraySchema, check_arrays
from ..io._npz import read_npz, write_npz
from ..io._run_directory import RunDirectory

_FILE = "champions.npz"
_SCHEMA = {"latent": ArraySchema("iteration latent")}


def write_champions(run: RunDirectory, champions: np.ndarray) -> None:
    """Write the champions' latents, `(iteration, latent)`; nothing if there are none."""
    if len(champions):
        write_npz(run / _FILE, latent=champions)


def read_champions(run: RunDirectory, last: np.ndarray) -> np.ndarray:
    """The champions' latents, `(iteration, latent)`; `last` alone if none were kept.

    **Raises:** `ValueError` naming the file if it is damaged or of other designs than `last`.
    """
    if not os.path.lexists(run / _FILE):
        return last[None]
    champions = read_all_champions(run)
    if champions.shape[1:] != last.shape:
        raise ValueError(
            f"`{run / _FILE}` holds latents of {champions.shape[1]} numbers, the design has "
            f"{len(last)}."
        )
    return champions


def read_all_champions(run: RunDirectory) -> np.ndarray:
    """The champions' latents, `(iteration, latent)`.

    **Raises:** `ValueError` naming the file if it is missing or damaged.
    """
    return check_arrays(run / _FILE, read_npz(run / _FILE), _SCHEMA)["latent"]
