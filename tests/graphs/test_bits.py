import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.graphs._bits import num_words, pack_bits, unpack_bits


@pytest.mark.parametrize("width", [1, 31, 32, 33, 64, 70])
def test_bits_survive_packing(width):
    on = np.random.default_rng(width).random((9, width)) < 0.5
    words = pack_bits(jnp.asarray(on))
    assert words.shape == (9, num_words(width)) and words.dtype == np.uint32
    np.testing.assert_array_equal(unpack_bits(words, width), on)


def test_the_lowest_bit_is_the_first_column():
    on = np.zeros((2, 40), bool)
    on[0, [0, 5]] = on[1, 39] = True
    np.testing.assert_array_equal(pack_bits(jnp.asarray(on)), [[1 + 2**5, 0], [0, 2**7]])
