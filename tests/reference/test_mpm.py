"""The reference solver against analytic answers, conservation, symmetry and an experiment."""

from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import rollout
from invdesign._geometry import closest_points
from invdesign.reference import MPM, lattice
from invdesign.scenes import ParticleScene

GRAVITY = 9.81


def make_scene(position, *, velocity=None, segments=None, gravity=GRAVITY, upper=None):
    dim = position.shape[1]
    dtype = position.dtype
    segments = np.zeros((0, 2, dim)) if segments is None else segments
    down = np.zeros(dim)
    down[1] = -gravity
    return ParticleScene(
        position=position,
        velocity=jnp.zeros_like(position) if velocity is None else jnp.asarray(velocity, dtype),
        segments=jnp.asarray(segments, dtype),
        segment_radius=jnp.full((len(segments),), 0.015, dtype),
        lower=jnp.zeros((dim,), dtype),
        upper=jnp.asarray(np.ones(dim) if upper is None else upper, dtype),
        gravity=jnp.asarray(down, dtype),
    )


@eqx.filter_jit
def run(solver, scene, num_steps):
    return rollout(solver, scene, num_steps=num_steps, throw=False)


@pytest.mark.parametrize("dim", [2, 3])
def test_free_flight_is_the_parabola(dim):
    cell, spacing = (1 / 40, 1 / 80) if dim == 2 else (1 / 20, 1 / 40)
    solver = MPM(extent=(1.0,) * dim, cell=cell, spacing=spacing)
    position = lattice((0.4,) * dim, (6,) * dim, spacing)
    start = np.array([0.5, 2.0, 0.3][:dim])
    scene = make_scene(position, velocity=np.broadcast_to(start, position.shape))
    frames = run(solver, scene, 20).frames
    times = 0.01 * np.arange(1, 21)[:, None, None]
    down = np.array([0.0, -GRAVITY, 0.0][:dim])
    parabola = np.asarray(position)[None] + times * start + 0.5 * times**2 * down
    # Semi-implicit Euler lags by half a substep of gravity, here 5e-4 m after 0.2 s.
    lag = 0.5 * GRAVITY * 0.2 * solver.dt / solver.num_substeps
    assert np.abs(np.asarray(frames.position) - parabola).max() < 1.2 * lag + 1e-4


def test_momentum_is_conserved_without_gravity_and_walls():
    blocks = [lattice((0.3, 0.45), (10, 10), 1 / 80), lattice((0.5, 0.5), (8, 8), 1 / 80)]
    position = jnp.concatenate(blocks)
    velocity = np.concatenate([np.full((100, 2), [1.0, 0.2]), np.full((64, 2), [-1.5, 0.0])])
    frames = run(MPM(), make_scene(position, velocity=velocity, gravity=0.0), 12).frames
    momentum = np.asarray(frames.velocity).sum(axis=1)
    assert np.abs(np.asarray(frames.velocity[-1]) - velocity).max() > 0.5  # they did collide
    np.testing.assert_allclose(momentum, velocity.sum(axis=0)[None].repeat(12, 0), atol=2e-3)


def test_water_at_rest_stays_at_rest_under_hydrostatic_pressure():
    depth, width = 0.2, 0.25
    solver = MPM(extent=(width, 0.5))
    position = lattice((0.0, 0.0), (20, 16), solver.spacing)
    trajectory = run(solver, make_scene(position, upper=(width, 0.5)), 150)
    speed = np.linalg.norm(np.asarray(trajectory.frames.velocity), axis=-1).mean(axis=1)
    assert speed[30:].mean() < 0.02 * np.sqrt(GRAVITY * depth)
    final = trajectory.final
    pressure = solver.sound_speed**2 * np.maximum(1 / np.asarray(final.volume) - 1, 0)
    head = GRAVITY * (depth - np.asarray(final.position)[:, 1])
    deep = head > 0.3 * GRAVITY * depth
    slope = (pressure[deep] * head[deep]).sum() / (head[deep] ** 2).sum()
    assert abs(slope - 1) < 0.1


def test_splash_settles_to_the_depth_of_its_area():
    width = 0.25
    solver = MPM(extent=(width, 0.75))
    position = lattice((0.0, 0.25), (10, 32), solver.spacing)  # 0.05 m2: 0.2 m deep, 8 cells
    frames = run(solver, make_scene(position, upper=(width, 0.75)), 500).frames
    depth = 2 * np.asarray(frames.position)[-100:, :, 1].mean()
    assert abs(depth / 0.2 - 1) < 0.05


def random_polylines(rng, count):
    segments = []
    for _ in range(count):
        start, angle = rng.uniform(0.15, 0.85, 2), rng.uniform(0, 2 * np.pi)
        for _ in range(4):
            angle += rng.normal() * 0.9
            end = start + 0.1 * np.array([np.cos(angle), np.sin(angle)])
            segments.append([start, end])
            start = end
    return np.array(segments)


