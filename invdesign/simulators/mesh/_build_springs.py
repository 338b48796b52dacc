"""Simulators of elastic bodies from hyper-parameters."""

import dataclasses
import math
from typing import Any

import jax

from ..._types import PRNGKeyArray
from ...graphs import RadiusGraph, WorldGraph
from ...io._schema import Depth, Positive, Size, as_record
from ._springs import SpringSimulator
from ._springs_features import SpringStatistics, num_features
from ._springs_network import SpringNetwork
from ._springs_ranges import SpringRanges
from ._units import blank_units

_DIM = 2
_ROOM = 2.0  # nodes within the radius over those of a mesh at rest: bodies fold, and touch


@dataclasses.dataclass(frozen=True)
class SpringModelConfig:
    """Hyper-parameters of an `SpringSimulator`, as `SpringNetwork` has them.

    `radius`: of edges of the world, in metres.
    """

    latent: Size
    num_steps: Depth
    depth: Depth
    radius: Positive


# Of every model whose header does not say: the strips that those of 0.1 were trained on.
USUAL_RANGES = SpringRanges(
    edge=(0.04005376811213651, 0.07071067811865477),
    speed=1.3341664064126335,
    reach=0.09,
    gravity=(0.0, -9.81),
    num_nodes=50,
    num_steps=100,
)


def build_elastic_network(model: SpringModelConfig, *, key: PRNGKeyArray) -> SpringNetwork:
    """A network with fresh weights."""
    return SpringNetwork(latent=model.latent, num_steps=model.num_steps, depth=model.depth, key=key)


def elastic_header(
    model: SpringModelConfig, *, spacing: float, dt: float, ranges: SpringRanges
) -> dict[str, Any]:
    """What the header of a weights file has to say to build its simulator again.

    **Arguments:** `spacing`: of neighboring nodes at rest in metres; `dt`: seconds a frame;
    `ranges`: of the scenes that the weights have learned from.
    """
    around = math.pi * (model.radius / spacing) ** 2
    return {
        "kind": "springs",
        "model": dataclasses.asdict(model),
        "edges_per_node": math.ceil(_ROOM * around),
        "dt": dt,
        "ranges": dataclasses.asdict(ranges),
    }


def make_elastic_simulator(
    network: SpringNetwork, statistics: SpringStatistics, header: dict[str, Any]
) -> SpringSimulator:
    """A simulator around a network; `header` as `elastic_header` writes it."""
    return SpringSimulator(
        network=network,
        statistics=statistics,
        world=WorldGraph(RadiusGraph(header["model"]["radius"], header["edges_per_node"])),
        dt=header["dt"],
        ranges=SpringRanges.from_header(header["ranges"]) if "ranges" in header else USUAL_RANGES,
    )


def build_elastic_simulator(header: dict[str, Any]) -> SpringSimulator:
    """A simulator with the shapes that a weights file's header describes, untrained."""
    model = as_record(header["model"], SpringModelConfig, path="header", at="$.model")
    network = build_elastic_network(model, key=jax.random.key(0))
    edges = num_features(_DIM, _DIM)[1]
    statistics = SpringStatistics(blank_units(_DIM), blank_units(edges), blank_units(_DIM))
    return make_elastic_simulator(network, statistics, header)
