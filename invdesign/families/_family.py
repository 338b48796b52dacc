"""What the package knows of a world: one record, which everything above reads."""

import dataclasses
from collections.abc import Callable, Mapping

from .._task import Task
from ..reference import AbstractReference
from ..training import AbstractTraining
from ._command import AbstractCommand
from ._descent import AbstractDescent
from ._importer import AbstractImporter
from ._judge import AbstractJudge
from ._models import AbstractModels
from ._showing import AbstractShowing
from ._source import AbstractSource


@dataclasses.dataclass(frozen=True)
class Family:
    """A world: data about it, and the objects that know it; never subclassed, holds no arrays.

    **Arguments:**

    - `name`: the one name, in configurations, headers of weights and metadata of data.
    - `aliases`: older names, in files that were shipped.
    - `subject`: what its models are of, in words: "water".
    - `scenes`: types of the scenes that its tasks build; of those types that are another family's
      already, tasks name their family instead.
    - `models`: builds simulators from headers, and knows which one is usual.
    - `descent`: a dataclass of the options with which its simulators are descended through.
    - `sources`: what data can be generated, by name: dataclasses of options.
    - `importer`: a dataclass of the options with which it takes the data of others; `None` if it
      takes none.
    - `training`: how its simulators learn; `None` if they do not.
    - `reference`: the trusted solver of a task, for frames of so many seconds, and `installed`:
      raises a `ValueError` that says how to get it if it is not.
    - `judge`: a dataclass of the options of a model's report.
    - `showing`: what a run leaves for the eye and for other programs.
    - `commands`: that it adds to the command line, by name.
    - `tolerance`: difference of the scores in model and solver at which a refinement may stop.
    """

    name: str
    aliases: tuple[str, ...]
    subject: str
    scenes: tuple[type, ...]
    models: AbstractModels
    descent: type[AbstractDescent]
    showing: AbstractShowing
    sources: Mapping[str, type[AbstractSource]] = dataclasses.field(default_factory=dict)
    importer: type[AbstractImporter] | None = None
    training: AbstractTraining | None = None
    reference: Callable[[Task, float], AbstractReference] | None = None
    installed: Callable[[], object] | None = None
    judge: type[AbstractJudge] | None = None
    commands: Mapping[str, type[AbstractCommand]] = dataclasses.field(default_factory=dict)
    tolerance: float = 0.02

    def solver(self, task: Task, dt: float) -> AbstractReference:
        """The trusted solver of a task.

        **Arguments:** `dt`: seconds a frame.

        **Raises:** `ValueError` if there is none, or if it is not installed.
        """
        made = self.make_solver(task, dt)
        if self.installed is not None:
            self.installed()
        return made

    def make_solver(self, task: Task, dt: float) -> AbstractReference:
        """As `solver`, whether it is installed or not."""
        if self.reference is None:
            raise ValueError(f"There is no reference solver for {self.subject}.")
        return self.reference(task, dt)
