"""The reference solver of flows around sections."""

from ..._task import Task
from ...reference import OpenFOAM, find_openfoam


def foil_reference(task: Task, dt: float) -> OpenFOAM:
    """OpenFOAM, whose steady flows know no time.

    **Raises:** `ValueError` saying how to get it if it is not installed.
    """
    find_openfoam()
    return OpenFOAM()
