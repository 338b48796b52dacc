"""What is published of a design: one `[[designs]]` table of a task folder's `reference.toml`."""

import dataclasses
import math
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ...io._reading import read_toml
from ...io._resources import tasks_dir
from ...io._schema import Count, Line, NonNegative, as_record

FILE = "reference.toml"


@dataclasses.dataclass(frozen=True)
class Published:
    """A design and its score in the reference solver, as the leaderboard has it.

    **Arguments:**

    - `task`, `task_digest`: its name, and the checksum of the task that was scored.
    - `parameters`: the design's, in the unit of the design space.
    - `score`, `spread`: in the reference solver, mean and standard deviation over the task's
      unseen conditions.
    - `optimizer`, `through`, `model`, `seed`, `charged_steps`: how it was found and at what cost;
      `through` is "learned", "reference", or "other" where it was not found by this package.
    - `by`: who found it.
    - `fine_score`, `fine_spread`: at twice the solver's resolution, where that was measured.
    - `missed`: by how much which constraints are missed in the reference solver.
    """

    task: Line
    task_digest: Line
    parameters: Annotated[tuple[float, ...], Meta(min_length=1)]
    score: float
    spread: NonNegative
    optimizer: Line
    through: Literal["learned", "reference", "other"]
    by: Line
    model: Line | None = None
    seed: Count | None = None
    charged_steps: NonNegative | None = None
    fine_score: float | None = None
    fine_spread: NonNegative | None = None
    missed: dict[str, float] = dataclasses.field(default_factory=dict)

    @property
    def rank(self) -> tuple[bool, float, float]:
        """Orders designs of a task, the best first: those that meet the constraints lead.

        Of those that score alike the one that the finer solver scores higher.
        """
        fine = -math.inf if self.fine_score is None else self.fine_score
        return bool(self.missed), -self.score, -fine

    @property
    def method(self) -> str:
        """How it was found, in words."""
        through = {"learned": " through the model", "reference": " through the solver"}
        return self.optimizer + through.get(self.through, "")


class _Records(msgspec.Struct):
    """`reference.toml`, which keeps further tables of whoever wrote it."""

    designs: list[Published] = []


def read_designs(path: Path) -> list[Published]:
    """The designs of a `reference.toml`, best first within each task.

    **Raises:** `ValueError` naming the file if it is malformed.
    """
    found = as_record(read_toml(path), _Records, path=path).designs
    return sorted(found, key=lambda design: (design.task, design.rank))


def published_designs(folder: Path | None = None) -> list[Published]:
    """All published designs by task, the best of each first.

    **Arguments:** `folder`: of the tasks; the shipped ones by default.

    **Raises:** `ValueError` naming the file if one is malformed.
    """
    paths = sorted((folder or tasks_dir()).glob(f"*/{FILE}"))
    found = [design for path in paths for design in read_designs(path)]
    return sorted(found, key=lambda design: (design.task, design.rank))


def best_known(task: str) -> Published | None:
    """The best published design of a registered task; `None` if there is none.

    **Raises:** `ValueError` naming the file if it is malformed.
    """
    return next((design for design in published_designs() if design.task == task), None)
