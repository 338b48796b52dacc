"""The state of a training run, and its exact copy on disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._types import Array, Scalar
from ..io import read_npz, write_npz

_LARGEST = 2**30  # bytes of all arrays together


class TrainingState(eqx.Module):
    """Everything a run needs to go on: parameters, their average, moments, step, the best score."""

    network: Any
    average: Any
    moments: Any
    step: Array
    best: Array


Update = Callable[[TrainingState, Any], tuple[TrainingState, tuple[Scalar, Scalar]]]


def save_state(path: str | Path, state: TrainingState, metrics: str) -> None:
    """Write all array leaves of `state` in order, and the table of metrics so far, atomically.

    One file, so that state and metrics speak of the same step whenever a process dies.
    """
    leaves = [np.asarray(x) for x in jax.tree.leaves(eqx.filter(state, eqx.is_array))]
    named = {f"leaf{index:04d}": leaf for index, leaf in enumerate(leaves)}
    write_npz(path, metrics=np.asarray(metrics), **named)


def load_state(path: str | Path, like: TrainingState) -> tuple[TrainingState, str | None]:
    """The state written by `save_state`, into the structure of `like`, and the table of metrics.

    States of 0.1 hold no metrics: these are then in `metrics.csv` alone.

    **Raises:** `ValueError` if the file is broken or belongs to another model.
    """
    arrays, static = eqx.partition(like, eqx.is_array)
    leaves, structure = jax.tree.flatten(arrays)
    stored = read_npz(path, limit=_LARGEST)
    metrics = stored.pop("metrics", None)
    found = [stored.get(f"leaf{index:04d}") for index in range(len(stored))]
    fits = len(found) == len(leaves) and all(
        a is not None and a.shape == b.shape and a.dtype == b.dtype
        for a, b in zip(found, leaves, strict=True)
    )
    if not fits:
        raise ValueError(f"`{path}` holds the state of a model of another size.")
    restored = jax.tree.unflatten(structure, [jnp.asarray(x) for x in found])
    state = eqx.combine(restored, static)
    _check(path, state)
    return state, None if metrics is None else str(metrics)


def _check(path: str | Path, state: TrainingState) -> None:
    leaves = jax.tree.leaves((state.network, state.average, state.moments))
    arrays = [np.asarray(x) for x in leaves if eqx.is_inexact_array(x)]
    if not all(np.isfinite(array).all() for array in arrays) or np.isnan(state.best):
        raise ValueError(f"`{path}` holds numbers that are not finite: it is damaged, or diverged.")
    if int(state.step) < 0:
        raise ValueError(f"`{path}` is damaged: it is at the step {int(state.step)}.")
