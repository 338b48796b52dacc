"""Numbers of a bounded energy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.spaces import Ball


def test_a_design_is_the_latent_drawn_into_the_ball():
    space, latent = Ball(3, 2.0), jnp.asarray([0.3, -0.4, 1.2])
    found = np.asarray(space.decode(latent).parameters)
    size = float(jnp.linalg.norm(latent))
    np.testing.assert_allclose(found, 2.0 * np.asarray(latent) / np.hypot(1, size), rtol=1e-6)
    assert np.linalg.norm(space.decode(1e4 * latent).parameters) == pytest.approx(2.0)


def test_samples_fill_the_ball():
    space = Ball(24, 1.5)
    latents = jax.vmap(lambda key: space.sample(key=key))(jax.random.split(jax.random.key(0), 200))
    sizes = np.linalg.norm(jax.vmap(lambda x: space.decode(x).parameters)(latents), axis=1)
    assert sizes.max() < 1.5 and np.histogram(sizes, 3, (0, 1.5))[0].min() > 40


def test_encode_is_the_inverse_of_decode():
    space = Ball(3, 2.0, [0.1, -0.2, 1.0])
    np.testing.assert_allclose(
        space.decode(space.initial()).parameters, [0.1, -0.2, 1.0], rtol=1e-5
    )
    latent = space.sample(key=jax.random.key(1))
    again = space.encode(space.decode(latent).parameters)
    np.testing.assert_allclose(again, latent, rtol=1e-4)
    surface = space.decode(space.encode([2.0, 0.0, 0.0])).parameters
    np.testing.assert_allclose(surface, [2.0, 0.0, 0.0], atol=1e-4)


def test_parameters_outside_are_refused():
    with pytest.raises(ValueError, match=r"ball of radius 1, got 1\.4"):
        Ball(2, 1.0).encode([1.0, 1.0])
    for settings in ((0, 1.0), (2, 0.0), (2, 1.0, [1.0, 1.0])):
        with pytest.raises(ValueError, match=r"Ball|ball"):
            Ball(*settings)
