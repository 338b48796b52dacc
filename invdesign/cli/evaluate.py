"""`invdesign evaluate MODEL`: how good a learned simulator is, with a model card."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from ..io import read_hyperparameters, read_text, sha256
from ..studies import design_scenes, load_task, write_model_card
from ..training import SceneRecord, evaluate_simulator, held_out_scenes
from ._errors import plain_errors
from ._output import AsJson, report, stderr, table
from ._simulators import load_learned

_TASKS = ("contain", "ramp", "maze")


@plain_errors
def evaluate(
    model: Annotated[str, typer.Argument(help="A pretrained name, or a .safetensors file.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the held-out scenes.")] = 0,
    scenes: Annotated[int, typer.Option(min=1, help="How many held-out scenes.")] = 30,
    designs: Annotated[
        int, typer.Option(min=0, help="How many random designs of each task; 0 for none.")
    ] = 10,
    notes: Annotated[Path | None, typer.Option(help="A Markdown file for the card's end.")] = None,
    steps: Annotated[int, typer.Option(min=20, help="The horizon in frames.")] = 100,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the card; evaluations/<model>-<seed> by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a model's rollouts with the reference solver's on scenes it never saw."""
    simulator, path = load_learned(model)
    remarks = read_text(notes) if notes else ""
    folder = out or Path("evaluations") / f"{path.stem}-{seed}"
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
            for name in (_TASKS if designs else ())
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
        notes=remarks,
    )
    payload = {"model": model, "seed": seed, "scenes": scenes, **metrics, "designs": on_designs}
    rows = [[key, value, *(m[key] for m in on_designs.values())] for key, value in metrics.items()]
    shown = table(["", path.stem, *(f"designs of {name}" for name in on_designs)], rows)
    shown.caption = str(card)
    report({**payload, "out": str(folder)}, shown, as_json=as_json)
