"""A section over a range of angles of attack."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._results import RESULTS
from ..._rollout import rollout
from ..._types import Array, Code, Float
from ...io._history import write_history
from ...reference import OpenFOAM
from ...scenes import SectionScene
from ...scenes._forces import foil_coefficients
from ...simulators import FlowSimulator
from ...simulators.mesh._beyond import beyond_data
from ._doubts import far_notes

POLAR_COLUMNS = ("angle", "lift", "drag", "moment")


@dataclasses.dataclass(frozen=True)
class Polar:
    """A section's coefficients over angles of attack.

    **Arguments:**

    - `rows`: angle in degrees, lift, drag and moment, `(angle, 4)`; NaN where there is none.
    - `failures`: why there is none, in a sentence, or `None`; one for each angle.
    - `distances`: to the model's data, 1 is typical of them, `(angle,)`; `None` of a solver.
    - `far`: where that, or the angle, is beyond the data, `(angle,)`.
    - `notes`: what is to be known beside the numbers.
    """

    rows: np.ndarray
    failures: list[str | None]
    distances: np.ndarray | None
    far: np.ndarray
    notes: list[str]


def polar(scene: SectionScene, simulator: FlowSimulator | OpenFOAM, angles: np.ndarray) -> Polar:
    """Lift, drag and moment of a section at each angle.

    An angle at which a solver fails, a grid is broken or a drag is not above 0 has no numbers.

    **Arguments:** `scene`: the section, at any angle; `angles`: in degrees.

    **Raises:** `ValueError` if the solver is not installed.
    """
    turned = [dataclasses.replace(scene, angle=angle) for angle in np.radians(angles).tolist()]
    if isinstance(simulator, OpenFOAM):
        solved = simulator.solve_all(turned)
        rows = [(result.lift, result.drag, result.moment) for result in solved]
        failures = [result.failure for result in solved]
        distances, far, notes = None, np.zeros(len(angles), bool), []
    else:
        found = [_coefficients(simulator, one) for one in turned]
        codes = [RESULTS(int(code)) for _, code in found]
        rows = [
            np.where(code == 0, row, np.nan) for (row, _), code in zip(found, codes, strict=True)
        ]
        failures = [code.message if code else None for code in codes]
        distances, far = beyond_data(simulator, turned)
        where = f"at {degrees(angles, far)} degrees "
        notes = far_notes(simulator, float(distances.max()), bool(far.any()), where)
    rows = np.column_stack([angles, np.asarray(rows)])
    return Polar(rows, failures, distances, far, notes + failure_notes(angles, failures))


@eqx.filter_jit
def _coefficients(
    simulator: FlowSimulator, scene: SectionScene
) -> tuple[Float[Array, " coefficient"], Code]:
    played = rollout(simulator, scene, num_steps=1, throw=False)
    found = foil_coefficients(jax.tree.map(lambda x: x[-1], played.frames))
    return jnp.stack([found.lift, found.drag, found.moment]), played.result


def degrees(angles: np.ndarray, chosen: np.ndarray) -> str:
    """Those of the angles that are chosen, in words; neighbors as a range."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    runs = [(angles[start], angles[end - 1]) for start, end in zip(*[iter(edges)] * 2, strict=True)]
    return ", ".join(f"{a:g}" if a == b else f"{a:g} to {b:g}" for a, b in runs)


def failure_notes(angles: np.ndarray, failures: Sequence[str | None]) -> list[str]:
    """A sentence for each reason, with the angles that have no numbers for it."""
    return [
        f"no numbers at {degrees(angles, np.asarray([f == reason for f in failures]))} degrees: "
        f"{reason}"
        for reason in dict.fromkeys(f for f in failures if f is not None)
    ]


def write_polars(path: Any, polars: dict[str, Polar | None]) -> None:
    """Write polars as one table, a column saying whose each row is.

    A model's have their distance to its data; a solver's, nothing in that column.
    """
    rows = []
    for name, polar in polars.items():
        if polar is not None:
            distances = [""] * len(polar.rows) if polar.distances is None else polar.distances
            for row, distance in zip(polar.rows.tolist(), distances, strict=True):
                values = dict(zip(POLAR_COLUMNS, row, strict=True))
                rows.append({"section": name, **values, "distance": distance})
    write_history(path, rows)
