"""Trajectories of others as data that simulators of water learn from."""

import dataclasses
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from scipy.spatial import KDTree

from ..._options import Option
from ..._version import __version__
from ...io._atomic import make_folder
from ...io._foreign import ParticleData
from ...io._npz import write_npz
from ...training import Progress
from ...training._shards import complete, shard_path
from .._importer import AbstractImporter
from .._judge import Report
from ._data import DATA_FORMAT, NAMES, SHARD_SIZE, measured

_SHARD_BYTES = 2**28
_FALL = 4  # frames at the start whose accelerations gravity is measured by
_SLOWEST = 1e-3  # box sizes a unit of time: what counts as moving at the start
_OUTSIDE = 0.01  # of the box: how far particles may be beyond its walls


@dataclasses.dataclass(frozen=True)
class WaterImporter(AbstractImporter):
    """One fluid in two dimensions inside of walls, as many particles in every trajectory."""

    particles: Annotated[
        int | None,
        Option("Take trajectories of this number of particles alone.", least=2, most=1_000_000),
    ] = None
    every: Annotated[int, Option("Take every so many frames.", least=1, most=1000)] = 1
    gravity: Annotated[
        float | None,
        Option(
            "Acceleration downwards, in the data's units; by default what their first frames show.",
            least=0,
            most=1e6,
        ),
    ] = None

    def write(self, data: ParticleData, out: Path, *, most: int, progress: Progress) -> Report:
        _check_world(data)
        if out.exists():
            raise ValueError(f"`{out}` exists already; choose another folder.")
        make_folder(out.parent)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            numbers = self._write(data, folder, most, progress)
            folder.chmod(0o755)
            folder.rename(out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return Report(numbers, list(numbers), [list(numbers.values())], title=data.layout)

    def _write(
        self, data: ParticleData, folder: Path, most: int, progress: Progress
    ) -> dict[str, Any]:
        left_out: list[int] = []
        rows = self._rows(data, left_out)
        first = next(rows, None)
        if first is None:
            raise ValueError(f"`{data.path}` has no trajectory of {self.particles} particles.")
        size = max(1, min(SHARD_SIZE, _SHARD_BYTES // sum(x.nbytes for x in first.values())))
        kept, done = itertools.islice(itertools.chain([first], rows), most), 0
        for index in itertools.count():
            part = list(itertools.islice(kept, size))
            if not part:
                break
            write_npz(
                shard_path(folder, index),
                **{key: np.stack([r[key] for r in part]) for key in first},
            )
            done += len(part)
            progress(done, done)
        described = self._described(data, first, done, size)
        complete(folder, {**described, **measured(folder, described)}, -(-done // size))
        return {
            "trajectories": done,
            "left_out": len(left_out),
            "particles": described["num_particles"],
            "frames": described["num_steps"] + 1,
            "dt": described["dt"],
            "spacing": described["scenes"]["spacing"],
            "gravity": described["gravity"][1],
            "their_radius": data.radius,
        }

    def _rows(self, data: ParticleData, left_out: list[int]) -> Iterator[dict[str, np.ndarray]]:
        """Shards' rows; a frame's velocity is the way since the one before, so the first has none.

        **Arguments:** `left_out`: is told the particles of what is passed over.
        """
        number, material = self.particles, None
        for index, (position, kinds) in enumerate(data.trajectories()):
            where = f"`{data.path}`: trajectory {index}"
            if self.particles not in (None, position.shape[1]):
                left_out.append(position.shape[1])
                continue
            number = number or position.shape[1]
            if position.shape[1] != number:
                raise ValueError(
                    f"{where} has {position.shape[1]} particles and others {number}, and a data "
                    f"set has one number of them; `--particles {number}` takes those alone."
                )
            material = _one_fluid(data, where, kinds, material)
            position = position[:: self.every]
            if len(position) < _FALL + 2:
                raise ValueError(f"{where} has {len(position)} frames; {_FALL + 2} are needed.")
            _check_inside(data, where, position)
            velocity = np.diff(position, axis=0) / np.float32(self.every * data.dt)
            yield {
                "position": position[1:],
                "velocity": velocity,
                "segments": np.zeros((0, 2, 2), np.float32),
            }

    def _described(
        self, data: ParticleData, first: dict[str, np.ndarray], number: int, size: int
    ) -> dict[str, Any]:
        position, velocity = first["position"], first["velocity"]
        dt, box = self.every * data.dt, float(np.max(np.subtract(data.upper, data.lower)))
        gravity = [0.0, -self.gravity] if self.gravity is not None else _gravity(velocity, dt)
        spacing = float(np.median(KDTree(position[0]).query(position[0], 2)[0][:, 1]))
        speed = max(float(np.linalg.norm(velocity[0], axis=1).max()), _SLOWEST * box)
        return {
            "format": DATA_FORMAT,
            "version": __version__,
            "name": NAMES[0],
            "imported": {"layout": data.layout, "file": data.path.name, "every": self.every},
            "bounds": [list(data.lower), list(data.upper)],
            "gravity": gravity,
            "dt": dt,
            "num_trajectories": number,
            "num_steps": len(position) - 1,
            "num_particles": position.shape[1],
            "shard_size": size,
            # Speeds are those of a normal distribution's width (see `ranges_of`).
            "scenes": {"spacing": spacing, "obstacle_radius": spacing, "speed": speed / 3},
        }


def _check_world(data: ParticleData) -> None:
    if len(data.lower) != 2:
        raise ValueError(
            f"`{data.path}` has {len(data.lower)} dimensions; simulators of water learn from 2."
        )
    if data.is_periodic:
        raise ValueError(
            f"`{data.path}` is periodic; simulators of water know boxes with walls alone."
        )


def _one_fluid(data: ParticleData, where: str, kinds: np.ndarray, before: int | None) -> int:
    found = np.unique(kinds).tolist()
    if len(found) != 1 or found[0] not in data.fluid or before not in (None, found[0]):
        told = found if before is None else sorted({*found, before})
        raise ValueError(
            f"{where} has particles of the types {told}; simulators of water learn from a single "
            f"fluid, and walls are the box's own (fluids of {data.layout}: {list(data.fluid)})."
        )
    return found[0]


def _check_inside(data: ParticleData, where: str, position: np.ndarray) -> None:
    lower, upper = np.asarray(data.lower), np.asarray(data.upper)
    room = _OUTSIDE * (upper - lower)
    if (position < lower - room).any() or (position > upper + room).any():
        raise ValueError(
            f"{where} goes from {position.min((0, 1)).tolist()} to {position.max((0, 1)).tolist()}"
            f", beyond the box from {list(data.lower)} to {list(data.upper)}."
        )


def _gravity(velocity: np.ndarray, dt: float) -> list[float]:
    """What most particles are accelerated by in the first frames, with nothing in the way yet."""
    changes = np.diff(velocity[: _FALL + 1].astype(np.float64), axis=0) / dt
    return np.median(changes.reshape(-1, velocity.shape[-1]), axis=0).tolist()
