"""TFRecords of "Learning to simulate complex physics with graph networks".

Layout assumed: `metadata.json` with `bounds`, `dim`, `dt`, `sequence_length`,
`default_connectivity_radius`; `<split>.tfrecord` of `SequenceExample` messages, one a trajectory,
with the context feature `particle_type` (the bytes of int64 numbers) and the feature list
`position`, a frame each (the bytes of float32 numbers, particle by particle), of
`sequence_length + 1` frames.

Source: Sanchez-Gonzalez et al. (2020) and the reader that was published with it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ._tfrecord import read_records, sequence_example


def read_learning_to_simulate(
    path: Path, described: dict[str, Any]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions `(time, node, dim)` and types of each trajectory.

    **Raises:** `ValueError` naming the file and the record that is damaged or another message.
    """
    for index, record in enumerate(read_records(path)):
        where = f"`{path}`: record {index}"
        try:
            context, lists = sequence_example(record)
            (kinds,) = context["particle_type"]
            frames = [np.frombuffer(frame, "<f4") for (frame,) in lists["position"]]
            kinds = np.frombuffer(kinds, "<i8")
            position = np.stack(frames).reshape(len(frames), -1, len(described["bounds"]))
        except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise ValueError(f"{where} is no trajectory ({error}).") from error
        wanted = described.get("sequence_length")
        if isinstance(wanted, int) and len(frames) != wanted + 1:
            raise ValueError(
                f"{where} has {len(frames)} frames, and the metadata say {wanted} after the first."
            )
        yield position, kinds
