"""How far learned flows around sections are from the reference solver's."""

from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...scenes import SectionFlow, SectionScene
from ...scenes._forces import SectionCoefficients, foil_coefficients
from ...simulators import FlowSimulator
from ...simulators.mesh._beyond import beyond_data
from ...simulators.mesh._build_flow import mesh_of
from ...training._shards import read_back
from ...training.mesh._flow_course import relative_errors
from ._drawn import NacaFoils

_TINY = 1e-12
_FIELDS = ("velocity", "pressure", "eddy_viscosity", "shear")


class FoilRecord(eqx.Module):
    """One solved case beside what a model says of it.

    **Arguments:**

    - `name`: of the section, or the number of the case.
    - `scene`: section, angle, speed and viscosity.
    - `truth`, `model`: the flows, on the same grid.
    - `true`, `found`: lift, drag and moment, `(3,)`; the solver's own, and the model's.
    """

    name: str = eqx.field(static=True)
    scene: SectionScene
    truth: SectionFlow
    model: SectionFlow
    true: np.ndarray
    found: np.ndarray


@eqx.filter_jit
def _predicted(
    simulator: FlowSimulator, scene: SectionScene
) -> tuple[SectionFlow, SectionCoefficients]:
    flow, _ = simulator.step(*simulator.init(scene))
    return flow, foil_coefficients(flow)


def evaluate_foils(
    simulator: FlowSimulator,
    arrays: Mapping[str, np.ndarray],
    described: Mapping[str, Any],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, float], list[FoilRecord]]:
    """Compare flows with those of a data set that the model never saw.

    Returns the numbers of a model card and the flows behind them: those of `coefficient_errors`,
    and

    - `velocity_field_error`, ...: of velocity, pressure, eddy viscosity, shear, and of the
      pressure on the surface: medians over the cases of the error's L2 norm over that of the
      field's deviation from its mean, over cells, which crowd at the wall;
    - `num_cases`, `num_failed`: solved cases, and those in which the solver failed, which nothing
      can be compared with;
    - `num_nonfinite`: cases for which the model has no finite answer;
    - `distance_to_data`, `distance_to_data_95`: median and 95th percentile of the cases' distances
      to what the model was trained on, and `num_far`: cases that are beyond that.

    **Arguments:** `arrays`, `described`: as `load_foils` returns them.

    **Raises:** `ValueError` if the data were solved on another grid than the model's.
    """
    meshes = described["solver"]["grid"], described["layout"]
    if meshes != tuple(read_back(mesh_of(simulator)).values()):
        raise ValueError(
            f"The cases were solved on another grid than the model's: {meshes}, wanted "
            f"{tuple(mesh_of(simulator).values())}."
        )
    number = len(arrays["angle"])
    records = []
    for index in range(number):
        row = {key: rows[index] for key, rows in arrays.items()}
        records.append(_record(simulator, _name(described["kind"], index, row), row))
        progress(index + 1, number)
    found, true = (np.stack([getattr(r, key) for r in records]) for key in ("found", "true"))
    distances, far = beyond_data(simulator, [record.scene for record in records])
    fields = [field_errors(record.model, record.truth) for record in records]
    return {
        **coefficient_errors(found, true),
        **{key: float(np.median([row[key] for row in fields])) for key in fields[0]},
        "num_cases": float(number),
        "num_failed": float(described["statistics"]["failed"]),
        "num_nonfinite": float((~np.isfinite(found).all(axis=1)).sum()),
        "distance_to_data": _quantile(distances, 0.5),
        "distance_to_data_95": _quantile(distances, 0.95),
        "num_far": float(far.sum()),
    }, records


def _name(kind: str, index: int, row: Mapping[str, Any]) -> str:
    if kind != NacaFoils.__name__:
        return f"case {index + 1}"
    return "NACA {:.0f}{:.0f}{:02.0f}".format(*row["parameters"][:3])


def _record(simulator: FlowSimulator, name: str, row: Mapping[str, Any]) -> FoilRecord:
    surface, angle, viscosity = (jnp.asarray(row[key]) for key in ("surface", "angle", "viscosity"))
    scene = SectionScene(surface, angle, viscosity=viscosity)
    flow, found = jax.device_get(_predicted(simulator, scene))
    fields = {key: jnp.asarray(row[key]) for key in _FIELDS}
    truth = SectionFlow(nodes=jnp.asarray(flow.nodes), stream=scene.stream, **fields)
    return FoilRecord(
        name=name,
        scene=jax.device_get(scene),
        truth=jax.device_get(truth),
        model=flow,
        true=np.asarray(row["coefficients"], float),
        found=np.asarray([found.lift, found.drag, found.moment], float),
    )


def coefficient_errors(found: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Errors of lift, drag and, if there are three columns, moment; `(case, coefficient)` each.

    - `drag_error`, `lift_error`: medians over the cases, relative; lifts below 0.1 count as 0.1;
    - `drag_offset`, `lift_offset`, `moment_offset`: medians of the errors themselves;
    - each with `_95` at its end: the 95th percentile;
    - `drag_bias`, `lift_bias`: means of the errors with their signs.
    """
    relative, offset = relative_errors(found[:, :2], true[:, :2]), np.abs(found - true)
    columns = {"lift_error": relative[:, 0], "drag_error": relative[:, 1]}
    columns |= {
        f"{name}_offset": rows
        for name, rows in zip(("lift", "drag", "moment"), offset.T, strict=False)
    }
    errors = {}
    for name, rows in columns.items():
        errors[name], errors[f"{name}_95"] = _quantile(rows, 0.5), _quantile(rows, 0.95)
    lift_bias, drag_bias = (found - true)[:, :2].mean(axis=0)
    return errors | {"lift_bias": float(lift_bias), "drag_bias": float(drag_bias)}


def _quantile(errors: np.ndarray, share: float) -> float:
    """Errors that are no numbers count as infinite; so does what lies between such and others."""
    at = share * (len(errors) - 1)
    ordered = np.sort(np.where(np.isfinite(errors), errors, np.inf))
    low, high = ordered[int(at)], ordered[int(np.ceil(at))]
    return float(low if high == low else low + (at - int(at)) * (high - low))


def field_errors(model: SectionFlow, truth: SectionFlow) -> dict[str, float]:
    """The error's L2 norm over that of the deviation from the mean, by the names of fields."""
    pairs = {name: (getattr(model, name), getattr(truth, name)) for name in _FIELDS}
    pairs["wall_pressure"] = model.pressure[0], truth.pressure[0]
    return {f"{name}_field_error": _relative(*pair) for name, pair in pairs.items()}


def _relative(found: np.ndarray, true: np.ndarray) -> float:
    parts = true.shape[-1] if true.shape[-1] == 2 else 1
    found, true = found.reshape(-1, parts), true.reshape(-1, parts)
    spread = np.linalg.norm(true - true.mean(axis=0, keepdims=True))
    return float(np.linalg.norm(found - true) / max(spread, _TINY))
