"""Weakly compressible water by the material point method, in two and three dimensions."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._checks import checked_count
from .._contact import Contact
from .._particle_checks import check_particles, check_spacing
from .._results import RESULTS, as_code
from .._simulator import AbstractSimulator
from .._types import Array, Bool, Code, Float
from ..graphs import gather, segment_sum
from ..scenes import ParticleFrame, ParticleScene, Passage
from ..scenes._passage import Gates
from ._mpm_grid import PADDING, Grid
from ._split import Split

_UP = 1  # the axis along which an outflow takes the place of the floor


class MPMContext(eqx.Module):
    """What is constant over a rollout: obstacles, box, gates, and the room at each grid node."""

    contact: Contact
    lower: Float[Array, " dim"]
    upper: Float[Array, " dim"]
    gravity: Float[Array, " dim"]
    room: Float[Array, " grid"]
    inside: Float[Array, "grid dim 2"]
    gates: Gates


class MPMState(eqx.Module):
    """Positions (m), velocities (m/s), affine velocities (1/s) and volume ratios of particles.

    `passage` says who waits and who has landed, `None` where nothing comes or goes.
    """

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    affine: Float[Array, "node dim dim"]
    volume: Float[Array, " node"]
    passage: Passage | None = None


class MPM(AbstractSimulator):
    r"""Moving-least-squares material point method for water with a free surface.

    Particles carry mass, velocity and an affine velocity field (APIC); a grid of cells of size
    `cell` carries the momentum balance with the pressure $p = \rho_0 c^2 \max(1/J - 1, 0)$.
    The volume ratio $J$ is not only integrated, which lets water lose volume over time, but also
    drawn to the particle's own measured density,
    $\rho_p / \rho_0 = \sum_i w_{ip} m_i / \sum_i w_{ip} \rho_0 V_i$,
    where $V_i$ is the part of node $i$'s volume that lies in the box and outside of every
    obstacle: without it the layer next to a wall looks thin and hoards particles.

    Walls slip. Obstacles have one smooth contact model (`Contact`) that serves descent and
    verification alike.

    Source: Hu et al. (2018), MLS-MPM, sections 4-5, for the discretization; Jiang et al. (2015)
    for APIC; the volume correction and the contact are ours.

    **Arguments:**

    - `dt`: seconds a frame.
    - `spacing`: distance of neighbouring particles at rest, in metres.
    - `cell`: grid cell in metres; twice the spacing is a good value.
    - `sound_speed`: $c$ in metres a second; at least ten times the fastest surface wave.
    - `courant`: largest fraction of a cell that sound travels in a substep.
    - `relaxation`: seconds in which $J$ is drawn to the measured density.
    - `extent`: size of the grid's box in metres, `(dim,)`; every scene's box must fit.
    - `softness`: width of the contact in cells.
    - `damping`: bulk viscosity in units of `sound_speed * cell`; calms sound, not flow.

    **Raises:** `ValueError` for sizes that are not positive.
    """

    dt: float = eqx.field(static=True, default=0.01)
    spacing: float = eqx.field(static=True, default=1 / 80)
    cell: float = eqx.field(static=True, default=1 / 40)
    sound_speed: float = eqx.field(static=True, default=14.0)
    courant: float = eqx.field(static=True, default=0.3)
    relaxation: float = eqx.field(static=True, default=0.02)
    extent: tuple[float, ...] = eqx.field(static=True, default=(1.0, 1.0))
    softness: float = eqx.field(static=True, default=0.1)
    damping: float = eqx.field(static=True, default=0.2)

    def __check_init__(self):
        sizes = ("dt", "spacing", "cell", "sound_speed", "courant", "relaxation", "softness")
        for name in sizes:
            if not getattr(self, name) > 0:
                raise ValueError(f"`MPM` needs {name} > 0, got {getattr(self, name)}.")

    @property
    def num_substeps(self) -> int:
        """Substeps a frame, from the Courant number of sound."""
        return int(np.ceil(self.dt * self.sound_speed / (self.courant * self.cell)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Grid nodes along each axis, the padding included."""
        return tuple(round(size / self.cell) + 1 + 2 * PADDING for size in self.extent)

    @property
    def grid(self) -> Grid:
        """Its nodes."""
        return Grid(self.cell, self.shape)

    def init(self, scene: ParticleScene) -> tuple[MPMContext, MPMState]:
        self._check_dimensions(scene)
        dtype = scene.position.dtype
        softness = self.softness * self.cell
        contact = Contact(scene.obstacles, softness=softness, margin=2 * softness)
        inside = self.grid.inside(scene)
        gates = scene.gates
        if gates.outflow is not None:  # the floor is open
            inside = inside.at[:, _UP, 0].set(True)
        context = MPMContext(
            contact=contact,
            lower=scene.lower,
            upper=scene.upper,
            gravity=scene.gravity,
            room=self.grid.room(scene, contact),
            inside=inside.astype(dtype),
            gates=gates,
        )
        num_particles, dim = scene.position.shape
        state = MPMState(
            position=scene.position,
            velocity=scene.velocity,
            affine=jnp.zeros((num_particles, dim, dim), dtype),
            volume=jnp.ones((num_particles,), dtype),
            passage=gates.start(scene.position),
        )
        return context, state

    def step(self, context: MPMContext, state: MPMState) -> tuple[MPMState, Code]:
        def substep(carry, _):
            return self._substep(context, carry), None

        after, _ = lax.scan(substep, state, None, length=self.num_substeps)
        if state.passage is not None:
            passage, position = context.gates.passed(
                state.passage, state.position, after.position, self.dt
            )
            after = dataclasses.replace(after, passage=passage, position=position)
        return after, as_code(RESULTS.successful)

    def observe(self, context: MPMContext, state: MPMState) -> ParticleFrame:
        return ParticleFrame(state.position, state.velocity, state.passage)

    def grow(self, factor: float) -> "MPM":
        raise ValueError("`MPM` has no capacity that could grow.")

    def refined(self, factor: int) -> Split:
        """Cells and spacing over `factor`; each particle of a scene is split."""
        checked_count(factor, "factor", "refined")
        spacing, cell = self.spacing / factor, self.cell / factor
        fine = dataclasses.replace(self, spacing=spacing, cell=cell)
        return Split(fine, factor, self.spacing)

    def check(self, scene: ParticleScene, num_steps: int | None = None) -> tuple[str, ...]:
        self._check_dimensions(scene)
        said = check_particles(scene)
        size = np.asarray(jax.device_get(scene.upper - scene.lower))
        if (size > np.asarray(self.extent) + 1e-3 * self.cell).any():
            wanted = ", ".join(f"{np.ceil(x / self.cell - 1e-3) * self.cell:g}" for x in size)
            raise ValueError(
                f"The scene's box is {' x '.join(f'{x:g}' for x in size)} m, the grid of this "
                f"`MPM` {' x '.join(f'{x:g}' for x in self.extent)} m; take `MPM(extent="
                f"({wanted}), ...)`."
            )
        remedy = "take `MPM(spacing=..., cell=...)` with a cell of two spacings"
        check_spacing(scene, self.spacing, "this `MPM`", remedy)
        return said

    def _check_dimensions(self, scene: ParticleScene) -> None:
        dim = scene.position.shape[1]
        if dim != len(self.extent):
            raise ValueError(
                f"`MPM` with extent {self.extent} needs scenes of {len(self.extent)} dimensions, "
                f"got {dim}."
            )

    def _substep(self, context: MPMContext, state: MPMState) -> MPMState:
        dt = self.dt / self.num_substeps
        dim = state.position.shape[1]
        index, weight, offset = self.grid.stencil(state.position, context.lower)
        present = self._present(context, state)
        payload = self._payload(state, weight, offset, dt)
        if present is not None:
            payload = jnp.where(present[:, None, None], payload, 0.0)
        grid = jnp.zeros((context.room.shape[0], dim + 1), weight.dtype)
        grid = segment_sum(payload.reshape(-1, dim + 1), index.reshape(-1), grid)

        # Grid to particles.
        weighted = weight[..., None] * self._local(context, grid, index, dt)
        gathered = jnp.sum(weighted, axis=1)
        new_velocity = gathered[:, :dim]
        new_affine = (4.0 / self.cell**2) * _moments(weighted[..., :dim], offset)
        density = gathered[:, dim] / jnp.maximum(gathered[:, dim + 1], 1e-3)
        divergence = jnp.trace(new_affine, axis1=1, axis2=2)
        volume = self._volume(state.volume, density, divergence, dt)

        # Contact and motion.
        position, new_velocity = self._advance(context, state.position, new_velocity, dt)
        moved = MPMState(position, new_velocity, new_affine, volume, state.passage)
        return moved if present is None else self._others(context, state, moved, present, dt)

    def _present(self, context: MPMContext, state: MPMState) -> Bool[Array, " node"] | None:
        """Which particles the grid feels; `None` if all are there throughout."""
        if state.passage is None:
            return None
        return state.passage.moving & context.gates.above(state.position)

    def _others(
        self, context: MPMContext, state: MPMState, moved: MPMState, present: Array, dt: float
    ) -> MPMState:
        """Particles that the grid does not feel stay; those below the outflow fall to the frame's
        end."""
        assert state.passage is not None
        falls = state.passage.moving & ~present
        velocity = state.velocity + dt * context.gravity[None]
        fallen = dataclasses.replace(
            state, position=state.position + dt * velocity, velocity=velocity
        )

        def chosen(own: Array, falling: Array, old: Array) -> Array:
            wide = (slice(None), *[None] * (old.ndim - 1))
            return jnp.where(present[wide], own, jnp.where(falls[wide], falling, old))

        names = ("position", "velocity", "affine", "volume")
        return MPMState(
            *(chosen(*(getattr(each, name) for each in (moved, fallen, state))) for name in names),
            passage=state.passage,
        )

    def _payload(
        self, state: MPMState, weight: Array, offset: Array, dt: float
    ) -> Float[Array, "node stencil field"]:
        """Momentum and mass of particles at their nodes, mass in units of a full cell of water."""
        dim = state.position.shape[1]
        rest_volume = (self.spacing / self.cell) ** dim  # of a particle, in cells
        divergence = jnp.trace(state.affine, axis1=1, axis2=2)
        pressure = self.sound_speed**2 * jnp.maximum(1.0 / state.volume - 1.0, 0.0)
        pressure = pressure - self.damping * self.sound_speed * self.cell * jnp.minimum(
            divergence, 0.0
        )
        stress = (4.0 * dt / self.cell**2) * state.volume * pressure
        affine = state.affine + stress[:, None, None] * jnp.eye(dim, dtype=stress.dtype)[None]
        carried = state.velocity[:, None] + _applied(affine, offset)
        ones = jnp.ones((*weight.shape, 1), weight.dtype)
        return (rest_volume * weight)[..., None] * jnp.concatenate([carried, ones], axis=-1)

    def _local(
        self, context: MPMContext, grid: Array, index: Array, dt: float
    ) -> Float[Array, "node stencil field"]:
        """Velocity after gravity and walls, mass and room, at the nodes of each particle.

        In space a body of water touches few of the grid's nodes, so that what it touches is
        gathered first and computed there alone.
        """
        dim = grid.shape[1] - 1
        if dim == 2:
            velocity = self._driven(grid, context.inside, context.gravity, dt)
            fields = jnp.concatenate([velocity, grid[:, dim:], context.room[:, None]], axis=-1)
            return gather(fields, index.reshape(-1)).reshape(*index.shape, -1)
        rows = index.reshape(-1)
        touched = gather(grid, rows)
        velocity = self._driven(touched, context.inside[rows], context.gravity, dt)
        room = gather(context.room[:, None], rows)
        fields = jnp.concatenate([velocity, touched[:, dim:], room], axis=-1)
        return fields.reshape(*index.shape, -1)

    def _driven(self, grid: Array, inside: Array, gravity: Array, dt: float) -> Array:
        """Velocities at nodes from momentum and mass, after gravity and walls."""
        dim = grid.shape[1] - 1
        velocity = grid[:, :dim] / jnp.maximum(grid[:, dim], 1e-12)[:, None] + dt * gravity[None]
        velocity = jnp.where(inside[..., 0] > 0, velocity, jnp.maximum(velocity, 0.0))
        return jnp.where(inside[..., 1] > 0, velocity, jnp.minimum(velocity, 0.0))

    def _volume(self, volume, density, divergence, dt):
        share = dt / (self.relaxation + dt)
        target = 1.0 / jnp.maximum(density, 0.5)
        return jnp.clip((volume + share * (target - volume)) * (1.0 + dt * divergence), 0.3, 2.0)

    def _advance(self, context: MPMContext, position, velocity, dt):
        margin = 0.02 * self.cell
        if not context.contact.is_empty:
            # Cheaper to compute again than to store for each of the many substeps.
            resist = jax.checkpoint(lambda x, v: context.contact.resist(x, v))
            velocity = resist(position, velocity)
            move = jax.checkpoint(lambda x, d: context.contact.move(x, d, num_sweeps=1))
            position = move(position, dt * velocity)
        else:
            position = position + dt * velocity
        lower = context.lower + margin
        if context.gates.outflow is not None:
            lower = lower.at[_UP].set(-jnp.inf)
        position = jnp.clip(position, lower[None], context.upper[None] - margin)
        return position, velocity


