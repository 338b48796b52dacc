"""Simulations of a data set that are read when they are asked for."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import overload

import numpy as np

from ..io._arrays import ArraySchema, check_arrays
from ..io._npz import map_npz
from ._shards import LARGEST, OFFSETS, check_size, shard_path

_MOST_OPEN = 32  # shards whose files are mapped at a time


class Items(Sequence[dict[str, np.ndarray]]):
    """The simulations of a data set that `write_rows` wrote with `ragged` arrays.

    A simulation is views of its files: of a window, `items[3]["position"][10:20]`, no more is read
    than that. Its arrays have lengths of their own where they are ragged. What a file says of
    itself is checked when it is first asked for; that its numbers are those that were written has
    been seen by the checksums of the metadata.

    **Arguments:**

    - `folder`, `counts`: of the data set, as `open_shards` has them.
    - `schemas`: of a shard's arrays. Ragged ones have a first axis of their own, such as
      "*position time node 2"; their offsets need none.
    """

    def __init__(
        self, folder: str | Path, counts: Sequence[int], schemas: Mapping[str, ArraySchema]
    ):
        self.folder, self.counts, self.schemas = Path(folder), tuple(counts), dict(schemas)
        self._ends = np.cumsum(self.counts)
        self._opened = functools.lru_cache(maxsize=_MOST_OPEN)(self._open)

    def __len__(self) -> int:
        return int(self._ends[-1])

    @overload
    def __getitem__(self, index: int) -> dict[str, np.ndarray]: ...

    @overload
    def __getitem__(self, index: slice) -> list[dict[str, np.ndarray]]: ...

    def __getitem__(self, index: int | slice):
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        shard = int(np.searchsorted(self._ends, place, side="right"))
        row = place - int(self._ends[shard]) + self.counts[shard]
        arrays, offsets = self._opened(shard)
        return {
            key: array[offsets[key][row] : offsets[key][row + 1]] if key in offsets else array[row]
            for key, array in arrays.items()
        }

    def _open(self, shard: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """The arrays of a shard, and the offsets of those that are ragged."""
        path = shard_path(self.folder, shard)
        found = map_npz(path, limit=LARGEST)
        arrays = check_arrays(path, found, self.schemas, numbers=False)
        offsets = {key: found[key + OFFSETS] for key in arrays if key + OFFSETS in found}
        for key, array in arrays.items():
            rows = len(offsets[key]) - 1 if key in offsets else len(array)
            check_size(path, rows, self.counts[shard])
        for key, places in offsets.items():
            is_sound = places[0] == 0 and places[-1] == len(arrays[key])
            if places.dtype.kind != "i" or not is_sound or (np.diff(places) < 0).any():
                raise ValueError(f"`{path}` is damaged: `{key}{OFFSETS}` are no places in `{key}`.")
        return arrays, offsets
