"""How models of water are judged: rollouts beside the reference solver's."""

import dataclasses
from typing import Annotated, Any

from ..._options import Option
from ...io._checksum import sha256
from ...io._weights import read_hyperparameters
from .._design_scenes import design_scenes, feasible_share
from .._judge import AbstractJudge, Candidate, Report
from ._card import CONTACT, write_model_card
from ._evaluate import evaluate_simulator
from ._held_out import contact_scenes, held_out_scenes
from ._skill import without_tools

_TASKS = ("contain", "ramp", "maze")


@dataclasses.dataclass(frozen=True)
class WaterJudge(AbstractJudge):
    """Rollouts from scenes with tools that training never shows, and from the tasks' designs."""

    seed: int = 0
    scenes: Annotated[int, Option("How many held-out scenes.", least=1, most=10_000)] = 30
    contact: Annotated[
        int,
        Option("How many of those in which water meets tools, 0 for none.", least=0, most=10_000),
    ] = 30
    designs: Annotated[
        int, Option("How many random designs of each task, 0 for none.", least=0, most=10_000)
    ] = 20
    steps: Annotated[
        int, Option("The horizon in frames; designs have their task's.", least=20, most=10_000)
    ] = 100

    @property
    def errors(self) -> tuple[str, ...]:
        always = ("one_step_mse", "rollout_mse", "occupancy_overlap", "occupancy_floor")
        return (*always, "com_error", "contact_skill")

    def report(self, candidate: Candidate) -> Report:
        scenes = held_out_scenes(self.seed, self.scenes)
        metrics, records = evaluate_simulator(
            candidate.simulator,
            scenes,
            seed=self.seed,
            num_steps=self.steps,
            progress=candidate.watch("held-out scenes"),
        )
        found = self._where_tools_act(candidate)
        if CONTACT in found:
            metrics["contact_skill"] = found[CONTACT]["skill"]
        on_designs = {name: numbers for name, numbers in found.items() if name != CONTACT}
        card = write_model_card(
            candidate.folder,
            candidate.path.stem,
            metrics,
            records,
            about=self._about(candidate),
            simulator=candidate.simulator,
            met=found,
            notes=candidate.notes,
        )
        columns = ["", candidate.path.stem, *found]
        keys = dict.fromkeys([*metrics, *(key for numbers in found.values() for key in numbers)])
        rows = [
            [key, metrics.get(key, ""), *(m.get(key, "") for m in found.values())] for key in keys
        ]
        numbers = {"scenes": self.scenes, **metrics, "designs": on_designs}
        numbers |= {CONTACT: found[CONTACT]} if CONTACT in found else {}
        return Report(numbers, columns, rows, caption=str(card))

    def _where_tools_act(self, candidate: Candidate) -> dict[str, dict[str, float]]:
        """Numbers on the scenes with contact and on each task's designs, by their names."""
        judged: dict[str, tuple[list[Any], list[Any], int]] = {}
        feasible: dict[str, float] = {}
        if self.contact:
            scenes = contact_scenes(self.seed, self.contact, num_steps=self.steps)
            judged[CONTACT] = scenes, list(map(without_tools, scenes)), self.steps
        for name in _TASKS if self.designs else ():
            task = candidate.load_task(name)
            scenes = design_scenes(task, self.seed, self.designs)
            number = task.space.decode(task.space.initial()).segments.shape[0]
            bare = [without_tools(scene, number) for scene in scenes]
            judged[name] = scenes, bare, task.num_steps
            feasible[name] = feasible_share(task, self.seed, self.designs)
        found = {}
        for name, (scenes, bare, num_steps) in judged.items():
            found[name], _ = evaluate_simulator(
                candidate.simulator,
                scenes,
                bare=bare,
                seed=self.seed,
                num_steps=num_steps,
                horizons=1,
                progress=candidate.watch(name),
            )
            if name in feasible:
                found[name]["feasible_share"] = feasible[name]
        return found

    def _about(self, candidate: Candidate) -> dict[str, Any]:
        path, simulator = candidate.path, candidate.simulator
        return {
            "file": path.name,
            "sha256": sha256(path),
            "seed": self.seed,
            "horizon": f"{self.steps} frames of {simulator.dt:g} s",
            "statistics": dataclasses.asdict(simulator.statistics),
            **read_hyperparameters(path)["model"],
        }
