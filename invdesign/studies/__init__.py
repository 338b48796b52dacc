"""Whole studies: tasks by name, a run from start to finish, optimizers side by side."""

from ._best_known import BestKnown as BestKnown, best_known as best_known
from ._compare import (
    Contestant as Contestant,
    compare as compare,
    seeded_start as seeded_start,
    summarize as summarize,
)
from ._design_scenes import design_scenes as design_scenes
from ._doubts import Doubts as Doubts, doubts as doubts
from ._foil_baselines import (
    Perceptron as Perceptron,
    Polynomial as Polynomial,
    fit_baselines as fit_baselines,
)
from ._foil_card import (
    JudgedFoils as JudgedFoils,
    foil_metrics as foil_metrics,
    write_foil_card as write_foil_card,
)
from ._foil_tables import FOIL_BARS as FOIL_BARS
from ._gradcheck import GradientCheck as GradientCheck, gradcheck as gradcheck
from ._identity import (
    recorded_files as recorded_files,
    task_digest as task_digest,
    task_identity as task_identity,
    task_of as task_of,
)
from ._model_card import write_model_card as write_model_card
from ._outputs import draw_outputs as draw_outputs, failures as failures
from ._picture import has_picture as has_picture, stored_trajectory as stored_trajectory
from ._polar import POLAR_COLUMNS as POLAR_COLUMNS, Polar as Polar, polar as polar
from ._reference import default_reference as default_reference
from ._refine import Rounds as Rounds, refine as refine
from ._registry import (
    ChangedFiles as ChangedFiles,
    FoundTask as FoundTask,
    check_task as check_task,
    find_task as find_task,
    load_task as load_task,
    task_names as task_names,
)
from ._release import release_model as release_model
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
