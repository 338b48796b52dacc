"""A section over a range of angles of attack."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._forces import foil_coefficients
from .._rollout import rollout
from .._scene import FoilScene
from ..io import write_history
from ..reference import OpenFOAM
from ..simulators import FoilSimulator

POLAR_COLUMNS = ("angle", "lift", "drag", "moment")


def polar(scene: FoilScene, simulator: FoilSimulator | OpenFOAM, angles: np.ndarray) -> np.ndarray:
    """Angle of attack in degrees, lift, drag and moment, a row an angle, `(angle, 4)`.

    NaN where a solver does not converge.

    **Arguments:** `scene`: the section, at any angle; `angles`: in degrees.

    **Raises:** `ValueError` if the solver is not installed.
    """
    turned = [dataclasses.replace(scene, angle=angle) for angle in np.radians(angles).tolist()]
    if isinstance(simulator, OpenFOAM):
        solved = simulator.solve_all(turned)
        rows = [(result.lift, result.drag, result.moment) for result in solved]
    else:
        rows = [np.asarray(_coefficients(simulator, one)) for one in turned]
    return np.column_stack([angles, np.asarray(rows)])


@eqx.filter_jit
def _coefficients(simulator: FoilSimulator, scene: FoilScene) -> Any:
    frames = rollout(simulator, scene, num_steps=1, throw=False).frames
    found = foil_coefficients(jax.tree.map(lambda x: x[-1], frames))
    return jnp.stack([found.lift, found.drag, found.moment])


def write_polars(path: Any, polars: dict[str, np.ndarray | None]) -> None:
    """Write polars as one table, a column saying whose each row is."""
    rows = [
        {"section": name, **dict(zip(POLAR_COLUMNS, row, strict=True))}
        for name, polar in polars.items()
        if polar is not None
        for row in polar.tolist()
    ]
    write_history(path, rows)
