"""How models of sections are judged: flows beside the reference solver's."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import numpy as np
from rich.progress import Progress
from rich.table import Table

from ..io import read_hyperparameters, sha256
from ..reference import find_openfoam
from ..simulators import FoilSimulator
from ..studies import JudgedFoils, fit_baselines, foil_metrics, write_foil_card
from ..training import (
    coefficient_errors,
    evaluate_foils,
    foil_speeds,
    has_metadata,
    is_complete,
    load_foils,
    read_metadata,
)
from ._output import remark, stderr, table
from .data import generate

Loaded = tuple[dict[str, np.ndarray], dict[str, Any]]
_NUM_TIMED = 20


@dataclasses.dataclass(frozen=True)
class FoilSource:
    """Where cases to judge by come from.

    **Arguments:** `data_set`: as `invdesign data` names it; `kind`: as its metadata do; `option`:
    that names a folder of such cases; `about`: what they are.
    """

    data_set: str
    kind: str
    option: str
    about: str

    def load(self, folder: Path | None, number: int, seed: int) -> Loaded:
        """The cases in a folder, solved into it now if it holds none.

        **Raises:** `ValueError` if they can be neither read nor solved, or are of another kind.
        """
        folder = folder or Path("data") / f"{self.data_set}-{number}-seed{seed}"
        if not _complete(folder):
            self._solve(folder, number, seed)
        arrays, described = load_foils(folder)
        if described["kind"] != self.kind:
            raise ValueError(
                f"`{self.option}` wants cases of `invdesign data {self.data_set}`, and `{folder}` "
                f"holds {described['kind']}."
            )
        return arrays, described

    def _solve(self, folder: Path, number: int, seed: int) -> None:
        try:
            find_openfoam()
        except ValueError as error:
            raise ValueError(
                f"`{folder}` holds no cases to judge by, which OpenFOAM would solve; name a folder "
                f"that does with `{self.option}`. {error}"
            ) from error
        generate(self.data_set, num_trajectories=number, seed=seed, out=folder)


HELD_OUT = FoilSource(
    "airfoil",
    "RandomFoils",
    "--data",
    "sections and angles drawn as the training's were, from a seed of their own: neither training "
    "nor the choice of the best state saw them",
)
NACA = FoilSource(
    "airfoil-naca",
    "NacaFoils",
    "--naca-data",
    "NACA four-digit sections, most with camber, of a family that training never shows",
)


def holds_cases(folder: Path | None) -> bool:
    """Whether a folder's cases are solved already, so that their number is what it is."""
    return folder is not None and _complete(folder)


def _complete(folder: Path) -> bool:
    return has_metadata(folder) and is_complete(read_metadata(folder))


def evaluate_sections(
    simulator: FoilSimulator,
    path: Path,
    folder: Path,
    *,
    seed: int,
    cases: int,
    data: Path | None,
    naca_data: Path | None,
    training_data: Path | None,
    notes: str,
) -> tuple[dict[str, Any], Table]:
    """Write the card of the model in `path` to `folder`; what to report."""
    sources = {
        "held-out": (HELD_OUT, *HELD_OUT.load(data, cases, seed)),
        "NACA": (NACA, *NACA.load(naca_data, max(cases // 2, 1), seed)),
    }
    learned = None if training_data is None else load_foils(training_data)
    arrays = sources["held-out"][1]
    if learned is not None:
        _check_unseen(arrays, learned[0], training_data)
    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        judged = {name: _judge(simulator, name, *rest, bar) for name, rest in sources.items()}
        scenes = [record.scene for record in judged["held-out"].records[:_NUM_TIMED]]
        bar.add_task("seconds a case", total=None)
        speeds = foil_speeds(simulator, scenes)
        bar.add_task("fits without a flow", total=None)
        fits = {} if learned is None else _baselines(learned[0], arrays)
    card = write_foil_card(
        folder,
        path.stem,
        judged,
        about=_about(path),
        speeds=speeds,
        baselines=fits,
        notes=notes,
    )
    shown = _table(path.stem, judged, {name: metrics for name, (metrics, _) in fits.items()})
    shown.caption = f"{_in_words(speeds)}\n{card}"
    beyond = [
        f"{name}: {each.metrics['num_far']:.0f} of {each.metrics['num_cases']:.0f} cases are "
        "beyond the model's data"
        for name, each in judged.items()
        if each.metrics["num_far"]
    ]
    remark(beyond)
    numbers = {"cases": len(arrays["angle"]), **foil_metrics(judged, speeds, fits)}
    return {**numbers, "notes": beyond}, shown


def _check_unseen(
    arrays: dict[str, np.ndarray], learned: dict[str, np.ndarray], training_data: Path | None
) -> None:
    surfaces = {surface.tobytes() for surface in learned["surface"]}
    seen = sum(surface.tobytes() in surfaces for surface in arrays["surface"])
    if seen:
        raise ValueError(
            f"{seen} of the cases to judge by are among those of `{training_data}`; choose another "
            "seed or folder."
        )


def _judge(
    simulator: FoilSimulator,
    name: str,
    source: FoilSource,
    arrays: dict[str, np.ndarray],
    described: dict[str, Any],
    bar: Progress,
) -> JudgedFoils:
    line = bar.add_task(f"{name} cases", total=len(arrays["angle"]))
    metrics, records = evaluate_foils(
        simulator,
        arrays,
        described,
        progress=lambda done, total: bar.update(line, completed=done, total=total),
    )
    failed, total = described["statistics"]["failed"], described["num_cases"]
    about = (
        f"{total - failed} cases, {source.about} (`invdesign data {source.data_set} --cases "
        f"{total} --seed {described['seed']}`); {failed} of the {total} are left out because the "
        "solver failed"
    )
    reasons = " ".join(described["statistics"]["failures"])
    return JudgedFoils(f"{about}: {reasons}" if failed else about, metrics, records)


def _baselines(
    learned: dict[str, np.ndarray], arrays: dict[str, np.ndarray]
) -> dict[str, tuple[dict[str, float], np.ndarray]]:
    """Errors and answers of fits from parameters."""
    fits = fit_baselines(
        learned["parameters"], learned["coefficients"][:, :2], key=jax.random.key(0)
    )
    found = {name: fit(arrays["parameters"]) for name, fit in fits.items()}
    true = arrays["coefficients"][:, :2]
    return {name: (coefficient_errors(rows, true), rows) for name, rows in found.items()}


def _about(path: Path) -> dict[str, Any]:
    header = read_hyperparameters(path)
    grid, layout = header["mesh"]["grid"], header["mesh"]["layout"]
    points = 2 * layout["num_side"] + 1 + layout["num_base"]
    return {
        "file": path.name,
        "sha256": sha256(path),
        **header["model"],
        "grid": f"{grid['num_layers']} x {points} cells, the first {grid['first']:g} chords high, "
        f"{grid['distance']:g} chords wide",
    }


def _table(name: str, judged: dict[str, JudgedFoils], fits: dict[str, dict[str, float]]) -> Table:
    first, *others = (each.metrics for each in judged.values())
    columns = [*others, *fits.values()]
    rows = [[key, value, *(m.get(key, np.nan) for m in columns)] for key, value in first.items()]
    return table(["", *(f"{name}, {key}" for key in judged), *fits], rows)


def _in_words(speeds: dict[str, float]) -> str:
    said = f"{1000 * speeds['value_seconds']:.3g} ms a case, "
    said += f"{1000 * speeds['gradient_seconds']:.3g} ms with the gradient"
    if "solver_seconds" in speeds:
        said += f"; simpleFoam {speeds['solver_seconds']:.3g} s"
    return said
