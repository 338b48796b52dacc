"""Differentiable inverse design through learned simulators, checked in trusted solvers."""

# ruff: noqa: E402  (a home has to be there before what looks for one is imported)
from ._home import lend_home as _lend_home

_lend_home()

from . import (
    families as families,
    graphs as graphs,
    grids as grids,
    io as io,
    nn as nn,
    objectives as objectives,
    optimizers as optimizers,
    reference as reference,
    scenes as scenes,
    sections as sections,
    simulators as simulators,
    spaces as spaces,
    studies as studies,
    training as training,
    viz as viz,
)
from ._adjoint import (
    AbstractAdjoint as AbstractAdjoint,
    CheckpointAdjoint as CheckpointAdjoint,
    ClippedAdjoint as ClippedAdjoint,
    DirectAdjoint as DirectAdjoint,
    TruncatedAdjoint as TruncatedAdjoint,
)
from ._allocator import keep_freed_memory as keep_freed_memory
from ._constraints import ConstraintEntries as ConstraintEntries
from ._differences import FiniteDifferences as FiniteDifferences
from ._evaluation import Evaluation as Evaluation
from ._inexact import with_errors as with_errors
from ._options import Option as Option
from ._problem import Problem as Problem
from ._results import RESULTS as RESULTS
from ._rollout import Trajectory as Trajectory, rollout as rollout
from ._simulator import AbstractSimulator as AbstractSimulator
from ._solve import (
    PlateauStop as PlateauStop,
    Solution as Solution,
    TargetStop as TargetStop,
    solve as solve,
)
from ._task import Lighter as Lighter, Task as Task
from ._verify import (
    Judgement as Judgement,
    Verification as Verification,
    judge as judge,
    judge_finer as judge_finer,
    judge_with_errors as judge_with_errors,
    verify as verify,
)
from ._version import __version__ as __version__
from .families import register as register
from .families.airfoil._scene import (
    BuildFoil as BuildFoil,
    FlightPoint as FlightPoint,
    flight_points as flight_points,
)
from .families.water._scene import (
    BuildWater as BuildWater,
    WaterBlock as WaterBlock,
    jittered_blocks as jittered_blocks,
)
from .studies._load import load as load
from .studies._registry import load_task as load_task
from .studies._resolve import reference_for as reference_for