def _applied(
    affine: Float[Array, "node dim dim"], offset: Float[Array, "node stencil dim"]
) -> Float[Array, "node stencil dim"]:
    """A matrix of its own for each particle, times its offsets."""
    if offset.shape[-1] == 2:
        return jnp.einsum("nij,nsj->nsi", affine, offset)
    # On a CPU so many small products of matrices are slower than sums of plain ones.
    x, y, z = (affine[:, None, :, axis] * offset[:, :, axis, None] for axis in range(3))
    return x + y + z


def _moments(
    field: Float[Array, "node stencil dim"], offset: Float[Array, "node stencil dim"]
) -> Float[Array, "node dim dim"]:
    """Sums over the stencil of a field times each offset."""
    if offset.shape[-1] == 2:
        return jnp.einsum("nsi,nsj->nij", field, offset)
    return jnp.stack(
        [jnp.sum(field * offset[:, :, axis, None], axis=1) for axis in range(3)], axis=-1
    )


def lattice(
    lower: tuple[float, ...], counts: tuple[int, ...], spacing: float, dtype=jnp.float32
) -> Float[Array, "node dim"]:
    """Particle positions on a regular lattice: `counts` per axis, half a spacing off `lower`."""
    axes = [low + (np.arange(n) + 0.5) * spacing for low, n in zip(lower, counts, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(counts))
    return jnp.asarray(points, dtype)


__all__ = ["MPM", "MPMContext", "MPMState", "lattice"]
