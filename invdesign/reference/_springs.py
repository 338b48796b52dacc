"""Elastic bodies as nodes and damped springs."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
from jax import lax

from .._checks import checked_count
from .._geometry import safe_sqrt
from .._results import RESULTS, as_code, first_failure
from .._simulator import AbstractSimulator
from .._types import Array, Code, Float, Scalar
from ..graphs import EdgeList, RadiusGraph
from ..graphs._world import WorldGraph, both_ways, pair_values
from ..scenes import ParticleFrame
from ..scenes._springs import SpringScene, Support, stiffness_of, support_of


class SpringsContext(eqx.Module):
    """What is constant over a rollout: springs, their lengths at rest, supports, gravity."""

    mesh: EdgeList
    length: Float[Array, " edge"]
    stiffness: Float[Array, " edge"]
    support: Support
    gravity: Float[Array, " dim"]


class SpringsState(eqx.Module):
    """Positions (m) and velocities (m/s) of the nodes, and the time (s)."""

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    time: Scalar


class Springs(AbstractSimulator):
    r"""Nodes of equal mass, joined by damped springs, that repel each other where they touch.

    $$\ddot x_i = g - d\, \dot x_i + \sum_{j \in \text{mesh}}
        \left[k\, s_{ij}\,(r_{ij} - \ell_{ij}) + c\, \dot r_{ij}\right] n_{ij}
        - \sum_{j \in \text{touching}} k_c\,(r_c - r_{ij})\, n_{ij}$$

    with $n_{ij}$ from node $i$ to $j$ and $s_{ij}$ the scene's `stiffness`, by the symplectic Euler
    method in equal substeps. Nodes without a common edge touch where they are nearer than $r_c$.
    Forces are central, equal and opposite: momentum and angular momentum between free nodes are
    conserved exactly. With $c = d = 0$ the energy is conserved up to an oscillation of the order of
    a substep.

    Stable while $\mathrm{dt}_{sub} \sqrt{k s z} < 2$ with $z$ about twice the springs at a node.

    Source: Provot (1995), Deformation constraints in a mass-spring model, section 2; Hairer et al.
    (2006), Geometric numerical integration, section I.1, for the method.

    **Arguments:**

    - `dt`: seconds a frame; `num_substeps`: of a frame.
    - `stiffness`: $k$, over a node's mass, in 1/s²; `damping`: $c$ in 1/s; `drag`: $d$ in 1/s.
    - `contact_stiffness`: $k_c$ in 1/s²; `contact`: finds what touches; its radius is $r_c$ in
      metres.

    **Raises:** `ValueError` if sizes are not positive or resistances negative.
    """

    dt: float = eqx.field(static=True, default=0.005)
    num_substeps: int = eqx.field(static=True, default=5)
    stiffness: float = eqx.field(static=True, default=2e4)
    damping: float = eqx.field(static=True, default=20.0)
    drag: float = eqx.field(static=True, default=1.0)
    contact_stiffness: float = eqx.field(static=True, default=4e4)
    contact: WorldGraph = WorldGraph(RadiusGraph(0.04, 6.0))

    def __check_init__(self):
        for name in ("dt", "num_substeps", "stiffness"):
            if not getattr(self, name) > 0:
                raise ValueError(f"`Springs` needs {name} > 0, got {getattr(self, name)}.")
        for name in ("damping", "drag", "contact_stiffness"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"`Springs` needs {name} >= 0, got {getattr(self, name)}.")

    def init(self, scene: SpringScene) -> tuple[SpringsContext, SpringsState]:
        mesh, support = both_ways(scene.edges), support_of(scene)
        length, _ = _apart(scene.rest, mesh)
        time = jnp.zeros((), scene.position.dtype)
        position, velocity = support(scene.position, scene.velocity, time)
        stiffness = pair_values(scene.edges, stiffness_of(scene))
        context = SpringsContext(mesh, length, stiffness, support, scene.gravity)
        return context, SpringsState(position, velocity, time)

    def step(self, context: SpringsContext, state: SpringsState) -> tuple[SpringsState, Code]:
        short = self.dt / self.num_substeps

        def substep(carry, _):
            state, result = carry
            pull, code = self.acceleration(context, state)
            velocity = state.velocity + short * pull
            time = state.time + short
            moved = context.support(state.position + short * velocity, velocity, time)
            return (SpringsState(*moved, time), first_failure(result, code)), None

        start = (state, as_code(RESULTS.successful))
        return lax.scan(substep, start, None, length=self.num_substeps)[0]

    def acceleration(
        self, context: SpringsContext, state: SpringsState
    ) -> tuple[Float[Array, "node dim"], Code]:
        """What acts on each node if it is free, in metres a second squared; a `RESULTS` code."""
        num_nodes, mesh = state.position.shape[0], context.mesh
        length, normal = _apart(state.position, mesh)
        drift = mesh.at_senders(state.velocity) - mesh.at_receivers(state.velocity)
        rate = jnp.sum(drift * normal, axis=1)
        stretch = length - context.length
        pull = self.stiffness * context.stiffness * stretch + self.damping * rate
        pull = jnp.where(mesh.mask, pull, 0.0)
        springs = mesh.sum_at_receivers(pull[:, None] * normal, num_nodes)
        near, code = self.contact(state.position, mesh, context.support.is_free)
        length, normal = _apart(state.position, near)
        push = self.contact_stiffness * (self.contact.search.radius - length)
        push = jnp.where(near.mask, push, 0.0)
        contact = near.sum_at_receivers(push[:, None] * normal, num_nodes)
        return context.gravity[None] - self.drag * state.velocity + springs - contact, code

    def observe(self, context: SpringsContext, state: SpringsState) -> ParticleFrame:
        return ParticleFrame(position=state.position, velocity=state.velocity)

    def refined(self, factor: int) -> "Springs":
        """`factor` times the substeps: the springs are the body, not an approximation of one."""
        checked_count(factor, "factor", "refined")
        return dataclasses.replace(self, num_substeps=factor * self.num_substeps)

    def grow(self, factor: float) -> "Springs":
        return eqx.tree_at(
            lambda s: s.contact,
            self,
            self.contact.grow(factor),
            is_leaf=lambda x: isinstance(x, WorldGraph),
        )


def _apart(
    position: Float[Array, "node dim"], edges: EdgeList
) -> tuple[Float[Array, " edge"], Float[Array, "edge dim"]]:
    """Lengths of edges, and unit vectors from receivers to senders; zeros in empty slots."""
    offset = edges.at_senders(position) - edges.at_receivers(position)
    offset = jnp.where(edges.mask[:, None], offset, 0.0)
    length = safe_sqrt(jnp.sum(offset**2, axis=1))
    return length, offset / jnp.maximum(length, 1e-9)[:, None]
