"""HDF5 files of LagrangeBench.

Layout assumed: `metadata.json` with `bounds`, `dim`, `dt` of the solver, `write_every`,
`default_connectivity_radius` and `periodic_boundary_conditions`; `<split>.h5` with a group a
trajectory (`00000`, `00001`, ...) that holds `position` (time, particle, dim) and `particle_type`
(particle).

Source: Toshev et al. (2023), and the reader that was published with it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..._extras import find_extra
from .._reading import check_regular


def read_lagrangebench(
    path: Path, described: dict[str, Any]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions `(time, node, dim)` and types of each trajectory.

    **Raises:** `ValueError` naming the file if it is damaged or laid out in another way, or if
    `h5py` is not installed.
    """
    h5py = find_extra("h5py", "data")
    check_regular(path, limit=2**50)
    try:
        with h5py.File(path, "r") as file:
            for name in sorted(file):
                group = file[name]
                # Plain arrays alone: others may lie in files that this one refers to.
                yield _array(path, group, "position"), _array(path, group, "particle_type")
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        raise ValueError(
            f"`{path}` is no readable HDF5 file of LagrangeBench ({error})."
        ) from error


def _array(path: Path, group: Any, key: str) -> np.ndarray:
    found: Any = group.get(key) if hasattr(group, "get") else None
    if not hasattr(found, "dtype") or found.dtype.kind not in "iuf" or found.external:
        raise ValueError(f"`{path}`: `{group.name}` has no array of numbers `{key}`.")
    return np.asarray(found)