@pytest.mark.parametrize("seed", range(3))
def test_no_particle_enters_a_tool_or_leaves_the_box(seed):
    rng = np.random.default_rng(seed)
    segments = random_polylines(rng, 4)
    position = lattice((0.05, 0.05), (24, 24), 1 / 30)
    clear = np.asarray(closest_points(position, jnp.asarray(segments, jnp.float32))[1]).min(1)
    position = position[jnp.asarray(clear > 0.02)]
    velocity = rng.normal(size=position.shape) * 4.0
    scene = make_scene(position, velocity=velocity, segments=segments)
    frames = np.asarray(run(MPM(), scene, 60).frames.position)
    assert frames.min() >= 0 and frames.max() <= 1
    distance = closest_points(jnp.asarray(frames.reshape(-1, 2)), scene.segments)[1]
    # Where two links meet at a sharp angle a particle may sit a little inside one of them.
    assert float(distance.min()) > 0.6 * 0.015


def test_a_closed_vessel_holds_its_water():
    angle = np.linspace(0, 2 * np.pi, 13)
    corners = 0.5 + 0.3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    segments = np.stack([corners[:-1], corners[1:]], axis=1)
    position = lattice((0.35, 0.4), (20, 20), 1 / 80)
    velocity = np.broadcast_to([5.0, -3.0], position.shape)
    frames = run(MPM(), make_scene(position, velocity=velocity, segments=segments), 200).frames
    reach = np.linalg.norm(np.asarray(frames.position) - 0.5, axis=-1)
    assert reach.max() < 0.3 - 0.014


def front_error(cell):
    """Largest relative distance of the simulated front from the measured one."""
    table = np.loadtxt(Path(__file__).with_name("martin_moyce_1952.csv"), delimiter=",", skiprows=3)
    width = 0.18
    spacing = cell / 2
    counts = (round(width / spacing), round(2 * width / spacing))
    solver = MPM(cell=cell, spacing=spacing, dt=0.005)
    frames = run(solver, make_scene(lattice((0.0, 0.0), counts, spacing)), 78).frames
    # What a camera sees as the front is more than the one particle that leads.
    front = np.quantile(np.asarray(frames.position)[..., 0], 0.995, axis=1) + spacing / 2
    times = 0.005 * np.arange(1, 79) * np.sqrt(2 * GRAVITY / width)
    simulated = np.interp(table[:, 1], times, front / width)
    return np.abs(simulated / table[:, 2] - 1).max()


def test_dam_break_front_follows_the_experiment():
    assert front_error(1 / 60) < 0.15


@pytest.mark.slow
def test_dam_break_front_on_a_finer_grid():
    assert front_error(1 / 120) < 0.15


def test_deterministic_and_batchable():
    rng = np.random.default_rng(0)
    segments = random_polylines(rng, 1)
    scenes = [
        make_scene(lattice((0.1 * i, 0.6), (6, 6), 1 / 80), segments=segments) for i in (1, 4)
    ]
    alone = [run(MPM(), scene, 10).frames.position for scene in scenes]
    again = run(MPM(), scenes[0], 10).frames.position
    assert np.array_equal(alone[0], again)
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *scenes)
    together = jax.vmap(lambda s: rollout(MPM(), s, num_steps=10, throw=False))(stacked)
    np.testing.assert_allclose(together.frames.position, jnp.stack(alone), atol=1e-4)


def test_reflected_scenes_move_reflected():
    segments = np.array([[[0.3, 0.3], [0.6, 0.2]]])

    def mirror(x):
        return np.stack([1 - np.asarray(x)[..., 0], np.asarray(x)[..., 1]], axis=-1)

    position = lattice((0.3, 0.5), (8, 8), 1 / 80)
    one = run(MPM(), make_scene(position, segments=segments), 25).frames.position
    other = make_scene(jnp.asarray(mirror(position)), segments=mirror(segments))
    two = run(MPM(), other, 25).frames.position
    np.testing.assert_allclose(mirror(two), one, atol=2e-3)


def test_gradient_agrees_with_finite_differences():
    with jax.enable_x64(True):
        position = lattice((0.42, 0.36), (8, 8), 1 / 80, jnp.float64)

        def height(angle):
            tip = jnp.stack([jnp.cos(angle), jnp.sin(angle)])
            center = jnp.asarray([0.5, 0.28], jnp.float64)
            segment = jnp.stack([center - 0.2 * tip, center + 0.2 * tip])
            scene = eqx.tree_at(
                lambda s: s.segments,
                make_scene(position, segments=np.zeros((1, 2, 2))),
                segment[None],
            )
            trajectory = rollout(MPM(), scene, num_steps=25, throw=False)
            return trajectory.frames.position[-1, :, 0].mean()

        angle, step = jnp.asarray(0.3, jnp.float64), 1e-5
        _, slope = jax.jit(jax.value_and_grad(height))(angle)
        jitted = jax.jit(height)
        difference = (jitted(angle + step) - jitted(angle - step)) / (2 * step)
        assert abs(slope) > 1e-2
        np.testing.assert_allclose(slope, difference, rtol=1e-4)


def test_refuses_what_it_cannot_simulate():
    with pytest.raises(ValueError, match="needs cell > 0"):
        MPM(cell=0.0)
    with pytest.raises(ValueError, match="needs scenes of 3 dimensions, got 2"):
        MPM(extent=(1.0, 1.0, 1.0)).init(make_scene(lattice((0.1, 0.1), (2, 2), 1 / 80)))
    with pytest.raises(ValueError, match="no capacity"):
        MPM().grow(2.0)
