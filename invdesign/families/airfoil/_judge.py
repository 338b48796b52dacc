"""How models of sections are judged: flows beside the reference solver's."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import jax
import numpy as np

from ..._options import Option
from ...io._checksum import sha256
from ...io._weights import read_hyperparameters
from ...reference.openfoam._solver import OpenFOAM, find_openfoam
from ...simulators import FlowSimulator
from ...simulators.mesh._build_flow import reynolds_of
from ...training import Progress
from ...training._shards import has_metadata, is_complete, read_metadata
from .._judge import AbstractJudge, Candidate, Report
from .._source import AbstractSource
from ._baselines import fit_baselines
from ._card import JudgedFoils, foil_metrics, write_foil_card
from ._data import load_foils
from ._evaluate import coefficient_errors, evaluate_foils
from ._source import FoilSource, MixedSource, NacaSource
from ._speed import foil_speeds

Watch = Callable[[str], Progress]
Loaded = tuple[dict[str, np.ndarray], dict[str, Any]]
_NUM_TIMED = 20


@dataclasses.dataclass(frozen=True)
class _Cases:
    """Where cases to judge by come from.

    **Arguments:** `data_set`: as `invdesign data` names it; `kind`: as its metadata do; `option`:
    that names a folder of such cases; `about`: what they are; `source`: that makes
    them at a resolution.
    """

    data_set: str
    kind: str
    option: str
    about: str
    source: Callable[[int], AbstractSource]

    def load(
        self, folder: Path | None, number: int, seed: int, resolution: int, watch: Watch
    ) -> Loaded:
        """The cases in a folder, solved into it now if it holds none.

        **Raises:** `ValueError` if they can be neither read nor solved, or are of another kind.
        """
        finer = f"-resolution{resolution}" if resolution > 1 else ""
        folder = folder or Path("data") / f"{self.data_set}-{number}-seed{seed}{finer}"
        if not _complete(folder):
            self._solve(folder, number, seed, resolution, watch)
        arrays, described = load_foils(folder)
        solved = described["solver"].get("resolution", 1)
        if solved != resolution:
            raise ValueError(
                f"The model's flows were solved at a resolution of {resolution}, those of "
                f"`{folder}` at {solved}."
            )
        if described["kind"] != self.kind:
            raise ValueError(
                f"`{self.option}` wants cases of `invdesign data {self.data_set}`, and `{folder}` "
                f"holds {described['kind']}."
            )
        return arrays, described

    def _solve(self, folder: Path, number: int, seed: int, resolution: int, watch: Watch) -> None:
        try:
            find_openfoam()
        except ValueError as error:
            raise ValueError(
                f"`{folder}` holds no cases to judge by, which OpenFOAM would solve; name a folder "
                f"that does with `{self.option}`. {error}"
            ) from error
        progress = watch(f"{self.data_set}: simulations")
        source = self.source(resolution)
        source.generate(folder, number=number, seed=seed, progress=progress)


_HELD_OUT = _Cases(
    "airfoil",
    "RandomFoils",
    "--data",
    "sections and angles drawn as the training's were, from a seed of their own: neither training "
    "nor the choice of the best state saw them",
    FoilSource,
)
_MIXED = _Cases(
    "airfoil-mixed",
    "MixedFoils",
    "--data",
    "sections, Reynolds numbers and angles drawn as the training's were, from a seed of their own",
    MixedSource,
)
_NACA = _Cases(
    "airfoil-naca",
    "NacaFoils",
    "--naca-data",
    "NACA four-digit sections, most with camber, of a family that training never shows",
    NacaSource,
)


def _judged_by(path: Path) -> tuple[_Cases, _Cases]:
    """Cases as a model's own data, of one Reynolds number or of many; and NACA's sections."""
    low, high = reynolds_of(read_hyperparameters(path))
    if low == high:
        return _HELD_OUT, _NACA
    about = "NACA four-digit sections, most with camber, at 6.67e5; training shows others of them"
    return _MIXED, dataclasses.replace(_NACA, about=about)


def holds_cases(folder: Path | None) -> bool:
    """Whether a folder's cases are solved already, so that their number is what it is."""
    return folder is not None and _complete(folder)


def _complete(folder: Path) -> bool:
    return has_metadata(folder) and is_complete(read_metadata(folder))


