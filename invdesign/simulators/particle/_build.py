"""Particle simulators from hyper-parameters."""

import dataclasses
import math
from typing import Any

import jax

from ..._types import PRNGKeyArray
from ...graphs import ObstacleGraph, RadiusGraph
from ...io._schema import Count, Depth, Number, Positive, Share, Size, as_record
from ._features import Statistics
from ._network import AbstractParticleNetwork, ParticleNetwork
from ._plain import PlainNetwork
from ._ranges import ParticleRanges
from ._simulator import ParticleSimulator

_ROOM = 1.4  # edges over those of water at rest: impacts crowd it by up to 1.2
_OBSTACLES = 4.0  # obstacles a particle feels, on average: up to 2.2 between a maze's rotors
# In space water is mostly a film: edges grow with the radius squared. In discs of so many
# particles; solver and models need up to 1.6.
_LAYERS = 2.13


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Hyper-parameters of a `ParticleSimulator`; lengths in metres.

    `symmetric`: a `ParticleNetwork`; a `PlainNetwork` otherwise. `mixing`, `parts`, `slip`: as the
    simulator's.
    """

    latent: Size
    num_steps: Depth
    depth: Depth
    normalize: bool
    radius: Positive
    reach: Positive
    symmetric: bool = True
    mixing: Share = 0.0
    parts: Number = 1
    slip: Count = 0


# Of every model whose header does not say: the scenes that those of 0.1 were trained on.
USUAL_RANGES = ParticleRanges(
    spacing=1 / 80,
    speed=3.0,
    radius=(0.015, 0.015),
    lower=(0.0, 0.0),
    upper=(1.0, 1.0),
    gravity=(0.0, -9.81),
    num_particles=256,
    num_steps=120,
)


def build_network(model: ModelConfig, *, key: PRNGKeyArray) -> AbstractParticleNetwork:
    """A network with fresh weights."""
    kind = ParticleNetwork if model.symmetric else PlainNetwork
    return kind(
        latent=model.latent,
        num_steps=model.num_steps,
        depth=model.depth,
        normalize=model.normalize,
        key=key,
    )


def hyperparameters(
    model: ModelConfig, statistics: Statistics, dt: float, ranges: ParticleRanges = USUAL_RANGES
) -> dict[str, Any]:
    """What the header of a weights file has to say to build its simulator again.

    **Arguments:** `ranges`: of the scenes that the weights have learned from.
    """
    return {
        "kind": "particle",
        "model": dataclasses.asdict(model),
        "statistics": dataclasses.asdict(statistics),
        "dt": dt,
        "ranges": dataclasses.asdict(ranges),
    }


def build_particle_simulator(header: dict[str, Any]) -> ParticleSimulator:
    """A simulator with the shapes that a weights file's header describes, weights untrained."""
    model = as_record(header["model"], ModelConfig, path="header", at="$.model")
    return make_simulator(
        build_network(model, key=jax.random.key(0)),
        model,
        Statistics(**header["statistics"]),
        header["dt"],
        ParticleRanges.from_header(header["ranges"]) if "ranges" in header else USUAL_RANGES,
    )


def make_simulator(
    network: AbstractParticleNetwork,
    model: ModelConfig,
    statistics: Statistics,
    dt: float,
    ranges: ParticleRanges = USUAL_RANGES,
) -> ParticleSimulator:
    """A simulator around a network, with room for what water at rest needs."""
    dim, near = len(ranges.lower), model.radius / ranges.spacing
    around = (_ROOM if dim == 2 else _LAYERS) * math.pi * near**2
    return ParticleSimulator(
        network=network,
        statistics=statistics,
        connectivity=RadiusGraph(model.radius, around),
        obstacle_graph=ObstacleGraph(model.reach, _OBSTACLES if dim == 2 else 1.0),
        dt=dt,
        mixing=model.mixing,
        ranges=ranges,
        dim=dim,
        parts=model.parts,
        slip=model.slip,
    )
