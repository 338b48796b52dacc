"""The trust region: distances of scenes from a model's data as a constraint."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.objectives import CloseToData


class Shifted(eqx.Module):
    """A scene that is the design beside its condition."""

    def __call__(self, design, condition):
        return design - condition


def norm(scene):
    return jnp.linalg.norm(scene)


CONDITIONS = jnp.asarray([[0.0, 0.0], [3.0, 0.0]])
CLOSE = CloseToData(norm, Shifted(), CONDITIONS, 2.0)


def test_an_entry_a_condition_positive_within_the_limit():
    entries = CLOSE(None, jnp.asarray([0.0, 1.0]))
    np.testing.assert_allclose(entries, [2 - 1, 2 - np.sqrt(10)], rtol=1e-6)
    assert not CLOSE.simulated and not CLOSE.equality


def test_entries_have_the_slope_of_the_distance():
    slopes = jax.jacfwd(lambda design: CLOSE(None, design))(jnp.asarray([0.0, 4.0]))
    np.testing.assert_allclose(slopes, [[0.0, -1.0], [0.6, -0.8]], atol=1e-6)


@pytest.mark.parametrize("limits", [{"limit": 0.0}, {"limit": 1.0, "tolerance": 0.0}])
def test_limits_have_to_be_positive(limits):
    with pytest.raises(ValueError, match="above 0"):
        CloseToData(norm, Shifted(), CONDITIONS, **limits)
