"""Obstacles of kinds that the package does not have: balls, the ground, a belt, in 2D and in 3D."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import rollout
from invdesign._contact import Contact
from invdesign._particle_checks import check_particles
from invdesign.reference import MPM
from invdesign.scenes import AbstractObstacles
from invdesign.scenes._capsules import Capsules
from invdesign.scenes._obstacles import union
from invdesign.simulators.particle._ranges import ParticleRanges

from .test_particle import scene as water

DEPTH = 0.5


class Balls(AbstractObstacles):
    """Balls, each around a point."""

    center: jax.Array
    thickness: jax.Array

    def closest(self, points):
        delta = points - self.center
        return delta, jnp.linalg.norm(delta, axis=1)


class Ground(AbstractObstacles):
    """All that lies below a plane: its core is the plane half a metre below."""

    level: jax.Array
    up: jax.Array
    speed: jax.Array
    thickness: jax.Array

    @property
    def is_moving(self):
        return True

    def closest(self, points):
        height = jnp.sum(points * self.up, axis=1) - self.level
        return (height + DEPTH)[:, None] * self.up, height + DEPTH

    def velocity(self, points):
        return self.speed


def balls(center, radius=0.1):
    center = jnp.asarray(center, jnp.float32)
    return Balls(center=center, thickness=jnp.full(len(center), radius))


def points_as_capsules(center, radius=0.1):
    segments = jnp.stack([jnp.asarray(center, jnp.float32)] * 2, axis=1)
    return Capsules(segments=segments, thickness=jnp.full(len(segments), radius))


def ground(dim, level=0.3, up=None, speed=None):
    up = np.eye(dim)[1] if up is None else np.asarray(up) / np.linalg.norm(up)
    rows = (np.zeros(dim) if speed is None else speed, up)
    speed, up = (jnp.asarray(x, jnp.float32)[None] for x in rows)
    return Ground(level=jnp.full(1, level), up=up, speed=speed, thickness=jnp.full(1, DEPTH))


def contact(*kinds):
    return Contact(union(kinds), softness=0.0025, margin=0.0)


def cloud(dim, number=60):
    return jnp.asarray(np.random.default_rng(0).random((number, dim)), jnp.float32)


@pytest.mark.parametrize("dim", [2, 3])
def test_balls_are_capsules_without_a_length(dim):
    points, move = cloud(dim), 0.4 * (cloud(dim)[::-1] - 0.5)
    center = np.random.default_rng(1).random((5, dim))

    @eqx.filter_jit
    def all_of_it(contact):
        phi, normal = contact.signed_distance(points)
        moved = contact.leave_nooks(contact.move(points, 0.1 * move, num_sweeps=2))
        return phi, normal, contact.resist(points, move), moved

    ours, theirs = (all_of_it(contact(k(center))) for k in (balls, points_as_capsules))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-6), ours, theirs)


def test_several_kinds_are_one_body():
    segments = jnp.asarray([[[0.2] * 3, [0.5] * 3]], jnp.float32)
    rod = Capsules(segments=segments, thickness=jnp.full(1, 0.05))
    kinds = (rod, balls([[0.8] * 3, [0.2, 0.9, 0.5]]), ground(3, level=0.1))

    def gaps(kinds, points):
        return jnp.concatenate([k.by_axis(points)[1] - k.thickness[:, None] for k in kinds])

    @eqx.filter_jit
    def everything(kinds, points):
        together = contact(*kinds)
        kept = together.leave_nooks(points)
        own = together.obstacles.take(jnp.arange(4))  # a row of the whole is one of its kind
        apart = own.closest(points[:4])[1] - own.thickness
        found = (*together.signed_distance(points), apart)
        return gaps(kinds, points), gaps(kinds, kept), *found

    gap, left, phi, normal, own = everything(kinds, cloud(3))
    np.testing.assert_allclose(phi, gap.min(axis=0), atol=0.0025 * np.log(4))
    np.testing.assert_allclose(np.linalg.norm(normal, axis=1), 1.0, atol=2e-2)
    np.testing.assert_allclose(own, np.diagonal(gap), atol=1e-6)
    # What lay within any of them lies on its surface or outside of all.
    assert (gap.min(axis=0) < -1e-3).sum() > 1 and left.min() > -1e-6


@pytest.mark.parametrize("dim", [2, 3])
def test_water_rests_on_a_body_of_ones_own(dim):
    start = water()
    axes = [np.arange(4) * 0.05 + 0.4] * dim
    position = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, dim)
    corners = {"lower": jnp.zeros(dim), "upper": jnp.ones(dim), "gravity": -9.81 * jnp.eye(dim)[1]}
    start = dataclasses.replace(
        start,
        position=jnp.asarray(position, jnp.float32),
        velocity=jnp.zeros(position.shape, jnp.float32),
        segments=jnp.zeros((0, 2, dim)),
        segment_radius=jnp.zeros(0),
        bodies=(ground(dim, level=0.35),),
        **corners,
    )
    solver = MPM(extent=(1.0,) * dim, cell=0.1, spacing=0.05)
    found = eqx.filter_jit(rollout)(solver, start, num_steps=30, throw=False)
    height = np.asarray(found.frames.position)[..., 1]
    # Contact is half felt some cells of softness above the surface.
    assert height[-1].min() > 0.345 and height[-1].min() < 0.40
    assert np.abs(np.asarray(found.frames.velocity)[-1, :, 1]).max() < 0.3


def test_a_surface_that_moves_carries_what_it_meets():
    up = [0.0, 1.0]
    spot = jnp.asarray([[0.5, 0.295], [0.5, 0.9]])
    still = jnp.zeros((2, 2))
    resist = eqx.filter_jit(lambda contact, *given: contact.resist(*given))
    rising, falling = (
        resist(contact(ground(2, speed=np.multiply(speed, up))), spot, still) for speed in (2, -2)
    )
    np.testing.assert_allclose(rising, [[0.0, 2.0 * jax.nn.sigmoid(2.0)], [0.0, 0.0]], atol=1e-3)
    np.testing.assert_array_equal(falling, still)


@eqx.filter_jit
def seen(simulator, start):
    """What a learned simulator sees of the obstacles near its particles, and which they are."""
    context, state = simulator.init(start)
    graph = simulator.graph(context, state, state.position + simulator.dt * state.velocity)[0]
    return graph.obstacle_features, graph.obstacles


def without_capsules(**changes):
    start = dataclasses.replace(water(tool=False, speed=0.0), gravity=jnp.zeros(2))
    return dataclasses.replace(start, **changes)


def test_a_learned_model_sees_them_as_it_sees_capsules(make_simulator):
    simulator, center = make_simulator(), np.asarray([[0.03, 0.165], [0.07, 0.14]])
    kinds = [(kind(center, 0.02),) for kind in (balls, points_as_capsules)]
    ours, theirs = (seen(simulator, without_capsules(bodies=kind)) for kind in kinds)
    assert ours[1].mask[ours[1].senders >= 4].sum() > 5
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), ours, theirs)
    ranges = ParticleRanges(
        spacing=1 / 80,
        speed=9.0,
        radius=(0.015, 0.015),
        lower=(0.0, 0.0),
        upper=(1.0, 1.0),
        gravity=(0.0, 0.0),
        num_particles=100,
        num_steps=9,
    )
    said = ranges.check(without_capsules(bodies=kinds[0]), None)
    assert said == ("there are obstacles of kinds (Balls) that the model has not seen",)


def test_what_a_model_sees_is_the_motion_to_the_surface(make_simulator):
    """A floor and water that slide together look as both at rest do."""
    found = []
    for speed in ([0.0, 0.0], [1e-3, 0.0]):
        start = without_capsules(bodies=(ground(2, level=0.16, speed=speed),))
        start = dataclasses.replace(start, velocity=start.velocity + jnp.asarray(speed)[None])
        features, edges = seen(make_simulator(), start)
        found.append(features.scalars[:, 3:][(edges.senders == 4) & edges.mask])
    assert len(found[0]) > 5
    np.testing.assert_allclose(*found, atol=1e-4)


def test_what_starts_within_one_is_named():
    start = dataclasses.replace(water(), bodies=(balls([[0.045, 0.2]], 0.02),))
    assert "start within an obstacle" in check_particles(start)[0]
    broken = dataclasses.replace(water(), bodies=(balls([[np.nan, 0.2]]),))
    with pytest.raises(ValueError, match="one of `bodies` is not"):
        check_particles(broken)
