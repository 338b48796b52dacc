"""How models of water are judged: rollouts beside the reference solver's."""

import dataclasses
from pathlib import Path
from typing import Any

from rich.progress import Progress
from rich.table import Table

from ..io import read_hyperparameters, sha256
from ..simulators import ParticleSimulator
from ..studies import design_scenes, load_task, write_model_card
from ..training import SceneRecord, evaluate_simulator, held_out_scenes
from ._output import stderr, table

TASKS = ("contain", "ramp", "maze")


def evaluate_water(
    simulator: ParticleSimulator,
    path: Path,
    folder: Path,
    *,
    seed: int,
    scenes: int,
    designs: int,
    steps: int,
    notes: str,
) -> tuple[dict[str, Any], Table]:
    """Write the card of the model in `path` to `folder`; what to report."""
    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as bar:

        def judge(name: str, judged: list[Any]) -> tuple[dict[str, float], list[SceneRecord]]:
            line = bar.add_task(f"{path.stem}: {name}", total=len(judged))
            return evaluate_simulator(
                simulator,
                judged,
                seed=seed,
                num_steps=steps,
                progress=lambda done, total: bar.update(line, completed=done, total=total),
            )

        metrics, records = judge("held-out scenes", held_out_scenes(seed, scenes))
        on_designs = {
            name: judge(f"designs of {name}", design_scenes(load_task(name), seed, designs))[0]
            for name in (TASKS if designs else ())
        }
    about = {
        "file": path.name,
        "sha256": sha256(path),
        "seed": seed,
        "horizon": f"{steps} frames of {simulator.dt:g} s",
        "statistics": dataclasses.asdict(simulator.statistics),
        **read_hyperparameters(path)["model"],
    }
    card = write_model_card(
        folder,
        path.stem,
        metrics,
        records,
        about=about,
        simulator=simulator,
        designs=on_designs,
        notes=notes,
    )
    rows = [[key, value, *(m[key] for m in on_designs.values())] for key, value in metrics.items()]
    shown = table(["", path.stem, *(f"designs of {name}" for name in on_designs)], rows)
    shown.caption = str(card)
    return {"scenes": scenes, **metrics, "designs": on_designs}, shown
