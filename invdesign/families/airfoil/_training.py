"""How simulators of flows around sections are trained."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...io._resources import pretrained_dir
from ...io._schema import Number, Seed
from ...simulators import FlowSimulator
from ...simulators.mesh._build_flow import FlowModelConfig
from ...training import AbstractLearner, AbstractTraining, Progress, TrainingConfig, read_config
from ...training._shards import has_metadata, read_metadata
from ...training.mesh import FlowCourse, SteadyConfig
from ._data import NAME, load_foils
from ._learner import FoilLearner
from ._models import DEFAULT, MIXED
from ._reference import RESOLUTION
from ._source import FoilSource, MixedSource


@dataclasses.dataclass(frozen=True)
class FoilDataConfig:
    """Which data set: how many cases, from which seed, on how fine cells, of one or of many kinds.

    **Arguments:** `mixed`: sections and Reynolds numbers as of `airfoil-mixed`.
    """

    num_cases: Number
    seed: Seed
    resolution: Number = 1
    mixed: bool = False


class FoilTraining(AbstractTraining):
    """Random sections, steady flows."""

    name, model, data, stages = NAME, FlowModelConfig, FoilDataConfig, (SteadyConfig,)

    def folder(self, data: FoilDataConfig) -> str:
        finer = f"-resolution{data.resolution}" if data.resolution > 1 else ""
        mixed = "-mixed" if data.mixed else ""
        return f"{NAME}{mixed}-{data.num_cases}-seed{data.seed}{finer}"

    def generate(self, data: FoilDataConfig, out: Path, progress: Progress) -> Path:
        source = (MixedSource if data.mixed else FoilSource)(data.resolution)
        return source.generate(out, number=data.num_cases, seed=data.seed, progress=progress)

    def course(
        self,
        config: TrainingConfig,
        data: str | Path,
        *,
        start: Any = None,
        further: Sequence[str | Path] = (),
    ) -> FlowCourse:
        loaded = load_foils(data)
        return FlowCourse(config, loaded, start=start, further=list(map(load_foils, further)))

    def learner(
        self,
        simulator: FlowSimulator,
        header: dict[str, Any],
        *,
        data: Path | None,
        out: Path,
        updates: int,
        seed: int,
    ) -> AbstractLearner[Any]:
        resolution = int(header.get("resolution", 1))
        if resolution != RESOLUTION:
            raise ValueError(
                f"This model learned from flows solved at a resolution of {resolution}, and what "
                f"it would learn here is solved at {RESOLUTION}; refine `{DEFAULT}`."
            )
        low, high = simulator.reynolds
        name = MIXED if low < high else DEFAULT
        config = read_config(pretrained_dir() / "configs" / f"{name}.toml", {NAME: self})
        if data is not None:
            _check_data(data, resolution, varied=low < high)
        usual = Path("data") / self.folder(config.data)
        return FoilLearner(
            dataclasses.replace(config, model=FlowModelConfig(**header["model"])),
            data or (usual if has_metadata(usual) else out / "rehearsal"),
            updates=updates,
            seed=seed,
            grid=simulator.grid,
            layout=simulator.layout,
            resolution=resolution,
            reynolds=simulator.reynolds,
        )


def _check_data(data: Path, resolution: int, *, varied: bool) -> None:
    """Refuse a folder of no data, of flows on other cells, or of other Reynolds numbers."""
    if not has_metadata(data):
        raise ValueError(f"There is no data set in `{data}`; `invdesign data {NAME}` makes one.")
    solved = read_metadata(data)["solver"].get("resolution", 1)
    if solved != resolution:
        raise ValueError(
            f"The model's flows were solved at a resolution of {resolution}, those of `{data}` at "
            f"{solved}."
        )
    if ("reynolds" in read_metadata(data).get("foils", {})) != varied:
        wanted = f"{NAME}-mixed" if varied else NAME
        raise ValueError(
            f"`{data}` has flows at other Reynolds numbers than the model knows; `invdesign data "
            f"{wanted} --resolution {resolution}` makes some that fit."
        )
