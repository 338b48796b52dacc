"""How a world takes the data of others."""

import abc
import dataclasses
from pathlib import Path

from ..io._foreign import ParticleData
from ..training import Progress
from ._judge import Report


@dataclasses.dataclass(frozen=True)
class AbstractImporter(abc.ABC):
    """A frozen dataclass whose fields are options of an import (see `Option`)."""

    @abc.abstractmethod
    def write(self, data: ParticleData, out: Path, *, most: int, progress: Progress) -> Report:
        """Write at most `most` trajectories as a data set of the family's own.

        **Raises:** `ValueError` saying why its models cannot learn from such data, or naming what
        is damaged; nothing is left in `out` then.
        """
