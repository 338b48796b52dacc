"""Whole studies: tasks by name, a run from start to finish, optimizers side by side."""

from ._comparison import compare as compare, judge_champions as judge_champions
from ._config import RunConfig as RunConfig
from ._foresight import foresight as foresight
from ._gradcheck import gradcheck as gradcheck
from ._optimizers import OPTIMIZERS as OPTIMIZERS
from ._published import best_known as best_known
from ._refine import refine as refine
from ._report import report as report
from ._resolve import Resolved as Resolved, resolve as resolve
from ._run import Watch as Watch, run_design as run_design
from ._scan import scan as scan
from ._start import seeded_start as seeded_start
from ._sweep import (
    InProcess as InProcess,
    LocalWorkers as LocalWorkers,
    RayWorkers as RayWorkers,
    Study as Study,
    StudyStatus as StudyStatus,
    read_study as read_study,
    status as status,
    sweep as sweep,
)
