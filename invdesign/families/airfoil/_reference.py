"""The reference solver of flows around sections."""

from ..._task import Task
from ...reference import OpenFOAM


def foil_reference(task: Task, dt: float) -> OpenFOAM:
    """OpenFOAM, whose steady flows know no time."""
    return OpenFOAM()
