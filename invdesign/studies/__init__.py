"""Whole studies: tasks by name, a run from start to finish, optimizers side by side."""

from ._best_known import BestKnown as BestKnown, best_known as best_known
from ._compare import compare as compare, summarize as summarize
from ._config import PATIENCE as PATIENCE, RunConfig as RunConfig
from ._gradcheck import GradientCheck as GradientCheck, gradcheck as gradcheck
from ._identity import (
    recorded_files as recorded_files,
    task_digest as task_digest,
    task_identity as task_identity,
    task_of as task_of,
)
from ._load import load as load
from ._optimizers import (
    OPTIMIZERS as OPTIMIZERS,
    Contestant as Contestant,
    Effort as Effort,
    contestant as contestant,
)
from ._outputs import draw_outputs as draw_outputs, failures as failures
from ._refine import Rounds as Rounds, refine as refine
from ._registry import (
    ChangedFiles as ChangedFiles,
    FoundTask as FoundTask,
    check_task as check_task,
    find_task as find_task,
    load_task as load_task,
    task_names as task_names,
    task_options as task_options,
)
from ._release import release_model as release_model
from ._resolve import (
    Resolved as Resolved,
    load_simulator as load_simulator,
    reference_for as reference_for,
    resolve as resolve,
)
from ._result import (
    RunSettings as RunSettings,
    read_result as read_result,
    read_settings as read_settings,
)
from ._run import (
    Watch as Watch,
    read_champion as read_champion,
    run_design as run_design,
)
from ._scan import draw_scan as draw_scan, scan as scan
from ._start import seeded_start as seeded_start
