"""A learned steady flow around a section."""

import equinox as eqx
import jax.numpy as jnp

from ..._results import RESULTS, as_code, first_failure
from ..._simulator import AbstractSimulator
from ..._types import Array, Bool, Code, Float, Scalar
from ...grids import OGrid
from ...grids._measures import bad_cells
from ...scenes import SectionFlow, SectionScene
from ...scenes._forces import foil_coefficients
from ...sections import SectionLayout
from ._features import FlowContext, WallFlow, foil_context, wall_flow
from ._hierarchy import Level, hierarchy
from ._modes import REYNOLDS, SurfaceModes, section_row
from ._network import MeshNetwork
from ._units import restored, standardized

_CLOSE = 1e-3  # of a Reynolds number: so near it is the same
# Units of the network's corrections of the section as a whole.
_CIRCULATION = 0.02
_FRICTION = 0.1
# Beyond this distance to the data, of which 1 is typical, a model's word needs a warning: 98% of
# the shipped model's data are nearer.
FAR_FROM_DATA = 2.2


class FlowStatistics(eqx.Module):
    """Means and deviations that a network's inputs and outputs are measured in.

    **Arguments:**

    - `features`: of the cells' features, `(2, feature)`.
    - `edges`: of the faces' features, `(2, level, 3)`.
    - `fields`: of velocity and pressure beside the prior, and of the eddy viscosity over the
      kinematic one, `(2, 4)`.
    - `wall`: of pressure beside that of the potential flow, and of the stress along the wall,
      beside that of its boundary layer, and at right angles to it, `(2, 3)`.
    - `modes`: of the sections.
    """

    features: Float[Array, "2 feature"]
    edges: Float[Array, "2 level 3"]
    fields: Float[Array, "2 4"]
    wall: Float[Array, "2 3"]
    modes: SurfaceModes


class FlowSimulator(AbstractSimulator):
    r"""Steady turbulent flow around a section in one step of a mesh graph network.

    The grid is that of the reference solver, grown around the section inside the program, so that
    everything is differentiable down to the section's points. The network corrects a prior: far
    away the stream and a vortex, at the wall the pressure of the potential flow and the friction
    of a boundary layer under it. It corrects the flow's circulation and the friction as a whole,
    and then every cell; those at the wall have decoders of their own for pressure and shear, which
    lift and drag are integrals of. All in multiples of speed and dynamic pressure: it holds for the
    Reynolds numbers of its data, and refuses others, also where they are traced.

    **Arguments:**

    - `network`: decodes 4 numbers a cell and 3 a cell at the wall.
    - `statistics`: their units.
    - `grid`, `layout`: of the data it was trained on.
    - `num_levels`: of meshes, as the network has them.
    - `reynolds`: lowest and highest Reynolds number of the data, the same twice where they have
      but one.
    """

    network: MeshNetwork
    statistics: FlowStatistics
    grid: OGrid = OGrid()
    layout: SectionLayout = SectionLayout()
    num_levels: int = eqx.field(static=True, default=4)
    reynolds: tuple[float, float] = eqx.field(static=True, default=(REYNOLDS, REYNOLDS))
    dt: float = eqx.field(static=True, default=1.0)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The meshes, finest first."""
        return hierarchy(self.grid.num_layers, self.layout.num_points, self.num_levels)

    def context(self, scene: SectionScene) -> FlowContext:
        """Everything that a section determines before the network."""
        nodes = self.grid(scene.surface)
        return foil_context(nodes, scene, self.levels, 2 * self.layout.num_side)

    def check(self, scene: SectionScene, num_steps: int | None = None) -> tuple[str, ...]:
        check_reynolds(scene, self.reynolds)
        return ()

    def init(self, scene: SectionScene) -> tuple[FlowContext, SectionFlow]:
        context = self.context(scene)
        return context, self.rest(context)

    def rest(self, context: FlowContext) -> SectionFlow:
        """The prior: what is known without the network."""
        fields = jnp.zeros((context.velocity.shape[0], 4), context.velocity.dtype)
        wall = jnp.zeros((self.layout.num_points, 3), context.velocity.dtype)
        return as_flow(context, fields, wall)

    def step(self, context: FlowContext, state: SectionFlow) -> tuple[SectionFlow, Code]:
        fields, wall = self.correct(context)
        fields = restored(fields, self.statistics.fields)
        flow = as_flow(context, fields, restored(wall, self.statistics.wall))
        finite = jnp.isfinite(fields).all() & jnp.isfinite(wall).all()
        known = within(context.scene.reynolds, self.reynolds)
        failures = (
            (~known, RESULTS.beyond_data),  # `check` sees no traced number
            (bad_cells(context.nodes).any(), RESULTS.degenerate_grid),
            (~finite, RESULTS.nonfinite_state),
            (foil_coefficients(flow).drag <= 0, RESULTS.negative_drag),
        )
        code = as_code(RESULTS.successful)
        for failed, result in failures:
            code = first_failure(code, jnp.where(failed, as_code(result), 0))
        return flow, code

    def correct(
        self, context: FlowContext
    ) -> tuple[Float[Array, "cell 4"], Float[Array, "point 3"]]:
        """The network's output, in its own units."""
        units = self.statistics
        features = standardized(context.features, units.features)
        edges = [
            standardized(rows, units.edges[:, level]) for level, rows in enumerate(context.edges)
        ]
        section = units.modes(self.row(context))
        fields, wall, whole = self.network(self.levels, features, edges, section)
        velocity, swirl = context.wall.velocity
        moved = velocity + _CIRCULATION * whole[0] * swirl
        pressure = jnp.sum(velocity**2, axis=1) - jnp.sum(moved**2, axis=1)
        whole = jnp.stack([pressure, _FRICTION * whole[1] * context.stress], axis=1)
        return fields, wall.at[:, :2].add(whole / units.wall[1, None, :2])

    def row(self, context: FlowContext) -> Float[Array, " row"]:
        """What the section's coordinates are computed from."""
        return self._row(context.nodes[0], context.wall, context.scene)

    def _row(
        self, surface: Float[Array, "point 2"], wall: WallFlow, scene: SectionScene
    ) -> Float[Array, " row"]:
        varied = self.reynolds[0] < self.reynolds[1]
        return section_row(surface, wall.along, scene, 2 * self.layout.num_side, varied=varied)

    def distance_to_data(self, scene: SectionScene) -> Scalar:
        """How far a section at its angle is from those of the data: 1 is typical of them.

        Needs neither the grid nor the network.

        Source: the distance of Mahalanobis (1936), over the root of the number of modes.
        """
        nodes = self.grid.first_layer(scene.surface)
        wall = wall_flow(nodes, scene.angle, 2 * self.layout.num_side)
        return self.statistics.modes.distance(self._row(scene.surface, wall, scene))

    @property
    def angles(self) -> tuple[Scalar, Scalar]:
        """Lowest and highest angle of attack in radians that the data are known to reach.

        Their mean, and `FAR_FROM_DATA` deviations to either side: data that are spread evenly have
        none beyond. The distance, a mean over many modes, would hide that flow separates farther
        out: at 10 degrees the shipped model's drag of NACA 0012 is a third too small.
        """
        mean, deviation = self.statistics.modes.angles
        return mean - FAR_FROM_DATA * deviation, mean + FAR_FROM_DATA * deviation

    def observe(self, context: FlowContext, state: SectionFlow) -> SectionFlow:
        return state

    def grow(self, factor: float) -> "FlowSimulator":
        raise ValueError("A `FlowSimulator` has no capacity that could grow.")


