"""What data can be generated of a world."""

import abc
import dataclasses
from pathlib import Path

from ..training import Progress


@dataclasses.dataclass(frozen=True)
class AbstractSource(abc.ABC):
    """A frozen dataclass whose fields are options of the data (see `Option`)."""

    @abc.abstractmethod
    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        """Simulate `number` cases into `out`, or what is missing of them.

        **Raises:** `ValueError` if `out` holds anything else, or as the solver does.
        """
