"""Small files in other people's formats, written from the descriptions of these alone."""

import json
import struct

import numpy as np

from invdesign.io._foreign._crc32c import masked_crc32c

BOUNDS = [[0.0, 1.0], [0.0, 1.0]]
METADATA = {
    "bounds": BOUNDS,
    "dim": 2,
    "dt": 0.01,
    "sequence_length": 9,
    "default_connectivity_radius": 0.05,
}


def falling(number=3, frames=10, particles=12, dim=2, seed=0):
    """Blocks in free fall, (time, particle, dim), spaced by 0.02 and not touching a wall."""
    rng = np.random.default_rng(seed)
    time = 0.01 * np.arange(frames)[:, None, None]
    drop = np.zeros(dim)
    drop[1] = -9.81
    runs = []
    for _ in range(number):
        side = -(-particles // 3)
        grid = np.stack(np.meshgrid(np.arange(side), np.arange(3), indexing="ij"), -1)
        start = np.zeros((particles, dim))
        start[:, :2] = 0.5 + 0.02 * grid.reshape(-1, 2)[:particles]
        speed = rng.normal(size=dim)
        runs.append((start + speed * time + 0.5 * drop * time**2).astype(np.float32))
    return runs


# TFRecord and protobuf.


def varint(value):
    out = bytearray()
    while True:
        value, byte = value >> 7, value & 0x7F
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def entry(name, message):
    return field(1, field(1, name.encode()) + field(2, message))


def bytes_feature(content):
    return field(1, field(1, content))


def int_feature(value):
    return field(3, field(1, varint(value)))


def example(position, kinds):
    """A `SequenceExample`."""
    context = entry("key", int_feature(7))
    context += entry("particle_type", bytes_feature(np.asarray(kinds, "<i8").tobytes()))
    frames = b"".join(
        field(1, bytes_feature(np.asarray(frame, "<f4").tobytes())) for frame in position
    )
    return field(1, context) + field(2, entry("position", frames))


def record(data):
    length = struct.pack("<Q", len(data))
    checks = [struct.pack("<I", masked_crc32c(part)) for part in (length, data)]
    return length + checks[0] + data + checks[1]


def write_tfrecord(folder, runs, kinds=None, **metadata):
    folder.mkdir(exist_ok=True)
    (folder / "metadata.json").write_text(json.dumps({**METADATA, **metadata}))
    kinds = [np.full(run.shape[1], 5) for run in runs] if kinds is None else kinds
    records = [record(example(run, kind)) for run, kind in zip(runs, kinds, strict=True)]
    (folder / "train.tfrecord").write_bytes(b"".join(records))
    return folder


def write_h5(folder, runs, kind=0, **metadata):
    import h5py

    folder.mkdir(exist_ok=True)
    described = {**METADATA, "dt": 0.001, "write_every": 10, **metadata}
    (folder / "metadata.json").write_text(json.dumps(described))
    with h5py.File(folder / "train.h5", "w") as file:
        for index, run in enumerate(runs):
            group = file.create_group(f"{index:05d}")
            group["position"] = run
            group["particle_type"] = np.full(run.shape[1], kind)
    return folder


def write_npz(folder, runs, *, together=False, scalar=False, **metadata):
    folder.mkdir(exist_ok=True)
    (folder / "metadata.json").write_text(json.dumps({**METADATA, **metadata}))
    pairs = []
    for run in runs:
        pair = np.empty(2, object)
        pair[0], pair[1] = run, np.asarray(5) if scalar else np.full(run.shape[1], 5)
        pairs.append(pair)
    if together:
        whole = np.empty(len(pairs), object)
        for index, pair in enumerate(pairs):
            whole[index] = tuple(pair)
        np.savez_compressed(folder / "train.npz", gns_data=whole)
    else:
        names = {f"simulation_trajectory_{i}": pair for i, pair in enumerate(pairs)}
        np.savez_compressed(folder / "train.npz", **names)
    return folder
