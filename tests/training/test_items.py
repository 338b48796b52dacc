"""Data sets whose simulations have lengths of their own, read piece by piece."""

import tracemalloc
from typing import Annotated

import numpy as np
import pytest
from msgspec import Meta

from invdesign.io._arrays import ArraySchema
from invdesign.io._npz import map_npz, read_npz, write_npz, write_plain_npz
from invdesign.training._items import Items
from invdesign.training._shards import (
    Metadata,
    generate_shards,
    open_shards,
    read_shard,
    shard_path,
    stacked,
    write_rows,
)

SCHEMAS = {
    "position": ArraySchema("*node 3"),
    "cells": ArraySchema("*cell 4", "iu"),
    "drag": ArraySchema("case"),
}


class MeshMetadata(Metadata):
    """What these say besides."""

    num_cases: Annotated[int, Meta(ge=1)]


def mesh(index, number=None):
    """A mesh of a size of its own; one has no cells at all."""
    rng = np.random.default_rng(index)
    nodes = int(rng.integers(2, 40)) if number is None else number
    return {
        "position": rng.random((nodes, 3), np.float32),
        "cells": rng.integers(0, nodes, (0 if index == 4 else nodes // 2, 4)),
        "drag": np.float32(index),
    }


def described(number, size=3):
    return {"format": 1, "name": "meshes", "num_cases": number, "shard_size": size}


def measure(folder):
    return {"complete": True}


def written(folder, rows, size=3):
    write_rows(
        folder, rows, described(len(rows), size), measure=measure, ragged=("position", "cells")
    )
    return folder


def opened(folder, schemas=None):
    about = {"names": ("meshes",), "file_format": 1, "schema": MeshMetadata}
    return Items(folder, open_shards(folder, **about)[0], schemas or SCHEMAS)


def test_items_are_what_was_written(tmp_path):
    rows = [mesh(i) for i in range(8)]
    items = opened(written(tmp_path / "data", rows))
    assert len(items) == 8 and len({len(row["position"]) for row in rows}) > 4
    for row, item in zip(rows, items, strict=True):
        assert row.keys() == item.keys()
        for key, array in item.items():
            np.testing.assert_array_equal(array, row[key])
            assert array.dtype == row[key].dtype
    assert items[-1]["drag"] == 7 and [float(x["drag"]) for x in items[2:4]] == [2.0, 3.0]
    with pytest.raises(IndexError):
        items[8]


def test_generated_shards_are_mapped_and_go_on(tmp_path):
    """The second shard is made again after it was lost; of equal lengths none is ragged."""

    def simulate(first, last, report):
        return stacked([mesh(i) for i in range(first, last)], ("position", "cells"))

    folder = tmp_path / "data"
    generate_shards(folder, described(5), simulate, measure=measure, mapped=True)
    before = shard_path(folder, 1).read_bytes()
    shard_path(folder, 1).unlink()
    generate_shards(folder, described(5), simulate, measure=measure, mapped=True)
    assert shard_path(folder, 1).read_bytes() == before
    np.testing.assert_array_equal(opened(folder)[4]["position"], mesh(4)["position"])
    # What reads shards whole reads these, too.
    assert read_shard(folder, 0, SCHEMAS)["drag"].tolist() == [0, 1, 2]


def test_a_window_reads_no_more_than_itself(tmp_path):
    """Nine fields of 8 MB: windows of each take next to nothing."""
    schemas = {"field": ArraySchema("case time point", finite=False)}
    fields = [np.full((2000, 1000), index, np.float32) for index in range(9)]
    write_rows(
        tmp_path / "data",
        [{"field": field} for field in fields],
        described(9, 3),
        measure=measure,
        ragged=(),
    )
    del fields
    items = opened(tmp_path / "data", schemas)
    tracemalloc.start()  # no shard has been opened yet
    windows = [np.array(items[i]["field"][100 * i : 100 * i + 4]) for i in range(9)]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [w.mean() for w in windows] == list(range(9)) and windows[0].shape == (4, 1000)
    assert most < 1e6, most


def test_what_is_damaged_is_refused(tmp_path):
    folder = written(tmp_path / "data", [mesh(i) for i in range(3)])
    counts = open_shards(folder, names=("meshes",), file_format=1, schema=MeshMetadata)[0]
    path, good = shard_path(folder, 0), read_npz(shard_path(folder, 0))

    def refused(message, **changes):
        write_plain_npz(path, **{**good, **changes})
        with pytest.raises(ValueError, match=message):
            Items(folder, counts, SCHEMAS)[0]

    refused("`position_offsets` are no places", position_offsets=np.array([0, 9, 3, 12]))
    refused("holds 2 simulations instead of 3", cells_offsets=good["cells_offsets"][1:])
    refused("`position` has to have the axes", position=good["position"][:, :2])
    refused("has to hold integers", cells=good["cells"].astype(np.float32))
    with pytest.raises(ValueError, match=r"wrong|altered|checksum"):
        opened(folder)
    write_npz(path, **good)
    with pytest.raises(ValueError, match="compressed, and cannot be mapped"):
        Items(folder, counts, SCHEMAS)[0]
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="not a readable"):
        Items(folder, counts, SCHEMAS)[0]


def test_arrays_of_any_kind_are_mapped_as_they_are(tmp_path):
    arrays = {
        "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "none": np.zeros((0, 3)),
        "text": np.array(["a", "bc"]),
        "one": np.array(3, np.int16),
    }
    mapped = map_npz(write_plain_npz(tmp_path / "x.npz", **arrays), limit=10_000)
    for key, array in arrays.items():
        np.testing.assert_array_equal(mapped[key], array)
        assert mapped[key].dtype == array.dtype and mapped[key].shape == array.shape
    with pytest.raises(ValueError, match="more than 10 bytes"):
        map_npz(tmp_path / "x.npz", limit=10)
