"""How a grid simulator learns the motion of fields."""

import dataclasses
from typing import Any

import jax
import numpy as np

from ..._types import Scalar
from ...nn import DilatedResNet
from ...simulators import GridSimulator
from ...simulators.grid._build import (
    GridModelConfig,
    build_grid_network,
    grid_header,
    make_grid_simulator,
)
from ...simulators.grid._ranges import FieldRanges
from .._config import TrainingConfig
from .._course import AbstractCourse, Stage
from .._split import split
from .._update import make_update, per_device
from ._config import FieldFrameConfig, FieldUnrollConfig
from ._skill import frames_followed, relative_errors, simulated_fields
from ._windows import Windows, WindowSampler, measured_statistics, window_loss


@dataclasses.dataclass(frozen=True)
class FieldData:
    """Trajectories of fields, and what a course has to know of them.

    **Arguments:** `fields`: `(trajectory, time, point)`; `described`: their metadata, `dt` and
    `length` among them.
    """

    fields: np.ndarray
    described: dict[str, Any]


class GridCourse(AbstractCourse):
    """Trajectories of fields; judged by rollouts of the last ones, which it does not learn from.

    `followed` is the share of a trajectory's frames for which the rollout's correlation with it
    stays above 0.8, a mean; `field_error` the relative error after a tenth of the frames, a median.

    **Raises:** `ValueError` if all trajectories are held out.
    """

    columns = ("followed", "field_error")
    criterion = "followed"

    def __init__(self, config: TrainingConfig, data: FieldData):
        assert isinstance(config.model, GridModelConfig)
        self.config, self.model, self.start = config, config.model, None
        self.described = data.described
        learned, judged = split({"field": data.fields}, config.training.held_out)
        self.fields, self.judged = learned["field"], judged["field"]
        self.statistics = measured_statistics(self.fields)
        self.ranges = FieldRanges.measured(self.fields)

    def network(self) -> DilatedResNet:
        return build_grid_network(self.model, key=jax.random.key(self.config.training.seed))

    def stages(self) -> tuple[Stage, ...]:
        return tuple(self._stage(stage) for stage in self.config.stages)

    def _stage(self, stage: FieldFrameConfig | FieldUnrollConfig) -> Stage:
        sampler = WindowSampler(
            self.fields,
            frames=stage.frames,
            number=per_device("fields_per_batch", stage.fields_per_batch),
            noise=stage.noise * self.statistics.field,
            seed=self.config.training.seed,
        )

        def loss(network: DilatedResNet, windows: Windows) -> tuple[Scalar, Scalar]:
            return window_loss(self.simulator(network), windows)

        return Stage(sampler, make_update(self.config, loss, stage.ema))

    def simulator(self, network: DilatedResNet) -> GridSimulator:
        return make_grid_simulator(network, self.header())

    def header(self) -> dict[str, Any]:
        return grid_header(
            self.model,
            self.statistics,
            length=self.described["length"],
            num_points=self.fields.shape[-1],
            dt=self.described["dt"],
            ranges=self.ranges,
        )

    def judge(self, simulator: GridSimulator) -> dict[str, float]:
        true = self.judged[:, 1:]
        found = simulated_fields(
            simulator, self.judged[:, 0], length=simulator.length, num_steps=true.shape[1]
        )
        early = max(1, true.shape[1] // 10) - 1
        error = np.median(relative_errors(found[:, early], true[:, early]))
        return {
            "followed": float(np.mean(frames_followed(found, true)) / true.shape[1]),
            "field_error": float(error) if np.isfinite(error) else float("inf"),
        }
