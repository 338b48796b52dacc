"""How models of watercourses are judged: where their water lands, beside the solver's."""

import dataclasses
from typing import Annotated

from ..._options import Option
from ...io._checksum import sha256
from ...io._weights import read_hyperparameters
from .._judge import AbstractJudge, Candidate, Report
from ._card import write_course_card
from ._evaluate import evaluate_courses, held_out_courses


@dataclasses.dataclass(frozen=True)
class WatercourseJudge(AbstractJudge):
    """Streams over kinds of landscapes that training never shows."""

    seed: int = 0
    scenes: Annotated[int, Option("How many held-out landscapes.", least=1, most=10_000)] = 30
    steps: Annotated[int, Option("The horizon in frames.", least=20, most=10_000)] = 80

    @property
    def errors(self) -> tuple[str, ...]:
        names = ("landed_error", "place_error", "sector_error", "sector_error_floor", "time_error")
        return ("agreement", "agreement_floor", *names, "num_lost", "num_below")

    def report(self, candidate: Candidate) -> Report:
        simulator, path = candidate.simulator, candidate.path
        metrics, records = evaluate_courses(
            simulator,
            held_out_courses(self.seed, self.scenes),
            seed=self.seed,
            num_steps=self.steps,
            progress=candidate.watch("held-out landscapes"),
        )
        about = {
            "file": path.name,
            "sha256": sha256(path),
            "seed": self.seed,
            "horizon": f"{self.steps} frames of {simulator.dt:g} s",
            **read_hyperparameters(path)["model"],
        }
        card = write_course_card(
            candidate.folder, path.stem, metrics, records, about=about, notes=candidate.notes
        )
        numbers = {"scenes": self.scenes, **metrics}
        rows = [[key, value] for key, value in numbers.items()]
        return Report(numbers, ["", path.stem], rows, caption=str(card))
