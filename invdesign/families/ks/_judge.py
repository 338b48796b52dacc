"""How models of the Kuramoto-Sivashinsky equation are judged: beside the solver's own chaos."""

import dataclasses
from typing import Annotated

from ..._options import Option
from ...io._checksum import sha256
from ...io._weights import read_hyperparameters
from ...reference import KuramotoSivashinsky
from .._judge import AbstractJudge, Candidate, Report
from ._card import LINES, write_field_card
from ._evaluate import evaluate_fields


@dataclasses.dataclass(frozen=True)
class FieldJudge(AbstractJudge):
    """Rollouts from random fields, and from the attractor for as long as they stay alike."""

    seed: int = 0
    fields: Annotated[int, Option("How many held-out fields.", least=2, most=10_000)] = 32
    steps: Annotated[
        int, Option("The horizon on the attractor in frames.", least=20, most=10_000)
    ] = 240

    @property
    def errors(self) -> tuple[str, ...]:
        return (
            "correlation_time",
            "correlation_time_floor",
            "field_error_20",
            "field_error_20_floor",
        )

    def report(self, candidate: Candidate) -> Report:
        simulator, path = candidate.simulator, candidate.path
        solver = KuramotoSivashinsky(simulator.length, simulator.num_points, dt=simulator.dt)
        metrics, records = evaluate_fields(
            simulator,
            solver,
            seed=self.seed,
            number=self.fields,
            num_steps=self.steps,
            progress=candidate.watch("held-out fields"),
        )
        about = {
            "file": path.name,
            "sha256": sha256(path),
            "seed": self.seed,
            "fields": self.fields,
            "horizon": f"{self.steps} frames of {simulator.dt:g}",
            "length": simulator.length,
            "points": simulator.num_points,
            **read_hyperparameters(path)["model"],
        }
        card = write_field_card(
            candidate.folder,
            path.stem,
            metrics,
            records,
            about=about,
            solver=solver,
            notes=candidate.notes,
        )
        rows = [
            [meaning, metrics[key], "" if floor is None else metrics[floor]]
            for key, meaning, floor in LINES
        ]
        columns = ["", path.stem, "solver against itself"]
        return Report({"fields": self.fields, **metrics}, columns, rows, caption=str(card))
