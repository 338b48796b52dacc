"""How models of balls in a box are judged: rollouts beside MuJoCo's."""

import dataclasses
from typing import Annotated, ClassVar

from .._options import Option
from ..io._checksum import sha256
from ..io._weights import read_hyperparameters
from ._boxed_card import write_boxed_card
from ._boxed_data import BoxedWorld
from ._boxed_evaluate import evaluate_boxed
from ._judge import AbstractJudge, Candidate, Report


@dataclasses.dataclass(frozen=True)
class BoxedJudge(AbstractJudge):
    """Rollouts of random scenes that training never shows, and of larger ones.

    - `world`: what they are of; `shape`: further numbers that stand in the manifest.
    """

    world: ClassVar[BoxedWorld]
    shape: ClassVar[tuple[str, ...]] = ()

    seed: int = 0
    scenes: Annotated[int, Option("How many held-out scenes.", least=2, most=10_000)] = 30
    steps: Annotated[int, Option("The horizon in frames.", least=2, most=10_000)] = 160
    iterations: Annotated[
        int, Option("5, 10, 20, 200 inner iterations, up to so many.", least=1)
    ] = 20

    @property
    def errors(self) -> tuple[str, ...]:
        return (
            "rollout_error",
            "rollout_error_lost",
            "rollout_error_larger",
            "rollout_error_larger_lost",
            "twin_error",
            "still_error",
            "overlap",
            "energy",
            *self.shape,
        )

    def report(self, candidate: Candidate) -> Report:
        simulator, path = candidate.simulator, candidate.path
        metrics, records = evaluate_boxed(
            simulator,
            self.world,
            seed=self.seed,
            number=self.scenes,
            num_steps=self.steps,
            iterations=self.iterations,
            progress=candidate.watch("held-out scenes"),
        )
        about = {
            "file": path.name,
            "sha256": sha256(path),
            "seed": self.seed,
            "horizon": f"{self.steps} frames of {simulator.dt:g} s",
            **read_hyperparameters(path)["model"],
        }
        card = write_boxed_card(
            candidate.folder,
            path.stem,
            self.world,
            metrics,
            records,
            about=about,
            dt=simulator.dt,
            notes=candidate.notes,
        )
        numbers = {"scenes": self.scenes, **metrics}
        rows = [[key, value] for key, value in numbers.items()]
        return Report(numbers, ["", path.stem], rows, caption=str(card))
