"""Connectivity: edge lists and the searches that make them."""

from ._bits import num_words as num_words, pack_bits as pack_bits, unpack_bits as unpack_bits
from ._connectivity import (
    AbstractConnectivity as AbstractConnectivity,
    ObstacleGraph as ObstacleGraph,
    RadiusGraph as RadiusGraph,
)
from ._edges import (
    EdgeList as EdgeList,
    add_rows as add_rows,
    gather as gather,
    segment_sum as segment_sum,
    take_rows as take_rows,
)
from ._pairs import list_pairs as list_pairs
from ._world import WorldGraph as WorldGraph, both_ways as both_ways, pair_values as pair_values
