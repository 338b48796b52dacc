"""`invdesign evaluate MODEL`: how good a learned simulator is, with a model card."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from ..io import read_hyperparameters, sha256
from ..studies import write_model_card
from ..training import evaluate_simulator
from ._errors import plain_errors
from ._output import AsJson, report, stderr, table
from ._simulators import load_learned


@plain_errors
def evaluate(
    model: Annotated[str, typer.Argument(help="A pretrained name, or a .safetensors file.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the held-out scenes.")] = 0,
    scenes: Annotated[int, typer.Option(min=1, help="How many scenes.")] = 30,
    steps: Annotated[int, typer.Option(min=20, help="The horizon in frames.")] = 100,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the card; evaluations/<model>-<seed> by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a model's rollouts with the reference solver's on scenes it never saw."""
    simulator, path = load_learned(model)
    folder = out or Path("evaluations") / f"{path.stem}-{seed}"
    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        line = bar.add_task(f"{path.stem}: held-out scenes", total=scenes)
        metrics, records = evaluate_simulator(
            simulator,
            seed=seed,
            num_scenes=scenes,
            num_steps=steps,
            progress=lambda done, total: bar.update(line, completed=done, total=total),
        )
    about = {
        "file": path.name,
        "sha256": sha256(path),
        "seed": seed,
        "horizon": f"{steps} frames of {simulator.dt:g} s",
        "statistics": dataclasses.asdict(simulator.statistics),
        **read_hyperparameters(path)["model"],
    }
    card = write_model_card(folder, path.stem, metrics, records, about=about, simulator=simulator)
    payload = {"model": model, "seed": seed, "scenes": scenes, **metrics, "out": str(folder)}
    shown = table(["", path.stem], [[key, value] for key, value in metrics.items()])
    shown.caption = str(card)
    report(payload, shown, as_json=as_json)
