"""What a training run learns from, and how what it has learned is judged."""

import abc
from typing import Any, NamedTuple, Protocol

from ._state import Update


class AbstractSampler(Protocol):
    """Draws batches; those of a step and a device depend on nothing else, so a resume is exact."""

    def batch(self, step: int, device: int) -> Any: ...


class Stage(NamedTuple):
    """What a stage draws, and how it learns from it."""

    sampler: AbstractSampler
    update: Update


class AbstractCourse(abc.ABC):
    """The part of a training run that knows what kind of simulator it trains.

    - `described`: metadata of the data.
    - `start`: the network to go on from, or `None`.
    - `columns`: names of what `judge` returns; `criterion`: the one that is best when highest.
    """

    described: dict[str, Any]
    start: Any
    columns: tuple[str, ...]
    criterion: str

    @abc.abstractmethod
    def network(self) -> Any:
        """The network a run begins with, in buffers of its own."""

    @abc.abstractmethod
    def stages(self) -> tuple[Stage, ...]:
        """One for each of the configuration's stages.

        **Raises:** `ValueError` if a batch cannot be spread over the local devices.
        """

    @abc.abstractmethod
    def simulator(self, network: Any) -> Any:
        """The simulator around a network."""

    @abc.abstractmethod
    def header(self) -> dict[str, Any]:
        """What a weights file has to say to build the simulator again."""

    @abc.abstractmethod
    def judge(self, simulator: Any) -> dict[str, float]:
        """How the simulator does on what is held out."""
