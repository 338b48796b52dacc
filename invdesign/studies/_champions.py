"""`champions.npz`: the best design after every iteration, for those who want to see it grow."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..io import RunDirectory, read_npz, write_npz

_FILE = "champions.npz"
Row = Mapping[str, Any]


def record_champions(run: RunDirectory, then: Callable[[Row], None]) -> Callable[[Row], None]:
    """A callback for `solve` that keeps each iteration's champion on disk, and calls `then`.

    A run that goes on keeps what it had up to the iteration it goes on from.
    """
    latents: list[np.ndarray] = []

    def callback(row: Row) -> None:
        index = row["iteration"]
        if not latents and index:
            latents.extend(_stored(run)[:index])
        latents.append(np.asarray(row["latent"]))
        write_npz(run / _FILE, latent=np.stack(latents))
        then(row)

    return callback


def _stored(run: RunDirectory) -> np.ndarray:
    return read_npz(run / _FILE)["latent"]


def read_champions(run: RunDirectory, last: np.ndarray) -> np.ndarray:
    """The champions' latents, `(iteration, latent)`; `last` alone if none were kept."""
    return _stored(run) if (run / _FILE).exists() else last[None]
