"""What every design space keeps, whatever its kind."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import spaces
from invdesign.sections import SectionLayout, naca4

KEY = jax.random.key(0)


def _bounds(space):
    """Lower and upper bounds of the parameters, written down independently of the space."""
    match space:
        case spaces.JointChain():
            return -np.full(space.size, space.max_bend), np.full(space.size, space.max_bend)
        case spaces.Rotors():
            return -np.full(space.size, space.max_angle), np.full(space.size, space.max_angle)
        case spaces.HeightField():
            return -np.full(space.size, space.amplitude), np.full(space.size, space.amplitude)
        case spaces.FFD():
            shape = np.repeat([float(space.max_camber), float(space.max_opening)], [3, 5])
            turns = np.ones(space.size - 8)
            low, high = np.asarray(space.angles)
            return np.append(-shape, low * turns), np.append(shape, high * turns)
        case spaces.CST():
            weights, turns = np.asarray(space.fit(space.baseline)), np.ones(space.size - 10)
            change, (low, high) = np.asarray(space.max_change), np.asarray(space.angles)
            lower = np.append(weights - change, low * turns)
            return lower, np.append(weights + change, high * turns)
        case spaces.Deflectors():
            return np.asarray(space.lower), np.asarray(space.upper)
        case spaces.Box():
            return np.asarray(space.lower), np.asarray(space.upper)
        case spaces.Product():
            pairs = [_bounds(part) for part in space.spaces]
            return tuple(np.concatenate(side) for side in zip(*pairs, strict=True))
    raise AssertionError(f"add the bounds of {type(space)}")


LAYOUT = SectionLayout(20, 1)
SECTION = LAYOUT.fit(naca4("2412"))
SPACES = {
    "lattice": spaces.FFD(SECTION, LAYOUT),
    "lattice, three angles": spaces.FFD(SECTION, LAYOUT, initial_angles=(0.0, 0.05, 0.1)),
    "class and shape": spaces.CST(SECTION, LAYOUT),
    "chain from its end": spaces.JointChain(6, 0.6, (0.1, 0.5)),
    "chain from its middle": spaces.JointChain(
        7, 0.5, (0.5, 0.4), base_angle=0.3, root=3, max_bend=1.1, initial_parameters=-0.1
    ),
    "rotors": spaces.Rotors([[0.2, 0.5], [0.5, 0.5], [0.8, 0.5]], 0.2),
    "deflectors": spaces.Deflectors(
        [[0.3, 0.5], [0.6, 0.4]],
        0.2,
        [-1.0, -0.1, 0.2, -0.05],
        [0.5, 0.1, 1.2, 0.1],
        0.01,
        [0.0, 0.02, 0.9, 0.0],
    ),
    "height field": spaces.HeightField(nodes=4),
    "box": spaces.Box([-1.0, 0.0, 5.0], [1.0, 0.1, 9.0], [0.5, 0.05, 6.0]),
    "product": spaces.Product(
        (spaces.JointChain(3, 0.3, (0.2, 0.5)), spaces.Box([0.0], [1.0])),
    ),
}


@pytest.fixture(params=SPACES.values(), ids=SPACES.keys())
def space(request):
    return request.param


def test_every_latent_gives_parameters_within_the_bounds(space):
    lower, upper = _bounds(space)
    latents = [jnp.full((space.size,), z) for z in (-1e3, -3.0, 0.0, 3.0, 1e3)]
    for latent in [*latents, space.initial(), space.sample(key=KEY)]:
        parameters = np.asarray(eqx.filter_jit(space.decode)(latent).parameters)
        assert (parameters >= lower.astype(parameters.dtype)).all()
        assert (parameters <= upper.astype(parameters.dtype)).all()


def test_parameters_grow_with_the_latent_and_reach_both_ends(space):
    lower, upper = _bounds(space)
    grid = jnp.linspace(-4.0, 4.0, 41)
    curve = jax.vmap(lambda z: space.decode(jnp.full((space.size,), z)).parameters)(grid)
    assert (np.diff(curve, axis=0) > 0).all()
    np.testing.assert_allclose(curve[0], lower, atol=1e-3 * (upper - lower).max())
    np.testing.assert_allclose(curve[-1], upper, atol=1e-3 * (upper - lower).max())


def test_encode_is_the_inverse_of_decode(space):
    for latent in (space.initial(), space.sample(key=KEY)):
        design = space.decode(latent)
        again = space.decode(space.encode(np.asarray(design.parameters).tolist()))
        np.testing.assert_allclose(again.parameters, design.parameters, rtol=2e-5, atol=2e-5)


def test_encode_takes_parameters_on_their_bounds(space):
    for bound in _bounds(space):
        latent = space.encode(bound)
        assert np.isfinite(latent).all()
        np.testing.assert_allclose(space.decode(latent).parameters, bound, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("flaw", ["nan", "inf", "short", "high", "text"])
def test_encode_refuses_what_is_no_design(space, flaw):
    parameters = np.asarray(space.decode(space.initial()).parameters, float)
    match flaw:
        case "nan" | "inf":
            parameters[-1] = float(flaw)
        case "short":
            parameters = parameters[:-1]
        case "high":
            parameters[0] = _bounds(space)[1][0] * 1.01 + 1e-3
        case "text":
            parameters = ["wide"] * space.size
    with pytest.raises(ValueError, match=r"parameter|angle|height offset"):
        space.encode(parameters)


def test_sizes_agree(space):
    assert space.initial().shape == (space.size,)
    assert space.sample(key=KEY).shape == (space.size,)
    assert space.decode(space.initial()).parameters.shape == (space.size,)


def test_samples_follow_the_key_and_cover_the_space(space):
    np.testing.assert_array_equal(space.sample(key=KEY), space.sample(key=KEY))
    lower, upper = _bounds(space)
    keys = jax.random.split(KEY, 400)
    drawn = jax.jit(jax.vmap(lambda k: space.decode(space.sample(key=k)).parameters))(keys)
    unit = (np.asarray(drawn) - lower) / (upper - lower)
    counts = np.stack([np.histogram(column, bins=4, range=(0, 1))[0] for column in unit.T])
    assert counts.sum() == unit.size
    assert counts.min() > 60  # of 100 expected: four standard deviations below


def test_jit_and_vmap_change_nothing(space):
    latents = jnp.stack([space.sample(key=k) for k in jax.random.split(KEY, 3)])
    eager = [space.decode(z) for z in latents]
    jitted = [eqx.filter_jit(space.decode)(z) for z in latents]
    mapped = jax.vmap(space.decode)(latents)
    for index, design in enumerate(eager):
        for a, b, c in zip(*map(jax.tree.leaves, (design, jitted[index], mapped)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(a, c[index], rtol=1e-5, atol=1e-6)


def test_gradients_are_finite_everywhere_and_right_where_they_matter(space):
    def total(latent):
        leaves = jax.tree.leaves(space.decode(latent))
        return sum(jnp.sum(jnp.sin(3.0 * leaf)) for leaf in leaves)

    with jax.enable_x64(True):
        value, gradient = jax.jit(total), jax.jit(jax.grad(total))
        for scale in (-1e3, 0.0, 1e3):
            assert np.isfinite(gradient(jnp.full((space.size,), scale, jnp.float64))).all()
        latent = np.asarray(space.initial(), np.float64) + 0.2
        direction = np.random.default_rng(0).normal(size=space.size)
        automatic = np.vdot(gradient(latent), direction)
        central = (value(latent + 1e-6 * direction) - value(latent - 1e-6 * direction)) / 2e-6
        np.testing.assert_allclose(automatic, central, rtol=1e-6)


def test_designs_have_the_type_of_their_latent(space):
    with jax.enable_x64(True):
        design = space.decode(jnp.zeros((space.size,), jnp.float64))
    assert {leaf.dtype for leaf in jax.tree.leaves(design)} == {np.dtype("float64")}
    design = space.decode(jnp.zeros((space.size,), jnp.float32))
    assert {leaf.dtype for leaf in jax.tree.leaves(design)} == {np.dtype("float32")}


@pytest.mark.parametrize("name", [n for n, s in SPACES.items() if hasattr(s, "places")])
def test_places_are_those_of_the_parameters_in_units_of_the_extent(name):
    space = SPACES[name]
    assert isinstance(space, spaces.AbstractPlaced)
    places = np.asarray(space.places())
    assert places.shape[0] == space.size and places.ndim == 2
    assert 0.5 < np.ptp(places, axis=0).max() <= 1.0 + 1e-6
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    assert apart[~np.eye(space.size, dtype=bool)].min() > 0


def test_a_node_of_a_height_field_lies_where_its_height_is():
    space = spaces.HeightField(nodes=4)
    index = 4 * 1 + 3
    heights = space.decode(space.initial().at[index].add(0.1)).heights - 0.5
    node = np.unravel_index(np.abs(np.asarray(heights)).argmax(), (4, 4))
    np.testing.assert_allclose(space.places()[index], np.asarray(node) / 3, rtol=1e-6)


@pytest.mark.parametrize("words", ["0.1", True, None, 1j])
def test_only_numbers_are_parameters(space, words):
    with pytest.raises(ValueError, match="A design here is"):
        space.encode([words] * space.size)
