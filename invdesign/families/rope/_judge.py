"""How models of ropes are judged: rollouts beside MuJoCo's."""

import dataclasses
from typing import Annotated

from ..._options import Option
from ...io._checksum import sha256
from ...io._weights import read_hyperparameters
from .._judge import AbstractJudge, Candidate, Report
from ._added import evaluate_added
from ._card import write_rope_card
from ._evaluate import evaluate_ropes


@dataclasses.dataclass(frozen=True)
class RopeJudge(AbstractJudge):
    """Rollouts of random ropes that training never shows, of longer ones, and among obstacles."""

    seed: int = 0
    scenes: Annotated[int, Option("How many held-out ropes.", least=2, most=10_000)] = 30
    steps: Annotated[int, Option("The horizon in frames.", least=2, most=10_000)] = 160
    larger: Annotated[int, Option("Ropes of 20 and 40 nodes, up to so many.", least=0)] = 40
    iterations: Annotated[
        int, Option("5, 10, 20, 200 inner iterations, up to so many.", least=1)
    ] = 20

    @property
    def errors(self) -> tuple[str, ...]:
        return (
            "rollout_error",
            "rollout_error_lost",
            "rollout_error_20",
            "rollout_error_40",
            "stretch",
            "floor_hard_error",
            "floor_free_error",
        )

    def report(self, candidate: Candidate) -> Report:
        simulator, path = candidate.simulator, candidate.path
        metrics, records = evaluate_ropes(
            simulator,
            seed=self.seed,
            number=self.scenes,
            num_steps=self.steps,
            larger=self.larger,
            iterations=self.iterations,
            progress=candidate.watch("held-out ropes"),
        )
        added = evaluate_added(simulator, number=max(1, 2 * self.scenes // 3), num_steps=self.steps)
        about = {
            "file": path.name,
            "sha256": sha256(path),
            "seed": self.seed,
            "horizon": f"{self.steps} frames of {simulator.dt:g} s",
            **read_hyperparameters(path)["model"],
        }
        card = write_rope_card(
            candidate.folder,
            path.stem,
            metrics,
            added,
            records,
            about=about,
            dt=simulator.dt,
            notes=candidate.notes,
        )
        numbers = {"scenes": self.scenes, **metrics, **added}
        rows = [[key, value] for key, value in numbers.items()]
        return Report(numbers, ["", path.stem], rows, caption=str(card))
