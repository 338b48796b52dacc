"""How simulators of flows around sections learn from what they are asked about."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...grids import OGrid
from ...io import save_weights
from ...reference import OpenFOAM
from ...scenes import SectionFlow, SectionScene
from ...scenes._forces import foil_coefficients
from ...sections import SectionLayout
from ...simulators import FlowSimulator
from ...simulators.mesh._build_flow import FlowModelConfig, foil_header, mesh_of
from ...simulators.mesh._modes import REYNOLDS
from ...simulators.mesh._simulator import check_reynolds
from ...training import AbstractLearner, Lesson, TrainingConfig, TrainingRun
from ...training._shards import has_metadata, is_complete, read_metadata
from ...training.mesh import SteadyConfig
from ._data import NAME, foil_row, generate_foils, write_foils
from ._drawn import MixedFoils, RandomFoils

_SEED = 2_000_000  # far from any seed a training set is drawn with
_JUDGES = 8  # one of so many cases of the rehearsal judges, at most


class FoilLearner(AbstractLearner[FlowSimulator]):
    """Trains a `FlowSimulator` on lessons and, in the same batches, on cases of its training.

    Half of every batch are lessons, however few they are: among a thousand cases a few dozen would
    teach little. The other half keeps the network from forgetting all other sections. Units of
    inputs and outputs stay what they are.

    **Arguments:**

    - `config`: of the model's training; `model`, weights of the loss and the number of held-out
      cases count, the schedule does not.
    - `data`: the cases of its training, or any others on the same grid; `rehearsal` random ones
      are solved into it if there is nothing yet.
    - `updates`, `learning_rate`: of a fine-tuning.
    - `cases_per_batch`: even, so that half of them can be lessons.
    - `rehearsal`: at least 16.
    - `seed`: of the batches and of the random cases.
    - `grid`, `layout`, `reynolds`: of the model; `resolution`: of its data, see `OpenFOAM`.
    """

    config: TrainingConfig = eqx.field(static=True)
    data: Path = eqx.field(static=True)
    updates: int = 300
    learning_rate: float = 3e-4
    cases_per_batch: int = 4
    rehearsal: int = 64
    seed: int = 0
    grid: OGrid = OGrid()
    layout: SectionLayout = SectionLayout()
    resolution: int = eqx.field(static=True, default=1)
    reynolds: tuple[float, float] = eqx.field(static=True, default=(REYNOLDS, REYNOLDS))

    def __check_init__(self):
        self.config.stage(SteadyConfig)  # refuses a configuration without one
        odd = self.cases_per_batch < 2 or self.cases_per_batch % 2
        if self.updates < 1 or odd or self.rehearsal < 2 * _JUDGES:
            raise ValueError(
                "`FoilLearner` needs updates >= 1, an even cases_per_batch and a rehearsal of at "
                f"least {2 * _JUDGES}, got {self.updates}, {self.cases_per_batch} and "
                f"{self.rehearsal}."
            )

    def check(self, scene: Any) -> None:
        num = self.layout.num_points
        if not isinstance(scene, SectionScene) or scene.surface.shape != (num, 2):
            raise ValueError(
                f"Models of sections learn from sections of {num} points; this task builds "
                f"{_described(scene)}."
            )
        check_reynolds(scene, self.reynolds)

    def write(self, lessons: Sequence[Lesson], folder: Path) -> None:
        rows = [_row(lesson) for lesson in lessons]
        grown = np.asarray(self.grid(lessons[0].scene.surface))
        nodes = np.asarray(lessons[0].frames.nodes[-1])
        if nodes.shape != grown.shape or not np.allclose(nodes, grown, rtol=1e-3, atol=1e-5):
            raise ValueError("The reference solver uses another grid than the model.")
        described = self._described(dataclasses.asdict(self.layout), dataclasses.asdict(self.grid))
        write_foils(folder, rows, {"kind": "lessons", **described})

    def learn(self, simulator: FlowSimulator, lessons: Sequence[Path], out: Path) -> FlowSimulator:
        data = self._rehearsed()
        run = TrainingRun(self._config(data), data, out / "run", start=simulator, further=lessons)
        run.run()
        return eqx.tree_at(lambda s: s.network, simulator, run.simulator().network)

    def save(self, simulator: FlowSimulator, path: Path) -> None:
        mesh = mesh_of(simulator)
        described = self._described(mesh["layout"], mesh["grid"])
        assert isinstance(self.config.model, FlowModelConfig)
        header = foil_header(self.config.model, described)
        save_weights(path, simulator, {"family": NAME, **header})

    @property
    def _varied(self) -> bool:
        return self.reynolds[0] < self.reynolds[1]

    def _described(self, layout: dict[str, Any], grid: dict[str, Any]) -> dict[str, Any]:
        """What metadata and headers say of the data."""
        solver = {"grid": grid, "resolution": self.resolution}
        foils = {"foils": {"reynolds": list(self.reynolds)}} if self._varied else {}
        return {"layout": layout, "solver": solver, **foils}

    def _rehearsed(self) -> Path:
        """The folder with the rehearsal; solved once, and gone on with where it stopped."""
        if has_metadata(self.data) and is_complete(read_metadata(self.data)):
            return self.data
        return generate_foils(
            self.data,
            num_cases=self.rehearsal,
            seed=_SEED + self.seed,
            foils=MixedFoils(reynolds=self.reynolds) if self._varied else RandomFoils(),
            solver=OpenFOAM(grid=self.grid, resolution=self.resolution),
        )

    def _config(self, data: Path) -> TrainingConfig:
        solved = read_metadata(data)["statistics"]["solved"]
        common = self.config.training
        held_out = max(1, min(common.held_out, solved // _JUDGES))
        return dataclasses.replace(
            self.config,
            name="refined",
            training=dataclasses.replace(common, seed=self.seed, held_out=held_out),
            stages=(self._stage(),),
            start="given",
        )

    def _stage(self) -> SteadyConfig:
        return dataclasses.replace(
            self.config.stage(SteadyConfig),
            steps=self.updates,
            cases_per_batch=self.cases_per_batch,
            further_per_batch=self.cases_per_batch // 2,
            learning_rate=self.learning_rate,
            final_learning_rate=0.01 * self.learning_rate,
            warmup=min(20, self.updates - 1),
            ema=0.98,
            evaluate_every=self.updates,
        )


def _described(scene: Any) -> str:
    if not isinstance(scene, SectionScene):
        return f"a {type(scene).__name__}"
    return f"sections of {len(scene.surface)}"


def _row(lesson: Lesson) -> dict[str, np.ndarray]:
    """A case as data sets hold it."""
    scene, frames = lesson
    flow: SectionFlow = jax.tree.map(lambda x: jnp.asarray(x[-1], jnp.float32), frames)
    found = foil_coefficients(flow)
    return foil_row(scene, flow, (found.lift, found.drag, found.moment))
