"""The learned flow around sections: prior, hierarchy, labels, forces, gradient."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, rollout
from invdesign.grids import OGrid
from invdesign.scenes import SectionFlow, SectionScene
from invdesign.scenes._forces import foil_coefficients
from invdesign.sections import SectionLayout, naca4
from invdesign.simulators import FlowSimulator, MeshNetwork
from invdesign.simulators.mesh._beyond import beyond_data
from invdesign.simulators.mesh._boundary_layer import boundary_layer
from invdesign.simulators.mesh._features import NUM_FEATURES
from invdesign.simulators.mesh._hierarchy import hierarchy
from invdesign.simulators.mesh._modes import principal_modes, row_size
from invdesign.simulators.mesh._potential import potential_flow
from invdesign.simulators.mesh._simulator import FAR_FROM_DATA, FlowStatistics, as_flow, corrections

LAYOUT = SectionLayout(num_side=22, num_base=3)  # 48 points
GRID = OGrid(8, 0.02, 10.0)


def unit(*shape):
    return jnp.stack([jnp.zeros(shape), jnp.full(shape, 0.1)])


@pytest.fixture(scope="module")
def simulator():
    network = MeshNetwork(
        NUM_FEATURES, 4, 3, 2, latent=8, num_steps=1, depth=1, num_levels=2, key=jax.random.key(0)
    )
    features = jnp.stack([jnp.zeros(NUM_FEATURES), jnp.ones(NUM_FEATURES)])
    edges = jnp.stack([jnp.zeros((2, 3)), jnp.ones((2, 3))])
    rows = np.random.default_rng(0).normal(size=(20, row_size(2 * LAYOUT.num_side)))
    statistics = FlowStatistics(features, edges, unit(4), unit(3), principal_modes(rows))
    return FlowSimulator(network, statistics, GRID, LAYOUT, num_levels=2)


def scene(name="2412", angle=0.05):
    return SectionScene(LAYOUT.fit(naca4(name)), angle)


@eqx.filter_jit
def context_of(simulator, given):
    return simulator.context(given)


@eqx.filter_jit
def answer(simulator, given):
    flow, _ = simulator.step(*simulator.init(given))
    return flow, foil_coefficients(flow)


def test_potential_flow_around_a_circle():
    """Without a corner there is no lift, and the speed is that of the doublet."""
    turn = jnp.linspace(0, 2 * jnp.pi, 201)
    circle = jnp.stack([jnp.cos(turn), jnp.sin(turn)], axis=1)
    points = np.array([[2.0, 0.0], [0.0, 2.0], [-3.0, 1.0]])
    velocity, circulation, swirl = potential_flow(
        jnp.asarray(points, jnp.float32), circle[:-1], circle[1:], jnp.zeros(())
    )
    z = points[:, 0] + 1j * points[:, 1]
    exact = np.conj(1 - 1 / z**2)
    np.testing.assert_allclose(velocity, np.stack([exact.real, exact.imag], 1), atol=3e-3)
    assert abs(float(circulation)) < 1e-2
    # More circulation around a circle is a vortex in its middle.
    vortex = np.stack([-points[:, 1], points[:, 0]], axis=1) / (2 * np.pi * abs(z[:, None]) ** 2)
    np.testing.assert_allclose(swirl, vortex, atol=3e-3)


def test_potential_flow_lifts_a_section_as_thin_ones_should():
    layout = SectionLayout()
    surface = layout.fit(naca4("0006"))
    num, angle = 2 * layout.num_side, jnp.asarray(0.05)
    far = jnp.asarray([[0.25, 8.0]])
    velocity, circulation, _ = potential_flow(far, surface[:num], surface[1 : num + 1], angle)
    lift = -2 * float(circulation)
    assert lift == pytest.approx(2 * np.pi * 0.05, rel=0.06)  # thickness adds some
    # Far away the section is a vortex.
    drift = velocity[0] - jnp.stack([jnp.cos(angle), jnp.sin(angle)])
    np.testing.assert_allclose(drift, [lift / (4 * np.pi * 8), 0.0], atol=2e-4)


def test_boundary_layer_of_a_flat_plate():
    """Even speed both ways from the middle: the 1/5 power laws of the turbulent plate."""
    along = jnp.concatenate([jnp.full(200, -1.0), jnp.full(200, 1.0)])
    lengths, viscosity = jnp.full(400, 0.005), jnp.asarray(1e-6)
    thickness, stress = boundary_layer(along, lengths, viscosity)
    x = 0.005 * (np.arange(200) + 0.5)
    np.testing.assert_allclose(thickness[200:], (0.0106 * x) ** 0.8 * 1e-6**0.2, rtol=1e-3)
    np.testing.assert_allclose(thickness[:200][::-1], thickness[200:], rtol=1e-4)
    np.testing.assert_allclose(stress[:200][::-1], -stress[200:], rtol=1e-4)
    # Prandtl's friction of a plate: 0.0592 Re_x^(-1/5) of the dynamic pressure, within 10%.
    np.testing.assert_allclose(2 * stress[-1], 0.0592 * 1e6**-0.2, rtol=0.1)


def test_levels_join_neighbors_and_cover_the_grid():
    levels = hierarchy(32, 126, 4)
    assert [(level.num_layers, level.num_points) for level in levels] == [
        (32, 126),
        (16, 63),
        (8, 21),
        (4, 7),
    ]
    for level in levels:
        senders, receivers = level.pairs
        degree = np.bincount(receivers, minlength=level.num_cells)
        ends = np.arange(level.num_cells) // level.num_points
        inner = (ends > 0) & (ends < level.num_layers - 1)
        assert (degree[inner] == 4).all() and (degree[~inner] == 3).all()
        assert (np.diff(receivers) >= 0).all()
        assert set(zip(senders, receivers, strict=True)) == set(
            zip(receivers, senders, strict=True)
        )
    rows = jnp.arange(32.0 * 126)[:, None]
    coarse = levels[0].pool(rows)
    assert float(coarse.mean()) == pytest.approx(float(rows.mean()), rel=1e-6)
    np.testing.assert_allclose(coarse[0], np.mean([0, 1, 126, 127]))
    np.testing.assert_array_equal(levels[0].pool(levels[0].spread(coarse)), coarse)
    with pytest.raises(ValueError, match="levels at most"):
        hierarchy(7, 11, 2)


def test_labels_make_the_flow_again(simulator):
    context = context_of(simulator, scene())
    keys = jax.random.split(jax.random.key(1), 4)
    flow = SectionFlow(
        nodes=context.nodes,
        velocity=jax.random.normal(keys[0], (8, 48, 2)),
        pressure=jax.random.normal(keys[1], (8, 48)),
        eddy_viscosity=jax.random.normal(keys[2], (8, 48)),
        shear=jax.random.normal(keys[3], (48, 2)),
        stream=scene().stream,
    )
    again = eqx.filter_jit(lambda c, f: as_flow(c, *corrections(c, f)))(context, flow)
    for one, other in zip(jax.tree.leaves(again), jax.tree.leaves(flow), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


def test_it_is_a_simulator_of_one_step(simulator):
    trajectory = rollout(simulator, scene(), num_steps=1)
    flow = trajectory.frames
    assert flow.velocity.shape == (1, 8, 48, 2)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(flow))
    with pytest.raises(ValueError, match="no capacity"):
        simulator.grow(2)


def test_speed_only_scales(simulator):
    """At one Reynolds number, twice the speed: twice the velocities, four times the pressures."""
    found = []
    for speed in (10.0, 20.0):
        given = SectionScene(LAYOUT.fit(naca4("2412")), 0.05, speed, 1.5e-6 * speed)
        found.append(answer(simulator, given))
    (slow, one), (fast, other) = found
    np.testing.assert_allclose(fast.velocity, 2 * slow.velocity, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(fast.pressure, 4 * slow.pressure, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(other.lift, one.lift, rtol=1e-4)


def test_even_pressure_and_no_shear_are_no_force(simulator):
    given = scene(angle=0.3)
    nodes = GRID(given.surface)
    flow = SectionFlow(
        nodes,
        jnp.zeros((8, 48, 2)),
        jnp.full((8, 48), 7.0),
        jnp.zeros((8, 48)),
        jnp.zeros((48, 2)),
        given.stream,
    )
    found = eqx.filter_jit(foil_coefficients)(flow)
    for value in (found.lift, found.drag, found.moment):
        assert abs(float(value)) < 1e-6


def test_even_shear_drags_along_itself():
    """A stress along the stream everywhere: drag is stress times circumference, lift nothing."""
    given = scene("0012", angle=0.2)
    nodes = GRID(given.surface)
    stream = jnp.stack([jnp.cos(given.angle), jnp.sin(given.angle)])
    flow = SectionFlow(
        nodes,
        jnp.zeros((8, 48, 2)),
        jnp.zeros((8, 48)),
        jnp.zeros((8, 48)),
        jnp.broadcast_to(0.3 * stream[None], (48, 2)),
        given.stream,
    )
    edge = jnp.roll(nodes[0], -1, axis=0) - nodes[0]
    around = float(jnp.linalg.norm(edge, axis=1).sum())
    found = eqx.filter_jit(foil_coefficients)(flow)
    assert float(found.drag) == pytest.approx(0.3 * around / 50, rel=1e-5)
    assert abs(float(found.lift)) < 1e-6


def test_drag_is_differentiable_down_to_the_section(simulator):
    """Against a central difference, in double precision."""
    with jax.enable_x64(True):
        double = jax.tree.map(
            lambda x: jnp.asarray(x, jnp.float64) if eqx.is_inexact_array(x) else x, simulator
        )
        surface = jnp.asarray(LAYOUT.fit(naca4("2412")), jnp.float64)
        wave = jnp.stack([jnp.zeros(48), jnp.sin(jnp.pi * surface[:, 0])], axis=1)

        @jax.jit
        def drag(amount):
            ten, viscosity = jnp.asarray(10.0), jnp.asarray(1.5e-5)
            given = SectionScene(surface + amount * wave, jnp.asarray(0.05), ten, viscosity)
            flow, _ = double.step(*double.init(given))
            return foil_coefficients(flow).drag

        slope = jax.grad(drag)(0.0)
        step = 1e-6
        assert float(slope) == pytest.approx(float(drag(step) - drag(-step)) / (2 * step), rel=1e-4)


def test_modes_tell_sections_apart():
    """Coordinates of the data are uncorrelated and of deviation 1, whatever the data's scales."""
    rng = np.random.default_rng(1)
    scales = np.array([1.0, 0.1, 0.01])
    mixing = np.linalg.qr(rng.normal(size=(12, 12)))[0][:3]
    rows = 5 + (rng.normal(size=(400, 3)) * scales) @ mixing
    modes = principal_modes(rows)
    found = (rows.astype(np.float32) - np.asarray(modes.mean)) @ np.asarray(modes.modes)
    np.testing.assert_allclose(np.cov(found[:, :3].T, bias=True), np.eye(3), atol=2e-2)
    assert not np.asarray(modes.modes)[:, 3:].any()  # noise is no mode
    distances = [float(modes.distance(jnp.asarray(row, jnp.float32))) for row in rows]
    assert np.mean(np.square(distances)) == pytest.approx(1.0, rel=1e-2)
    far = modes(jnp.asarray(rows.mean(0) + 1e4 * mixing[0], jnp.float32))
    assert np.abs(np.asarray(far)).max() < 4.1


