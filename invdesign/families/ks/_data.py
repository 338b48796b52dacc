"""Trajectories of the Kuramoto-Sivashinsky equation in sharded files."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from ..._version import __version__
from ...io._arrays import ArraySchema
from ...io._schema import Positive
from ...reference import KuramotoSivashinsky
from ...training import Progress
from ...training._shards import (
    Metadata,
    check_size,
    generate_shards,
    joined,
    load_shards,
    read_shard,
    shard_path,
)
from ...training.grid import FieldData
from ...training.grid._skill import simulated_fields
from ._waves import random_amplitudes, wave_basis

NAME = "ks"
NUM_FRAMES = 120
_FORMAT = 1
_SHARD = 64
_ARRAYS = {"field": ArraySchema("trajectory time point")}


@dataclasses.dataclass(frozen=True)
class RandomFields:
    """Twelve waves in random proportions, from a ripple to what the attractor holds and more.

    The attractor's mean square is 1.7. Small fields grow for tens of units of time before anything
    saturates; so a trajectory begins off the attractor, and most of them end on it.

    **Arguments:** `energy`: least and largest mean square of a field, log-uniform between.
    """

    energy: tuple[float, float] = (1e-3, 2.0)

    def starts(self, seed: int, first: int, last: int) -> np.ndarray:
        """Fields number `first` to before `last`, each by its seed and number, `(start, point)`."""
        basis = wave_basis(KuramotoSivashinsky().num_points)
        rows = [
            random_amplitudes(np.random.default_rng([seed, index]), self.energy) @ basis
            for index in range(first, last)
        ]
        return np.stack(rows).astype(np.float32)


_FIELDS = RandomFields()


class FieldMetadata(Metadata):
    """What `metadata.json` of trajectories of fields says, as far as it is used."""

    dt: Positive
    length: Positive
    num_points: Annotated[int, Meta(ge=8)]
    num_trajectories: Annotated[int, Meta(ge=1)]


def field_metadata(
    num_trajectories: int, seed: int, num_steps: int, fields: RandomFields
) -> dict[str, Any]:
    """What a data set of fields is."""
    solver = KuramotoSivashinsky()
    return {
        "format": _FORMAT,
        "name": NAME,
        "units": "none",
        "dt": solver.dt,
        "length": solver.length,
        "num_points": solver.num_points,
        "num_trajectories": num_trajectories,
        "num_steps": num_steps,
        "shard_size": _SHARD,
        "seed": seed,
        "scenes": dataclasses.asdict(fields),
        "solver": {"num_substeps": solver.num_substeps, "refinement": solver.refinement},
        "version": __version__,
    }


def generate_fields(
    out: str | Path,
    *,
    num_trajectories: int,
    seed: int,
    num_steps: int = NUM_FRAMES,
    fields: RandomFields = _FIELDS,
    progress: Progress = lambda done, total: None,
) -> Path:
    """Solve for random fields into `out`; goes on where it stopped.

    Trajectory `i` begins with what `(seed, i)` draws. Shards hold a float32 array `field`,
    (trajectory, time, point), the first frame included; `metadata.json` names the settings.

    **Raises:** `ValueError` if `num_trajectories` is not positive, `out` holds anything other than
    a data set of the same settings, or exponax is not installed.
    """

    def simulate(first: int, last: int, report: Callable[[int], None]) -> dict[str, np.ndarray]:
        starts, solver = fields.starts(seed, first, last), KuramotoSivashinsky()
        found = simulated_fields(solver, starts, length=solver.length, num_steps=num_steps)
        if not np.isfinite(found).all():
            raise ValueError("A random field could not be solved for; lower its energy.")
        report(last - first)
        return {"field": np.concatenate([starts[:, None], found], axis=1)}

    described = field_metadata(num_trajectories, seed, num_steps, fields)
    return generate_shards(
        out, described, simulate, measure=lambda _: {"complete": True}, progress=progress
    )


def load_fields(path: str | Path) -> FieldData:
    """All trajectories of a data set, and its metadata.

    **Raises:** `ValueError` naming the file if one is missing, broken or of another format.
    """
    shards, described = load_shards(
        path, _read, names=(NAME,), file_format=_FORMAT, schema=FieldMetadata
    )
    return FieldData(joined(Path(path), shards)["field"], described)


def _read(folder: Path, index: int, size: int) -> dict[str, np.ndarray]:
    shard = read_shard(folder, index, _ARRAYS)
    check_size(shard_path(folder, index), len(shard["field"]), size)
    return shard
