"""The best design of a task that anybody has found, as its folder keeps it."""

import dataclasses
import tomllib
from typing import Any

from ..io import tasks_dir


@dataclasses.dataclass(frozen=True)
class BestKnown:
    """A task's best design so far.

    **Arguments:**

    - `task`: its name.
    - `parameters`: the design's, in the unit of the design space.
    - `score`: in the reference solver, mean over the task's unseen conditions.
    - `optimizer`, `through`, `seed`: how it was found; `through` is "learned" or "reference".
    """

    task: str
    parameters: tuple[float, ...]
    score: float
    optimizer: str
    through: str
    seed: int


def best_known(task: str) -> BestKnown | None:
    """The best known design of a registered task; `None` if there is no record of one.

    **Raises:** `ValueError` naming the file if it is malformed.
    """
    path = tasks_dir() / task / "reference.toml"
    if not path.exists():
        return None
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["best"]
        fields = {field.name: table[field.name] for field in dataclasses.fields(BestKnown)}
    except (KeyError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"`{path}` is malformed ({error}).") from error
    return BestKnown(**{**fields, "parameters": tuple(fields["parameters"])})
