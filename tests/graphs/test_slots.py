"""Numbers of slots: enough, hardly more than enough, and such that a list parts into blocks."""

import equinox as eqx
import jax.numpy as jnp
import pytest

from invdesign.graphs import ObstacleGraph, RadiusGraph
from invdesign.graphs._slots import BLOCK, num_blocks, whole_blocks
from invdesign.nn._blocks import block_size


@pytest.mark.parametrize("number", [257, 4001, 17_158, 104_729, 452_953, 4 * 999_983])
def test_lists_part_into_blocks_and_have_hardly_a_slot_to_spare(number):
    slots = whole_blocks(number)
    assert number <= slots < number + num_blocks(slots)
    assert num_blocks(slots) > 1 and slots % num_blocks(slots) == 0
    assert slots // num_blocks(slots) <= BLOCK
    assert block_size(slots) == slots // num_blocks(slots)


def test_what_parts_already_and_short_lists_stay_as_they_are():
    assert [whole_blocks(n) for n in (1, 3, 61, 256, 2304, 16_000)] == [1, 3, 61, 256, 2304, 16_000]
    for number in range(1, 9000, 7):
        assert whole_blocks(whole_blocks(number)) == whole_blocks(number)


def test_searches_make_lists_that_part():
    assert num_blocks(1543) == 1  # what a mean of 1 edge a node would need
    points = jnp.linspace(0.0, 1.0, 2 * 1543).reshape(1543, 2)
    edges, _ = eqx.filter_eval_shape(RadiusGraph(1e-3, 1.0), points)
    assert edges.mask.size == whole_blocks(1543) > 1543
    edges, _ = eqx.filter_eval_shape(ObstacleGraph(1e-3, 1.0), jnp.ones((1543, 1)))
    assert edges.mask.size == whole_blocks(1543)
