"""Sweeps: many runs from one description, that survive whatever happens to any of them."""

from ._executors import (
    InProcess as InProcess,
    LocalWorkers as LocalWorkers,
    RayWorkers as RayWorkers,
)
from ._record import is_sweep as is_sweep
from ._status import StudyStatus as StudyStatus, status as status
from ._study import Study as Study, read_study as read_study
from ._sweep import sweep as sweep
