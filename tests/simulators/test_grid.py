"""The simulator of fields: symmetry, conservation, headers, what it refuses and remarks."""

import dataclasses
import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import rollout
from invdesign.scenes import PeriodicField
from invdesign.simulators.grid._build import (
    GridModelConfig,
    build_grid_network,
    build_grid_simulator,
    grid_header,
    make_grid_simulator,
)
from invdesign.simulators.grid._ranges import FieldRanges
from invdesign.simulators.grid._simulator import FieldStatistics

POINTS = 24
RANGES = FieldRanges(largest=3.0, roughest=0.1, mean=0.0, num_steps=40)
STATISTICS = FieldStatistics(field=1.3, increment=0.2)


def header(**changes):
    model = GridModelConfig(**{"latent": 4, "num_blocks": 1, **changes})
    return grid_header(model, STATISTICS, length=15.0, num_points=POINTS, dt=0.5, ranges=RANGES)


def simulator(**changes):
    described = header(**changes)
    network = build_grid_network(GridModelConfig(**described["model"]), key=jax.random.key(1))
    return make_grid_simulator(network, described)


def waves(scale=1.0, number=3):
    places = 2 * np.pi * np.arange(POINTS) / POINTS
    return jnp.asarray(scale * np.cos(number * places + 0.3), jnp.float32)


@eqx.filter_jit
def roll(simulator, field, num_steps=5):
    scene = PeriodicField(field, 15.0)
    return rollout(simulator, scene, num_steps=num_steps, throw=False).frames.field


def test_it_moves_the_field_by_what_its_network_says():
    model, field = simulator(conserved=False), waves()
    change = (
        STATISTICS.increment
        * eqx.filter_jit(model.network)(field[:, None] / STATISTICS.field)[:, 0]
    )
    np.testing.assert_allclose(roll(model, field, 1)[0], field + change, atol=1e-6)
    assert jnp.abs(change).max() > 1e-3


def test_shifts_are_kept():
    model, field = simulator(), waves()
    shifted = roll(model, jnp.roll(field, 5))
    np.testing.assert_allclose(shifted, jnp.roll(roll(model, field), 5, axis=1), atol=1e-5)


@pytest.mark.parametrize("conserved", [True, False])
def test_the_mean_stays_if_it_is_conserved(conserved):
    means = roll(simulator(conserved=conserved), waves() + 0.1).mean(axis=1)
    assert (abs(float(means[-1]) - 0.1) < 1e-5) == conserved


def test_a_simulator_is_built_again_from_its_header():
    model = simulator(activation="tanh")
    built = build_grid_simulator(json.loads(json.dumps(header(activation="tanh"))))
    assert jax.tree.structure(built) == jax.tree.structure(model)
    assert built.ranges == RANGES and built.statistics == STATISTICS


def test_hyper_parameters_that_cannot_be_are_refused():
    for model in (
        {"latent": 0, "num_blocks": 1},
        {"latent": 4, "num_blocks": 1, "activation": "x"},
    ):
        with pytest.raises(ValueError, match=r"\$\.model"):
            build_grid_simulator({**header(), "model": model})
    with pytest.raises(ValueError, match="8 points or more"):
        dataclasses.replace(simulator(), num_points=6)


def test_other_points_or_lengths_are_refused():
    for field, length in ((jnp.zeros(POINTS + 2), 15.0), (jnp.zeros(POINTS), 16.0)):
        with pytest.raises(ValueError, match=r"model has 24 points on a length of 15, and"):
            rollout(simulator(), PeriodicField(field, length), num_steps=1)


@pytest.mark.parametrize(
    ("field", "num_steps", "match"),
    [
        (waves(5.0), None, "up to 4.78; the model has seen up to 3"),
        (waves(number=9), None, "upper half of its waves"),
        (waves() + 0.2, None, "mean of the field is 0.2"),
        (waves(), 50, "50 frames"),
    ],
)
def test_what_is_beyond_its_data_is_said(field, num_steps, match):
    (note,) = simulator().check(PeriodicField(field, 15.0), num_steps)
    assert match in note
    assert simulator().check(PeriodicField(waves(), 15.0), 40) == ()


def test_ranges_are_those_of_the_data():
    fields = np.stack([[waves(2.0), waves(number=12)], [waves() + 0.5, 0 * waves()]])
    found = FieldRanges.measured(fields)
    assert found.largest == pytest.approx(2.0, rel=0.05) and found.num_steps == 1
    assert found.roughest == pytest.approx(1.0) and found.mean == pytest.approx(0.5)
