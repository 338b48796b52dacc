"""The state of a training run, and its exact copy on disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._types import Array, Scalar
from ..io._npz import read_npz, write_npz
from ..io._weights import named_arrays

_METRICS = "metrics"  # no array of a state is called so
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
    """Write all arrays of `state` by their names, and the table of metrics so far, atomically.

    One file, so that state and metrics speak of the same step whenever a process dies.
    """
    named = {name: np.asarray(array) for name, array in named_arrays(state).items()}
    write_npz(path, **{_METRICS: np.asarray(metrics)}, **named)


def load_state(path: str | Path, like: TrainingState) -> tuple[TrainingState, str | None]:
    """The state written by `save_state`, into the structure of `like`, and the table of metrics.

    States of 0.2 and before hold arrays by their order; those of 0.1 hold no metrics: these are
    then in `metrics.csv` alone.

    **Raises:** `ValueError` if the file is broken or belongs to another model.
    """
    stored = read_npz(path, limit=_LARGEST)
    metrics = stored.pop(_METRICS, None)
    wanted = named_arrays(like)
    if stored.keys() == {f"leaf{index:04d}" for index in range(len(wanted))}:
        stored = dict(zip(wanted, (stored[key] for key in sorted(stored)), strict=True))
    fits = stored.keys() == wanted.keys() and all(
        stored[name].shape == array.shape and stored[name].dtype == array.dtype
        for name, array in wanted.items()
    )
    if not fits:
        raise ValueError(f"`{path}` holds the state of a model of another size.")
    arrays, static = eqx.partition(like, eqx.is_array)
    structure = jax.tree.structure(arrays)
    restored = jax.tree.unflatten(structure, [jnp.asarray(stored[name]) for name in wanted])
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
