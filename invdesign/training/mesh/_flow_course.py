"""How a mesh simulator learns steady flows around sections."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Scalar
from ...scenes import SectionFlow, SectionScene
from ...scenes._forces import foil_coefficients
from ...simulators import MeshNetwork
from ...simulators.mesh._build_flow import (
    FlowModelConfig,
    build_foil_simulator,
    build_mesh_network,
    foil_header,
    make_foil_simulator,
    mesh_of,
)
from ...simulators.mesh._features import FlowContext
from ...simulators.mesh._modes import SurfaceModes, principal_modes
from ...simulators.mesh._simulator import FlowSimulator, FlowStatistics, as_flow, corrections
from ...simulators.mesh._units import measured_units, restored, standardized
from .._config import TrainingConfig
from .._course import AbstractCourse, Stage
from .._split import split
from .._update import make_update, per_device
from ._config import SteadyConfig

Loaded = tuple[dict[str, np.ndarray], dict[str, Any]]  # arrays of solved cases, and their metadata

_FLOOR = 0.1  # lift coefficients below it count as this large in relative errors
_MEASURED = 64  # cases that means and deviations are measured on
_FIELDS = ("velocity", "pressure", "eddy_viscosity", "shear")
_COLUMNS = ("surface", "angle", "viscosity", *_FIELDS, "coefficients")


class FoilCases(NamedTuple):
    """Solved cases with everything that follows from their sections, stacked over the first axis.

    **Arguments:** `fields`, `wall`: as `corrections` has them; `coefficients`: lift and drag.
    """

    context: FlowContext
    fields: Any
    wall: Any
    coefficients: Any

    def take(self, index: Any) -> "FoilCases":
        """Some of the cases."""
        return jax.tree.map(lambda x: x[index], self)


class CaseSampler:
    """Draws cases; those of a step depend on `(seed, step, device)` alone.

    **Arguments:** `shares`: ranges of cases, and how many a batch has of each.
    """

    def __init__(self, cases: FoilCases, *, shares: Sequence[tuple[range, int]], seed: int):
        self.cases, self.shares, self.seed = cases, shares, seed

    def batch(self, step: int, device: int) -> FoilCases:
        rng = np.random.default_rng([self.seed, step, device])
        drawn = [rng.integers(part.start, part.stop, number) for part, number in self.shares]
        return self.cases.take(np.concatenate(drawn))


class FlowCourse(AbstractCourse):
    """Solved cases; judged on the last ones, which it does not learn from.

    **Arguments:** as `TrainingRun`, with the data sets loaded.

    **Raises:** `ValueError` if the start is of another size than the configuration's model or on
    another grid than the data, or if all cases are held out.
    """

    columns = ("agreement", "drag_error", "drag_error_95", "lift_error", "lift_error_95")
    criterion = "agreement"

    def __init__(
        self,
        config: TrainingConfig,
        data: Loaded,
        *,
        start: FlowSimulator | None = None,
        further: Sequence[Loaded] = (),
    ):
        assert isinstance(config.model, FlowModelConfig)
        self.config, self.model = config, config.model
        loaded = [*further, data]
        self.described = data[1]
        arrays = {key: np.concatenate([a[key] for a, _ in loaded]) for key in _COLUMNS}
        self.num_further = sum(len(a["angle"]) for a, _ in further)
        self.held_out = config.training.held_out
        split({"angle": data[0]["angle"]}, self.held_out)  # refuses to hold all of them out
        header = self.header()
        if start is not None and mesh_of(start) != header["mesh"]:
            raise ValueError(
                f"The data of `{config.name}` were solved on another grid than the start's."
            )
        self.start = None if start is None else _fitting(start, config.name, self.model)
        blank = build_foil_simulator(header)
        self.cases = prepared(blank, arrays)
        learned = self.cases.take(slice(0, -self.held_out))
        self.statistics = _statistics(blank, learned, start)

    def network(self) -> MeshNetwork:
        if self.start is not None:
            return self.start
        return build_mesh_network(self.model, key=jax.random.key(self.config.training.seed))

    def stages(self) -> tuple[Stage, ...]:
        stage = self.config.stage(SteadyConfig)
        sampler = CaseSampler(
            self.cases.take(slice(0, -self.held_out)),
            shares=self._shares(stage),
            seed=self.config.training.seed,
        )

        def loss(network: MeshNetwork, cases: FoilCases) -> tuple[Scalar, Scalar]:
            simulator = self.simulator(network)
            values = jax.vmap(lambda case: case_loss(simulator, case, stage))(cases)
            return values.mean(), jnp.zeros(())

        return (Stage(sampler, make_update(self.config, loss, stage.ema)),)

    def _shares(self, stage: SteadyConfig) -> list[tuple[range, int]]:
        total = per_device("cases_per_batch", stage.cases_per_batch)
        some = per_device("further_per_batch", stage.further_per_batch)
        if not 0 <= some <= total:
            raise ValueError(
                "`further_per_batch` has to be between 0 and `cases_per_batch`, got "
                f"{stage.further_per_batch} of {stage.cases_per_batch}."
            )
        first, last = self.num_further, len(self.cases.wall) - self.held_out
        if not (first and some):
            return [(range(last), total)]
        return [(range(first), some), (range(first, last), total - some)]

    def simulator(self, network: MeshNetwork) -> FlowSimulator:
        return make_foil_simulator(network, self.statistics, self.model, self.header())

    def header(self) -> dict[str, Any]:
        return foil_header(self.model, self.described)

    def judge(self, simulator: FlowSimulator) -> dict[str, float]:
        held = range(-self.held_out, 0)
        found = [_coefficients(simulator, self.cases.take(index).context) for index in held]
        true = self.cases.coefficients[-self.held_out :]
        errors = relative_errors(np.asarray(found), true)
        lift, drag = np.median(errors, axis=0)
        lift_95, drag_95 = np.quantile(errors, 0.95, axis=0)
        scores = (1 - lift - drag, drag, drag_95, lift, lift_95)
        return dict(zip(self.columns, map(float, scores), strict=True))


def relative_errors(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Errors of lift and drag over their size, `(case, 2)`; lifts below 0.1 count as 0.1."""
    size = np.maximum(np.abs(true), np.array([_FLOOR, 0.0]))
    return np.abs(found - true) / size


