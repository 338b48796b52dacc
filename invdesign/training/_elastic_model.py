"""Simulators of elastic bodies from hyper-parameters."""

import dataclasses
import math
from typing import Any

import jax
import numpy as np

from .._types import PRNGKeyArray
from ..graphs import RadiusGraph, WorldGraph
from ..io import as_record
from ..simulators import ElasticNetwork, ElasticRanges, ElasticSimulator, ElasticStatistics
from ..simulators.mesh import blank_units, num_features
from ._config import ElasticModelConfig
from ._elastic_data import elastic_metadata
from ._elastic_scenes import GRAVITY, RandomStrips

_DIM = 2
_ROOM = 2.0  # nodes within the radius over those of a mesh at rest: bodies fold, and touch


def build_elastic_network(model: ElasticModelConfig, *, key: PRNGKeyArray) -> ElasticNetwork:
    """A network with fresh weights."""
    return ElasticNetwork(
        latent=model.latent, num_steps=model.num_steps, depth=model.depth, key=key
    )


def elastic_header(model: ElasticModelConfig, described: dict[str, Any]) -> dict[str, Any]:
    """What the header of a weights file has to say to build its simulator again."""
    around = math.pi * (model.radius / described["scenes"]["spacing"]) ** 2
    return {
        "kind": "elastic",
        "model": dataclasses.asdict(model),
        "edges_per_node": math.ceil(_ROOM * around),
        "dt": described["dt"],
        "ranges": dataclasses.asdict(elastic_ranges(described)),
    }


def elastic_ranges(described: dict[str, Any]) -> ElasticRanges:
    """The scenes of a data set of strips, as its metadata describe them."""
    strips = RandomStrips(**described["scenes"])
    rest, edges = strips.mesh()
    lengths = np.linalg.norm(rest[edges[:, 1]] - rest[edges[:, 0]], axis=1)
    return ElasticRanges(
        edge=(float(lengths.min()), float(lengths.max())),
        speed=max(strips.fastest_drive, math.sqrt(2) * strips.swing),
        reach=strips.radius,
        gravity=GRAVITY,
        num_nodes=len(rest),
        num_steps=described["num_steps"],
    )


# Of `generate_elastic` as it is, and of every model whose header does not say.
USUAL = elastic_ranges(elastic_metadata(1, 0, 100, RandomStrips()))


def make_elastic_simulator(
    network: ElasticNetwork, statistics: ElasticStatistics, header: dict[str, Any]
) -> ElasticSimulator:
    """A simulator around a network; `header` as `elastic_header` writes it."""
    return ElasticSimulator(
        network=network,
        statistics=statistics,
        world=WorldGraph(RadiusGraph(header["model"]["radius"], header["edges_per_node"])),
        dt=header["dt"],
        ranges=ElasticRanges.from_header(header["ranges"]) if "ranges" in header else USUAL,
    )


def build_elastic_simulator(header: dict[str, Any]) -> ElasticSimulator:
    """A simulator with the shapes that a weights file's header describes, untrained."""
    model = as_record(header["model"], ElasticModelConfig, path="header", at="$.model")
    network = build_elastic_network(model, key=jax.random.key(0))
    edges = num_features(_DIM, _DIM)[1]
    statistics = ElasticStatistics(blank_units(_DIM), blank_units(edges), blank_units(_DIM))
    return make_elastic_simulator(network, statistics, header)