def test_distance_to_the_data_needs_the_first_layer_only(simulator):
    """The same as along the row that the network is told."""
    far = eqx.filter_jit(simulator.distance_to_data)
    for name in ("2412", "0020"):
        context = context_of(simulator, scene(name))
        row = eqx.filter_jit(simulator.row)(context)
        np.testing.assert_allclose(far(scene(name)), simulator.statistics.modes.distance(row), 1e-4)
    assert float(far(scene("2412"))) != pytest.approx(float(far(scene("0020"))))


def test_the_angles_of_the_data_are_known_from_the_modes(simulator):
    """Evenly spread ones from -2 to 8 degrees reach 1.7 deviations to either side."""
    angles = np.radians(np.linspace(-2, 8, 200))
    rows = np.random.default_rng(2).normal(size=(200, 2)) @ np.ones((2, row_size(44))) * 1e-2
    rows[:, -1] = 10 * angles
    modes = principal_modes(rows)
    mean, deviation = (float(np.degrees(x)) for x in modes.angles)
    assert mean == pytest.approx(3, abs=1e-3) and deviation == pytest.approx(10 / 12**0.5, rel=1e-2)
    trained = eqx.tree_at(lambda s: s.statistics.modes, simulator, modes)
    low, _ = (float(np.degrees(x)) for x in trained.angles)
    assert low == pytest.approx(3 - FAR_FROM_DATA * deviation, rel=1e-3)
    distances, far = beyond_data(trained, [scene(angle=np.radians(a)) for a in (low, 9, 30)])
    assert distances.shape == (3,) and far.tolist()[-1]
    blank = eqx.tree_at(lambda m: m.modes, modes, jnp.zeros_like(modes.modes))
    assert np.isinf(blank.angles[1])