def check_reynolds(scene: SectionScene, known: tuple[float, float]) -> None:
    """Refuse a Reynolds number that a model's data do not reach (host side).

    **Arguments:** `known`: lowest and highest of the data.

    **Raises:** `ValueError` with the numbers.
    """
    if not within(scene.reynolds, known):
        held = f"a Reynolds number of {known[0]:.3g}"
        if known[0] < known[1]:
            held = f"Reynolds numbers from {known[0]:.3g} to {known[1]:.3g}"
        raise ValueError(
            f"This model of sections holds for {held}, got {float(scene.reynolds):.3g}; OpenFOAM "
            "(`--simulator reference`) takes any."
        )


def as_flow(
    context: FlowContext, fields: Float[Array, "cell 4"], wall: Float[Array, "point 3"]
) -> SectionFlow:
    """The flow that corrections make of the prior: of fields, and at the wall."""
    scene, num_points = context.scene, context.wall.axes.shape[1]
    dynamic = 0.5 * scene.speed**2
    velocity = scene.speed * (context.velocity + fields[:, :2])
    pressure = (dynamic * fields[:, 2]).reshape(-1, num_points)
    stress = wall[:, 1:].at[:, 0].add(context.stress)
    return SectionFlow(
        nodes=context.nodes,
        velocity=velocity.reshape(-1, num_points, 2),
        pressure=pressure.at[0].set(dynamic * (context.pressure + wall[:, 0])),
        eddy_viscosity=(scene.viscosity * fields[:, 3]).reshape(-1, num_points),
        shear=dynamic * jnp.einsum("pa,apd->pd", stress, context.wall.axes),
        stream=scene.stream,
    )


def corrections(
    context: FlowContext, flow: SectionFlow
) -> tuple[Float[Array, "cell 4"], Float[Array, "point 3"]]:
    """What `as_flow` would need to give a flow: the labels a network is trained on."""
    scene = context.scene
    dynamic = 0.5 * scene.speed**2
    velocity = flow.velocity.reshape(-1, 2) / scene.speed - context.velocity
    pressure = flow.pressure.reshape(-1, 1) / dynamic
    viscosity = flow.eddy_viscosity.reshape(-1, 1) / scene.viscosity
    stress = jnp.einsum("pd,apd->pa", flow.shear, context.wall.axes) / dynamic
    stress = stress.at[:, 0].add(-context.stress)
    at_wall = flow.pressure[0] / dynamic - context.pressure
    fields = jnp.concatenate([velocity, pressure, viscosity], axis=1)
    return fields, jnp.concatenate([at_wall[:, None], stress], axis=1)


def within(reynolds: Scalar | float, known: tuple[float, float]) -> Bool[Array, ""] | bool:
    """Whether a Reynolds number is one of a model's data."""
    return (known[0] * (1 - _CLOSE) <= reynolds) & (reynolds <= known[1] * (1 + _CLOSE))
