"""The front door: a simulator by its name."""

import os
from typing import Any

from ._resolve import SUFFIX, load_simulator


def load(model: str | os.PathLike[str]) -> Any:
    """A learned simulator.

        simulator = inv.load("water2d")

    **Arguments:** `model`: the name of a pretrained one (`invdesign simulators` lists them), whose
    checksum is verified, or a `.safetensors` file, whose shapes are.

    **Raises:** `ValueError` if there is no such model, or if its file is broken.
    """
    name = os.fspath(model)
    if os.sep in name and not name.endswith(SUFFIX):
        raise ValueError(f"`{name}` is no weights file: those end in `{SUFFIX}`.")
    return load_simulator(name)[0]
