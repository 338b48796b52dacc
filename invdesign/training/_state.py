"""The state of a training run, and its exact copy on disk."""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._types import Array
from ..io import read_npz, write_npz


class TrainingState(eqx.Module):
    """Everything a run needs to go on: parameters, their average, moments, step, the best score."""

    network: Any
    average: Any
    moments: Any
    step: Array
    best: Array


def save_state(path: str | Path, state: TrainingState) -> None:
    """Write all array leaves of `state` in order, atomically."""
    leaves = [np.asarray(x) for x in jax.tree.leaves(eqx.filter(state, eqx.is_array))]
    write_npz(path, **{f"leaf{index:04d}": leaf for index, leaf in enumerate(leaves)})


def load_state(path: str | Path, like: TrainingState) -> TrainingState:
    """The state written by `save_state`, into the structure of `like`.

    **Raises:** `ValueError` if the file is broken or belongs to another model.
    """
    arrays, static = eqx.partition(like, eqx.is_array)
    leaves, structure = jax.tree.flatten(arrays)
    found = list(read_npz(path).values())
    fits = len(found) == len(leaves) and all(
        a.shape == b.shape and a.dtype == b.dtype for a, b in zip(found, leaves, strict=True)
    )
    if not fits:
        raise ValueError(f"`{path}` holds the state of a model of another size.")
    restored = jax.tree.unflatten(structure, [jnp.asarray(x) for x in found])
    return eqx.combine(restored, static)
