"""From an evaluated training run to weights that ship."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..families._registry import family_of_header
from ..io._atomic import write_bytes
from ..io._checksum import sha256
from ..io._manifest import ManifestEntry, register
from ..io._reading import read_json
from ..io._resources import pretrained_dir
from ..io._weights import read_hyperparameters


def release_model(
    weights: str | Path,
    evaluation: str | Path,
    *,
    name: str,
    data: str,
    folder: str | Path | None = None,
) -> ManifestEntry:
    """Put weights, their card and their pictures into `pretrained/`, and enter the manifest.

    **Arguments:**

    - `weights`: a `.safetensors` file of a training run.
    - `evaluation`: the folder that `invdesign evaluate` wrote for exactly this file.
    - `name`: what users will ask for.
    - `data`: one sentence on what the model was trained on.
    - `folder`: another place than `pretrained/`.

    **Raises:** `ValueError` if the evaluation is of other weights, or a file is missing.
    """
    weights, evaluation = Path(weights), Path(evaluation)
    folder = Path(folder) if folder is not None else pretrained_dir()
    measured: Mapping[str, Any] = read_json(evaluation / "metrics.json")
    known = {key: number for key, number in measured.items() if number is not None}  # not infinite
    card = evaluation / "card.md"
    digest = sha256(weights)
    if digest not in card.read_text():
        raise ValueError(f"`{evaluation}` holds an evaluation of other weights than `{weights}`.")
    target = folder / f"{name}.safetensors"
    write_bytes(target, weights.read_bytes())
    shutil.copytree(evaluation, folder / name, dirs_exist_ok=True)
    entry = ManifestEntry(
        name=name,
        file=target.name,
        sha256=digest,
        bytes=target.stat().st_size,
        data=data,
        errors={key: float(known[key]) for key in _errors(weights) if key in known},
        licence="Apache-2.0",
    )
    register(folder / "manifest.toml", entry)
    return entry


def _errors(weights: Path) -> tuple[str, ...]:
    """Names of the numbers that users see in the manifest."""
    judge = family_of_header(read_hyperparameters(weights)).judge
    return () if judge is None else judge().errors
