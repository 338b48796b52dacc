"""Neighbors share velocities: what stays, what fades, and by how much."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._geometry import safe_sqrt
from invdesign.graphs import RadiusGraph
from invdesign.simulators._fade import fade
from invdesign.simulators.particle import _mixing

RADIUS = 0.042
mix = eqx.filter_jit(_mixing.mix)


def neighbors(position):
    """Edges of a cloud, and a weight that fades with the distance."""
    *found, code = _neighbors(position)
    assert int(code) == 0
    return found


@eqx.filter_jit
def _neighbors(position):
    pairs, code = RadiusGraph(RADIUS, 48.0)(position)
    offset = pairs.at_receivers(position) - pairs.at_senders(position)
    return pairs, fade(safe_sqrt(jnp.sum(offset**2, axis=1)) / RADIUS, pairs.mask), code


@pytest.fixture
def float64():
    with jax.enable_x64(True):
        yield


@pytest.fixture
def crowd(float64):
    """A block of particles at their spacing, a little disordered, and random velocities."""
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.arange(12.0), np.arange(9.0)), -1).reshape(-1, 2) / 80
    position = jnp.asarray(0.3 + grid + 1e-3 * rng.normal(size=grid.shape))
    return position, jnp.asarray(rng.normal(size=grid.shape))


def test_two_particles_by_hand(float64):
    position = jnp.asarray([[0.5, 0.5], [0.5, 0.521]])  # half a radius apart
    velocity = jnp.asarray([[1.0, 0.0], [0.0, 2.0]])
    pairs, weight = neighbors(position)
    w = (1 - 0.25) ** 2
    mixed = mix(velocity, pairs, weight, 0.8)
    passed = 0.8 * w / (1 + w) * (velocity[1] - velocity[0])
    np.testing.assert_allclose(mixed, velocity + jnp.stack([passed, -passed]), rtol=1e-12)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_momentum_stays_and_the_energy_of_what_differs_falls(crowd, share):
    position, velocity = crowd
    mixed = mix(velocity, *neighbors(position), share)
    np.testing.assert_allclose(mixed.sum(0), velocity.sum(0), atol=1e-12)
    mean = velocity.mean(0, keepdims=True)
    assert jnp.sum((mixed - mean) ** 2) < (1 - share / 2) * jnp.sum((velocity - mean) ** 2)


def test_a_common_velocity_and_lone_particles_keep_theirs(crowd):
    position, velocity = crowd
    common = jnp.broadcast_to(jnp.asarray([[0.3, -2.0]]), velocity.shape)
    np.testing.assert_allclose(mix(common, *neighbors(position), 1.0), common, rtol=1e-13)
    apart = 6.0 * position
    np.testing.assert_array_equal(mix(velocity, *neighbors(apart), 1.0), velocity)


def test_no_mode_grows_and_hardly_any_is_turned_round(crowd):
    """Eigenvalues of the mixing, which is linear in the velocities."""
    position, _ = crowd
    pairs, weight = neighbors(position)
    number = len(position)
    columns = [
        mix(jnp.stack([jnp.eye(number)[k]] * 2, axis=1), pairs, weight, 1.0)[:, 0]
        for k in range(number)
    ]
    matrix = np.stack(columns, axis=1)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    found = np.linalg.eigvalsh(matrix)
    assert found[0] > -0.05 and abs(found[-1] - 1) < 1e-12


def test_gradients_by_positions_and_velocities(crowd):
    position, velocity = crowd
    rng = np.random.default_rng(1)
    weights = jnp.asarray(rng.normal(size=velocity.shape))
    ways = [jnp.asarray(rng.normal(size=velocity.shape)) for _ in range(2)]

    def value(position, velocity):
        return jnp.sum(weights * jnp.sin(mix(velocity, *neighbors(position), 0.8)))

    grads = jax.grad(value, argnums=(0, 1))(position, velocity)
    slope = sum(jnp.sum(g * w) for g, w in zip(grads, ways, strict=True))
    step = 1e-6
    ahead, behind = (value(position + s * ways[0], velocity + s * ways[1]) for s in (step, -step))
    np.testing.assert_allclose(slope, (ahead - behind) / (2 * step), rtol=1e-5)
