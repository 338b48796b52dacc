"""How a world's models are judged: a report and a card."""

import abc
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._task import Task
from ..training import Progress


def _silent(name: str) -> Progress:
    return lambda done, total: None


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A model that is to be judged.

    **Arguments:**

    - `simulator`: itself; `path`: of its weights.
    - `folder`: where the card goes; `notes`: Markdown for its end.
    - `load_task`: a registered task by its name.
    - `watch`: given the name of a phase, whom to tell how far it is.
    """

    simulator: Any
    path: Path
    folder: Path
    notes: str
    load_task: Callable[[str], Task]
    watch: Callable[[str], Progress] = _silent


@dataclasses.dataclass(frozen=True)
class Report:
    """What a judge found.

    **Arguments:** `numbers`: by name, JSON-able; `columns`, `rows`: of a table for people;
    `title`, `caption`: above and below it; `notes`: sentences.
    """

    numbers: Mapping[str, Any]
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    title: str = ""
    caption: str = ""
    notes: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class AbstractJudge(abc.ABC):
    """A frozen dataclass whose fields are options of the report (see `Option`), `seed` among them.

    - `errors`: names of the numbers that stand in the manifest.
    """

    seed: int = 0

    @property
    @abc.abstractmethod
    def errors(self) -> tuple[str, ...]: ...

    @abc.abstractmethod
    def report(self, candidate: Candidate) -> Report:
        """Judge a model on what it never saw, and write its card.

        **Raises:** `ValueError` if an option has no effect, or data is missing or of another kind.
        """
