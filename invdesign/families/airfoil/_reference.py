"""The reference solver of flows around sections."""

from ..._task import Task
from ...reference import OpenFOAM

# How many times finer than the grid that flows are told on the cells are that they are solved on,
# along either axis. On the cells of that grid itself most of what a search saves is its own error:
# 14% of the drag of NACA 0012 there, 5% on these, 3% on still finer ones.
RESOLUTION = 2


def foil_reference(task: Task, dt: float) -> OpenFOAM:
    """OpenFOAM, whose steady flows know no time."""
    return OpenFOAM(resolution=RESOLUTION)
