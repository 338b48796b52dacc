"""Simulators from hyper-parameters: the one place where names become networks."""

import dataclasses
import math
from typing import Any

import jax

from .._types import PRNGKeyArray
from ..graphs import ObstacleGraph, RadiusGraph
from ..io import as_record
from ..simulators import (
    AbstractParticleNetwork,
    ElasticSimulator,
    FoilSimulator,
    ParticleNetwork,
    ParticleSimulator,
    PlainNetwork,
    Statistics,
    WaterRanges,
)
from ._config import ModelConfig
from ._data import metadata
from ._elastic_model import build_elastic_simulator
from ._foil_model import build_foil_simulator
from ._scenes import random_water

LearnedSimulator = ParticleSimulator | FoilSimulator | ElasticSimulator

_ROOM = 1.4  # edges over those of water at rest: impacts crowd it by up to 1.2
_OBSTACLES = 4.0  # obstacles a particle feels, on average: up to 2.2 between a maze's rotors


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


def scales(described: dict[str, Any]) -> Statistics:
    """The network's units from a data set's statistics."""
    measured = described["statistics"]
    return Statistics(
        relative_velocity=0.25 * measured["velocity"],
        obstacle_velocity=measured["velocity"],
        position_change=measured["position_change"],
        velocity_change=measured["velocity_change"],
    )


def ranges_of(described: dict[str, Any]) -> WaterRanges:
    """The scenes of a data set, as its metadata describe them.

    Speeds are drawn from a normal distribution along each axis: the fastest water is taken to be
    at three times its width, which one block in ninety exceeds.
    """
    scenes = described["scenes"]
    lower, upper = described["bounds"]
    return WaterRanges(
        spacing=scenes["spacing"],
        speed=3.0 * scenes["speed"],
        radius=(scenes["obstacle_radius"], scenes["obstacle_radius"]),
        lower=tuple(lower),
        upper=tuple(upper),
        gravity=tuple(described["gravity"]),
        num_particles=described["num_particles"],
        num_steps=described["num_steps"],
    )


# Of `generate_water` as it is, and of every model whose header does not say.
USUAL_RANGES = ranges_of(metadata(1, 0, 120, random_water(0.0)))


def hyperparameters(
    model: ModelConfig, statistics: Statistics, dt: float, ranges: WaterRanges = USUAL_RANGES
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


def build_simulator(header: dict[str, Any]) -> LearnedSimulator:
    """A simulator with the shapes that a weights file's header describes, weights untrained.

    **Raises:** `ValueError` if the header describes no known kind of model.
    """
    if header.get("kind") == "airfoil":
        return build_foil_simulator(header)
    if header.get("kind") == "elastic":
        return build_elastic_simulator(header)
    if header.get("kind") != "particle":
        raise ValueError(f"The model is of unknown kind {header.get('kind')!r}.")
    model = as_record(header["model"], ModelConfig, path="header", at="$.model")
    return make_simulator(
        build_network(model, key=jax.random.key(0)),
        model,
        Statistics(**header["statistics"]),
        header["dt"],
        WaterRanges.from_header(header["ranges"]) if "ranges" in header else USUAL_RANGES,
    )


def make_simulator(
    network: AbstractParticleNetwork,
    model: ModelConfig,
    statistics: Statistics,
    dt: float,
    ranges: WaterRanges = USUAL_RANGES,
) -> ParticleSimulator:
    """A simulator around a network, with room for what water at rest needs."""
    around = math.pi * (model.radius / ranges.spacing) ** 2
    return ParticleSimulator(
        network=network,
        statistics=statistics,
        connectivity=RadiusGraph(model.radius, _ROOM * around),
        obstacle_graph=ObstacleGraph(model.reach, _OBSTACLES),
        dt=dt,
        mixing=model.mixing,
        ranges=ranges,
    )