@eqx.filter_jit
def _coefficients(simulator: FlowSimulator, context: FlowContext) -> Array:
    """Lift and drag."""
    flow, _ = simulator.step(context, simulator.rest(context))
    found = foil_coefficients(flow)
    return jnp.stack([found.lift, found.drag])


def case_loss(simulator: FlowSimulator, case: FoilCases, stage: SteadyConfig) -> Scalar:
    """Mean squared errors of fields and wall in their units, and of lift and drag in theirs."""
    fields, wall = simulator.correct(case.context)
    units = simulator.statistics
    wanted = standardized(case.fields, units.fields)
    at_wall = standardized(case.wall, units.wall)
    flow = as_flow(case.context, restored(fields, units.fields), restored(wall, units.wall))
    found = foil_coefficients(flow)
    error = jnp.stack([found.lift, found.drag]) - case.coefficients
    error = error / jnp.asarray([stage.lift_unit, stage.drag_unit], error.dtype)
    # Quadratic for small errors, linear for the large ones of a fresh network.
    forces = jnp.mean(error**2 / (1 + 0.1 * jnp.abs(error)))
    return (
        jnp.mean((fields - wanted) ** 2)
        + stage.wall * jnp.mean((wall - at_wall) ** 2)
        + stage.forces * forces
    )


def prepared(simulator: FlowSimulator, arrays: dict[str, np.ndarray]) -> FoilCases:
    """Cases of a data set with their grids and features (host side)."""

    @jax.jit
    def prepare(row: dict[str, Array]) -> FoilCases:
        scene = SectionScene(row["surface"], row["angle"], viscosity=row["viscosity"])
        context = simulator.context(scene)
        fields = {name: row[name] for name in _FIELDS}
        flow = SectionFlow(nodes=context.nodes, stream=scene.stream, **fields)
        return FoilCases(context, *corrections(context, flow), row["coefficients"][:2])

    rows = [
        jax.device_get(prepare({key: arrays[key][index] for key in _COLUMNS}))
        for index in range(len(arrays["angle"]))
    ]
    return jax.tree.map(lambda *x: np.stack(x), *rows)


def measured(simulator: FlowSimulator, cases: FoilCases) -> FlowStatistics:
    """Means and deviations over some cases, modes over all."""
    some = cases.take(slice(0, _MEASURED))
    return FlowStatistics(
        features=measured_units(some.context.features),
        edges=jnp.stack([measured_units(rows) for rows in some.context.edges], axis=1),
        fields=measured_units(some.fields),
        wall=measured_units(some.wall),
        modes=_modes(simulator, cases),
    )


def _statistics(
    blank: FlowSimulator, learned: FoilCases, start: FlowSimulator | None
) -> FlowStatistics:
    """Those of a start, whose network knows no other units; of the data where there is none.

    Data of other Reynolds numbers than the start's have rows of their own, and modes with them.
    """
    if start is None:
        return measured(blank, learned)
    if start.reynolds == blank.reynolds:
        return start.statistics
    return dataclasses.replace(start.statistics, modes=_modes(blank, learned))


def _modes(simulator: FlowSimulator, cases: FoilCases) -> SurfaceModes:
    return principal_modes(np.asarray(jax.vmap(simulator.row)(cases.context)))


def _fitting(start: FlowSimulator, name: str, model: FlowModelConfig) -> MeshNetwork:
    """A copy of the network to start from; updates donate its buffers."""
    wanted = jax.eval_shape(lambda: build_mesh_network(model, key=jax.random.key(0)))
    shapes = [x.shape for x in jax.tree.leaves(wanted)]
    if shapes != [x.shape for x in jax.tree.leaves(start.network)]:
        raise ValueError(
            f"`{name}` needs a start of its own size: the tables `model` have to agree."
        )
    return jax.tree.map(jnp.copy, start.network)