def test_a_model_of_many_reynolds_numbers_is_told_which(simulator):
    rows = np.random.default_rng(3).normal(size=(20, row_size(2 * LAYOUT.num_side, varied=True)))
    varied = eqx.tree_at(lambda s: s.statistics.modes, simulator, principal_modes(rows))
    varied = dataclasses.replace(varied, reynolds=(3e5, 3e6))
    slow, fast = (SectionScene(scene().surface, 0.05, viscosity=10 / re) for re in (4e5, 2e6))
    contexts = [context_of(varied, each) for each in (slow, fast)]
    told = [eqx.filter_jit(varied.row)(context) for context in contexts]
    changed = np.flatnonzero(np.asarray(told[1] - told[0]))
    assert changed.tolist() == [len(told[0]) - 2]  # the angle is the last
    assert float((told[1] - told[0])[-2]) == pytest.approx(np.log(5), rel=1e-5)
    # A turbulent layer's friction falls with the fifth root of the Reynolds number, about.
    ratio = np.abs(contexts[1].stress).sum() / np.abs(contexts[0].stress).sum()
    assert 5**-0.25 < ratio < 5**-0.15
    for each in (slow, fast):
        varied.check(each)
    with pytest.raises(ValueError, match=r"Reynolds numbers from 3e\+05 to 3e\+06, got 5e\+06"):
        varied.check(SectionScene(scene().surface, 0.05, viscosity=2e-6))
    with pytest.raises(ValueError, match=r"a Reynolds number of 6.67e\+05, got 4e\+05"):
        simulator.check(slow)


def test_a_section_without_a_grid_or_with_negative_drag_is_a_failure(simulator):
    play = eqx.filter_jit(rollout)

    def code(model, section):
        return RESULTS(int(play(model, section, num_steps=1, throw=False).result))

    assert code(simulator, scene()) is RESULTS.successful
    upper, lower = LAYOUT.sides(scene().surface)
    closed = 0.5 * (upper + lower)[-1]
    flat = LAYOUT.surface(upper.at[-1].set(closed), lower.at[-1].set(closed))
    assert code(simulator, SectionScene(flat, 0.05)) is RESULTS.degenerate_grid
    # Drag is linear in the unit of what the network adds at the wall: one sign of it is too much.
    codes = {
        code(
            eqx.tree_at(lambda s: s.statistics.wall, simulator, unit(3).at[1].multiply(k)), scene()
        )
        for k in (-1e4, 1e4)
    }
    assert codes == {RESULTS.successful, RESULTS.negative_drag}
    fast = SectionScene(scene().surface, 0.05, viscosity=5e-6)  # traced, where `check` sees nothing
    assert code(simulator, fast) is RESULTS.beyond_data
