"""Commands that a family adds to the command line."""

import abc
import dataclasses
from collections.abc import Callable
from typing import Any

from ._judge import Report

Load = Callable[[str], Any]  # a simulator of the family, by its name or its file


@dataclasses.dataclass(frozen=True)
class AbstractCommand(abc.ABC):
    """A frozen dataclass whose fields are a command's argument and options (see `Option`).

    A field without a default is an argument. The docstring is the command's help.
    """

    @abc.abstractmethod
    def report(self, load: Load) -> Report:
        """What the command has to say.

        **Arguments:** `load`: simulators of the family.

        **Raises:** `ValueError` for a user's mistake, in one sentence.
        """
