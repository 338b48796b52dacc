"""How models of elastic bodies are judged: rollouts beside those of the springs."""

import dataclasses
from typing import Annotated

from ..._options import Option
from ...io._checksum import sha256
from ...io._weights import read_hyperparameters
from .._judge import AbstractJudge, Candidate, Report
from ._card import write_strip_card
from ._evaluate import evaluate_strips


@dataclasses.dataclass(frozen=True)
class ElasticJudge(AbstractJudge):
    """Rollouts of random strips that training never shows."""

    seed: int = 0
    scenes: Annotated[int, Option("How many held-out scenes.", least=1, most=10_000)] = 30
    steps: Annotated[int, Option("The horizon in frames.", least=2, most=10_000)] = 100

    @property
    def errors(self) -> tuple[str, ...]:
        return ("node_error", "node_floor", "node_bar", "travel", "position_error")

    def report(self, candidate: Candidate) -> Report:
        simulator, path = candidate.simulator, candidate.path
        metrics, records = evaluate_strips(
            simulator,
            seed=self.seed,
            number=self.scenes,
            num_steps=self.steps,
            progress=candidate.watch("held-out strips"),
        )
        about = {
            "file": path.name,
            "sha256": sha256(path),
            "seed": self.seed,
            "horizon": f"{self.steps} frames of {simulator.dt:g} s",
            **read_hyperparameters(path)["model"],
        }
        card = write_strip_card(
            candidate.folder,
            path.stem,
            metrics,
            records,
            about=about,
            dt=simulator.dt,
            notes=candidate.notes,
        )
        rows = [[key, value] for key, value in metrics.items()]
        numbers = {"scenes": self.scenes, **metrics}
        return Report(numbers, ["", path.stem], rows, caption=str(card))