@dataclasses.dataclass(frozen=True)
class FoilJudge(AbstractJudge):
    """Flows, lift and drag of cases drawn as the training's were, and of NACA's sections."""

    seed: int = 1  # the shipped training has 0
    cases: Annotated[
        int | None,
        Option("How many held-out cases, 96, and half as many NACA's.", least=1, most=1e6),
    ] = None
    data: Annotated[Path | None, Option("Held-out cases, solved if absent; a folder of data/.")] = (
        None
    )
    naca_data: Annotated[Path | None, Option("As --data, of NACA sections.")] = None
    training_data: Annotated[
        Path | None, Option("What it was trained on, for fits to stand beside it.")
    ] = None

    @property
    def errors(self) -> tuple[str, ...]:
        return ("drag_error", "drag_error_95", "lift_error", "lift_error_95")

    def report(self, candidate: Candidate) -> Report:
        if self.cases is not None and holds_cases(self.data) and holds_cases(self.naca_data):
            raise ValueError(
                f"`--cases {self.cases}` has no effect: `{self.data}` and `{self.naca_data}` hold "
                "theirs already."
            )
        cases = 96 if self.cases is None else self.cases
        simulator, watch = candidate.simulator, candidate.watch
        finer, (usual, naca) = solved_at(candidate.path), _judged_by(candidate.path)
        if usual is _MIXED and self.training_data is not None:
            raise ValueError(
                "`--training-data` is for fits from the parameters of one family of sections; this "
                "model learned from several."
            )
        fewer = max(cases // 2, 1)
        sources = {
            "held-out": (usual, *usual.load(self.data, cases, self.seed, finer, watch)),
            "NACA": (naca, *naca.load(self.naca_data, fewer, self.seed, finer, watch)),
        }
        learned = None if self.training_data is None else load_foils(self.training_data)
        arrays = sources["held-out"][1]
        if learned is not None:
            _check_unseen(arrays, learned[0], self.training_data)
        judged = {name: _judge(simulator, name, *rest, watch) for name, rest in sources.items()}
        scenes = [record.scene for record in judged["held-out"].records[:_NUM_TIMED]]
        watch("seconds a case")
        speeds = foil_speeds(simulator, scenes, OpenFOAM(grid=simulator.grid, resolution=finer))
        watch("fits without a flow")
        fits = {} if learned is None else _baselines(learned[0], arrays)
        name = candidate.path.stem
        card = write_foil_card(
            candidate.folder,
            name,
            judged,
            about=_about(candidate.path),
            speeds=speeds,
            baselines=fits,
            notes=candidate.notes,
        )
        errors = {key: metrics for key, (metrics, _) in fits.items()}
        return Report(
            {"cases": len(arrays["angle"]), **foil_metrics(judged, speeds, fits)},
            ["", *(f"{name}, {key}" for key in judged), *errors],
            _rows(judged, errors),
            caption=f"{_in_words(speeds)}\n{card}",
            notes=[
                f"{key}: {each.metrics['num_far']:.0f} of {each.metrics['num_cases']:.0f} cases "
                "are beyond the model's data"
                for key, each in judged.items()
                if each.metrics["num_far"]
            ],
        )


def solved_at(path: Path) -> int:
    """How many times finer than a model's cells those are that its flows were solved on."""
    return int(read_hyperparameters(path).get("resolution", 1))


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
    simulator: FlowSimulator,
    name: str,
    source: _Cases,
    arrays: dict[str, np.ndarray],
    described: dict[str, Any],
    watch: Watch,
) -> JudgedFoils:
    metrics, records = evaluate_foils(simulator, arrays, described, progress=watch(f"{name} cases"))
    failed, total = described["statistics"]["failed"], described["num_cases"]
    finer = described["solver"].get("resolution", 1)
    resolution = f" --resolution {finer}" if finer > 1 else ""
    about = (
        f"{total - failed} cases, {source.about} (`invdesign data {source.data_set} --cases "
        f"{total} --seed {described['seed']}{resolution}`); {failed} of the {total} are left out "
        "because the solver failed"
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
        "flows": f"solved on {header.get('resolution', 1)} times the cells along either axis",
    }


def _rows(judged: dict[str, JudgedFoils], fits: dict[str, dict[str, float]]) -> list[list[Any]]:
    first, *others = (each.metrics for each in judged.values())
    columns = [*others, *fits.values()]
    return [[key, value, *(m.get(key, np.nan) for m in columns)] for key, value in first.items()]


def _in_words(speeds: dict[str, float]) -> str:
    said = f"{1000 * speeds['value_seconds']:.3g} ms a case, "
    said += f"{1000 * speeds['gradient_seconds']:.3g} ms with the gradient"
    if "solver_seconds" in speeds:
        said += f"; simpleFoam {speeds['solver_seconds']:.3g} s"
    return said
