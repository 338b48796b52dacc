"""The dilated network: what it sees, what it keeps, and a convolution written by hand."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from invdesign.nn import DilatedResNet
from invdesign.nn._dilated import PeriodicConv

KEY = jax.random.key(0)


def network(**settings):
    settings = {"latent": 6, "num_blocks": 1, "dilations": (1, 2), **settings}
    return DilatedResNet(2, 1, key=KEY, **settings)


@eqx.filter_jit
def apply(network, rows):
    return network(rows)


def rows(points=16, dtype=np.float32):
    return jnp.asarray(np.random.default_rng(0).standard_normal((points, 2)), dtype)


def test_a_convolution_is_the_sum_of_rolled_products():
    conv, x = PeriodicConv(2, 3, 4, key=KEY), rows()
    wanted = sum(jnp.roll(x, 4 * (1 - tap), axis=0) @ conv.weight[tap] for tap in range(3))
    np.testing.assert_allclose(conv(x), wanted, atol=1e-5)


def test_shifted_inputs_have_shifted_outputs():
    net, x = network(), rows()
    found = apply(net, jnp.roll(x, 5, axis=0))
    np.testing.assert_allclose(found, jnp.roll(apply(net, x), 5, axis=0), atol=1e-5)


def test_an_output_depends_on_what_is_within_reach():
    net, x = network(activation=jax.nn.tanh), rows(32)
    assert net.reach == 5 and net.fewest == 2
    slope = jax.jit(jax.grad(lambda x: net(x)[0, 0]))(x)
    seen = jnp.flatnonzero(jnp.abs(slope).sum(axis=1))
    np.testing.assert_array_equal(jnp.sort((seen + 16) % 32 - 16), np.arange(-5, 6))


def test_activation_and_type_are_the_callers():
    plain, bent = network(activation=lambda x: x), network()
    x = rows()
    np.testing.assert_allclose(apply(plain, 2 * x), 2 * apply(plain, x), rtol=1e-4, atol=1e-5)
    assert jnp.abs(apply(bent, 2 * x) - 2 * apply(bent, x)).max() > 1e-3
    with jax.enable_x64(True):
        assert apply(network(dtype=jnp.float64), rows(dtype=np.float64)).dtype == jnp.float64
