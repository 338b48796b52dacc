"""How models of water are judged: rollouts beside the reference solver's."""

import dataclasses
from typing import Annotated, Any

from ..._options import Option
from ...io._checksum import sha256
from ...io._weights import read_hyperparameters
from .._design_scenes import design_scenes
from .._judge import AbstractJudge, Candidate, Report
from ._card import write_model_card
from ._evaluate import SceneRecord, evaluate_simulator
from ._held_out import held_out_scenes

_TASKS = ("contain", "ramp", "maze")


@dataclasses.dataclass(frozen=True)
class WaterJudge(AbstractJudge):
    """Rollouts from scenes with tools that training never shows, and from the tasks' designs."""

    seed: int = 0
    scenes: Annotated[int, Option("How many held-out scenes.", least=1, most=10_000)] = 30
    designs: Annotated[
        int, Option("How many random designs of each task, 0 for none.", least=0, most=10_000)
    ] = 10
    steps: Annotated[int, Option("The horizon in frames.", least=20, most=10_000)] = 100

    @property
    def errors(self) -> tuple[str, ...]:
        return ("one_step_mse", "rollout_mse", "occupancy_overlap", "occupancy_floor", "com_error")

    def report(self, candidate: Candidate) -> Report:
        simulator, path = candidate.simulator, candidate.path

        def judge(name: str, judged: list[Any]) -> tuple[dict[str, float], list[SceneRecord]]:
            return evaluate_simulator(
                simulator,
                judged,
                seed=self.seed,
                num_steps=self.steps,
                progress=candidate.watch(name),
            )

        metrics, records = judge("held-out scenes", held_out_scenes(self.seed, self.scenes))
        on_designs = {}
        for name in _TASKS if self.designs else ():
            scenes = design_scenes(candidate.load_task(name), self.seed, self.designs)
            on_designs[name] = judge(f"designs of {name}", scenes)[0]
        about = {
            "file": path.name,
            "sha256": sha256(path),
            "seed": self.seed,
            "horizon": f"{self.steps} frames of {simulator.dt:g} s",
            "statistics": dataclasses.asdict(simulator.statistics),
            **read_hyperparameters(path)["model"],
        }
        card = write_model_card(
            candidate.folder,
            path.stem,
            metrics,
            records,
            about=about,
            simulator=simulator,
            designs=on_designs,
            notes=candidate.notes,
        )
        rows = [
            [key, value, *(m[key] for m in on_designs.values())] for key, value in metrics.items()
        ]
        return Report(
            {"scenes": self.scenes, **metrics, "designs": on_designs},
            ["", path.stem, *(f"designs of {name}" for name in on_designs)],
            rows,
            caption=str(card),
        )
