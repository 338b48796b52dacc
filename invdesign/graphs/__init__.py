"""Connectivity: edge lists and the searches that make them."""

from ._connectivity import (
    AbstractConnectivity as AbstractConnectivity,
    ObstacleGraph as ObstacleGraph,
    RadiusGraph as RadiusGraph,
)
from ._edges import EdgeList as EdgeList, gather as gather, segment_sum as segment_sum
from ._world import WorldGraph as WorldGraph
