"""The best design of a task that anybody has found, as its folder keeps it."""

import dataclasses
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ..io._reading import read_toml
from ..io._resources import tasks_dir
from ..io._schema import Count, Line, as_record


@dataclasses.dataclass(frozen=True)
class BestKnown:
    """A task's best design so far.

    **Arguments:**

    - `task`: its name.
    - `parameters`: the design's, in the unit of the design space.
    - `score`: in the reference solver, mean over the task's unseen conditions.
    - `optimizer`, `through`, `seed`: how it was found; `through` is "learned" or "reference".
    """

    task: Line
    parameters: Annotated[tuple[float, ...], Meta(min_length=1)]
    score: float
    optimizer: Line
    through: Literal["learned", "reference"]
    seed: Count


class _Records(msgspec.Struct):
    """`reference.toml`, which keeps further tables of whoever wrote it."""

    best: BestKnown


def best_known(task: str) -> BestKnown | None:
    """The best known design of a registered task; `None` if there is no record of one.

    **Raises:** `ValueError` naming the file if it is malformed.
    """
    path = tasks_dir() / task / "reference.toml"
    if not path.exists():
        return None
    return as_record(read_toml(path), _Records, path=path).best
