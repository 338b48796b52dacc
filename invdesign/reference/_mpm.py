"""Weakly compressible water by the material point method, in two and three dimensions."""

import dataclasses
import itertools

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
from .._types import Array, Code, Float, Int
from ..graphs import gather, segment_sum
from ..scenes import ParticleFrame, ParticleScene
from ._split import Split

_PADDING = 3  # grid nodes outside the box on every side


class MPMContext(eqx.Module):
    """What is constant over a rollout: the obstacles, the box, and the room at each grid node."""

    contact: Contact
    lower: Float[Array, " dim"]
    upper: Float[Array, " dim"]
    gravity: Float[Array, " dim"]
    room: Float[Array, " grid"]
    inside: Float[Array, "grid dim 2"]


class MPMState(eqx.Module):
    """Positions (m), velocities (m/s), affine velocities (1/s) and volume ratios of particles."""

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    affine: Float[Array, "node dim dim"]
    volume: Float[Array, " node"]


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
        return tuple(round(size / self.cell) + 1 + 2 * _PADDING for size in self.extent)

    def init(self, scene: ParticleScene) -> tuple[MPMContext, MPMState]:
        self._check_dimensions(scene)
        dtype = scene.position.dtype
        softness = self.softness * self.cell
        contact = Contact(scene.obstacles, softness=softness, margin=2 * softness)
        nodes = self._node_positions(dtype) + scene.lower[None]
        walls = jnp.stack([scene.lower, scene.upper], axis=-1)
        tolerance = 1e-3 * self.cell
        inside = jnp.stack(
            [nodes > walls[None, :, 0] + tolerance, nodes < walls[None, :, 1] - tolerance], axis=-1
        )
        context = MPMContext(
            contact=contact,
            lower=scene.lower,
            upper=scene.upper,
            gravity=scene.gravity,
            room=self._room(scene, contact),
            inside=inside.astype(dtype),
        )
        num_particles, dim = scene.position.shape
        state = MPMState(
            position=scene.position,
            velocity=scene.velocity,
            affine=jnp.zeros((num_particles, dim, dim), dtype),
            volume=jnp.ones((num_particles,), dtype),
        )
        return context, state

    def step(self, context: MPMContext, state: MPMState) -> tuple[MPMState, Code]:
        def substep(carry, _):
            return self._substep(context, carry), None

        state, _ = lax.scan(substep, state, None, length=self.num_substeps)
        return state, as_code(RESULTS.successful)

    def observe(self, context: MPMContext, state: MPMState) -> ParticleFrame:
        return ParticleFrame(position=state.position, velocity=state.velocity)

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

    def _node_positions(self, dtype) -> Float[Array, "grid dim"]:
        axes = [np.arange(n) - _PADDING for n in self.shape]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
        return jnp.asarray(nodes * self.cell, dtype)

    def _stencil(
        self, position: Float[Array, "node dim"], lower: Float[Array, " dim"]
    ) -> tuple[Int[Array, "node stencil"], Array, Array]:
        """Grid indices, quadratic B-spline weights and offsets (m) of each particle's nodes."""
        dim = position.shape[1]
        scaled = (position - lower[None]) / self.cell + _PADDING
        base = jnp.floor(scaled - 0.5)
        base = lax.stop_gradient(
            jnp.clip(base, 0.0, jnp.asarray(self.shape, base.dtype)[None] - 3.0)
        )
        fraction = scaled - base
        weights = jnp.stack(
            [
                0.5 * (1.5 - fraction) ** 2,
                0.75 - (fraction - 1.0) ** 2,
                0.5 * (fraction - 0.5) ** 2,
            ],
            axis=-1,
        )
        steps = np.array(list(itertools.product(range(3), repeat=dim)))
        weight = jnp.ones((position.shape[0], len(steps)), position.dtype)
        for axis in range(dim):
            weight = weight * weights[:, axis, steps[:, axis]]
        offset = (jnp.asarray(steps, position.dtype)[None] - fraction[:, None]) * self.cell
        strides = np.array([int(np.prod(self.shape[axis + 1 :])) for axis in range(dim)])
        scaled_base = base.astype(jnp.int32) * jnp.asarray(strides, jnp.int32)[None]
        start = jnp.sum(scaled_base, axis=1, dtype=jnp.int32)
        index = start[:, None] + jnp.asarray(steps @ strides, jnp.int32)[None]
        return index, weight, offset

    def _room(self, scene: ParticleScene, contact: Contact) -> Float[Array, " grid"]:
        """Share of each node's volume that water can fill, by quadrature over its cell."""
        dtype = scene.position.dtype
        axes = [(np.arange(4 * (n - 1 - 2 * _PADDING)) + 0.5) * self.cell / 4 for n in self.shape]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
        points = jnp.asarray(points, dtype) + scene.lower[None]
        free = jnp.all(points < scene.upper[None], axis=1).astype(dtype)
        if not contact.is_empty:
            phi, _ = contact.signed_distance(points)
            free = free * (1.0 - contact.share(phi))
        index, weight, _ = self._stencil(points, scene.lower)
        share = (weight * free[:, None]) / 4 ** len(axes)
        room = jnp.zeros((int(np.prod(self.shape)), 1), dtype)
        return segment_sum(share.reshape(-1, 1), index.reshape(-1), room)[:, 0]

    def _substep(self, context: MPMContext, state: MPMState) -> MPMState:
        dt = self.dt / self.num_substeps
        dim = state.position.shape[1]
        rest_volume = (self.spacing / self.cell) ** dim  # of a particle, in cells
        index, weight, offset = self._stencil(state.position, context.lower)

        # Particles to grid; mass in units of a full cell of water.
        divergence = jnp.trace(state.affine, axis1=1, axis2=2)
        pressure = self.sound_speed**2 * jnp.maximum(1.0 / state.volume - 1.0, 0.0)
        pressure = pressure - self.damping * self.sound_speed * self.cell * jnp.minimum(
            divergence, 0.0
        )
        stress = (4.0 * dt / self.cell**2) * state.volume * pressure
        affine = state.affine + stress[:, None, None] * jnp.eye(dim, dtype=stress.dtype)[None]
        carried = state.velocity[:, None] + jnp.einsum("nij,nsj->nsi", affine, offset)
        ones = jnp.ones((*weight.shape, 1), weight.dtype)
        payload = (rest_volume * weight)[..., None] * jnp.concatenate([carried, ones], axis=-1)
        grid = jnp.zeros((context.room.shape[0], dim + 1), weight.dtype)
        grid = segment_sum(payload.reshape(-1, dim + 1), index.reshape(-1), grid)

        # Grid: gravity and walls.
        mass = grid[:, dim]
        velocity = grid[:, :dim] / jnp.maximum(mass, 1e-12)[:, None] + dt * context.gravity[None]
        low, high = context.inside[..., 0], context.inside[..., 1]
        velocity = jnp.where(low > 0, velocity, jnp.maximum(velocity, 0.0))
        velocity = jnp.where(high > 0, velocity, jnp.minimum(velocity, 0.0))

        # Grid to particles.
        fields = jnp.concatenate([velocity, mass[:, None], context.room[:, None]], axis=-1)
        local = gather(fields, index.reshape(-1)).reshape(*index.shape, -1)
        weighted = weight[..., None] * local
        gathered = jnp.sum(weighted, axis=1)
        new_velocity = gathered[:, :dim]
        new_affine = (4.0 / self.cell**2) * jnp.einsum("nsi,nsj->nij", weighted[..., :dim], offset)
        density = gathered[:, dim] / jnp.maximum(gathered[:, dim + 1], 1e-3)
        divergence = jnp.trace(new_affine, axis1=1, axis2=2)
        volume = self._volume(state.volume, density, divergence, dt)

        # Contact and motion.
        position, new_velocity = self._advance(context, state.position, new_velocity, dt)
        return MPMState(position=position, velocity=new_velocity, affine=new_affine, volume=volume)

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
        position = jnp.clip(position, context.lower[None] + margin, context.upper[None] - margin)
        return position, velocity


def lattice(
    lower: tuple[float, ...], counts: tuple[int, ...], spacing: float, dtype=jnp.float32
) -> Float[Array, "node dim"]:
    """Particle positions on a regular lattice: `counts` per axis, half a spacing off `lower`."""
    axes = [low + (np.arange(n) + 0.5) * spacing for low, n in zip(lower, counts, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(counts))
    return jnp.asarray(points, dtype)


__all__ = ["MPM", "MPMContext", "MPMState", "lattice"]
