"""Simulators of fields from hyper-parameters."""

import dataclasses
from typing import Annotated, Any

import jax
from msgspec import Meta

from ..._types import PRNGKeyArray
from ...io._schema import Depth, Size, as_record
from ...nn import DilatedResNet
from ._ranges import FieldRanges
from ._simulator import FieldStatistics, GridSimulator

_ACTIVATIONS = {"gelu": jax.nn.gelu, "relu": jax.nn.relu, "silu": jax.nn.silu, "tanh": jax.nn.tanh}
_Activation = Annotated[str, Meta(pattern=f"^({'|'.join(_ACTIVATIONS)})$")]


@dataclasses.dataclass(frozen=True)
class GridModelConfig:
    """Hyper-parameters of a `GridSimulator`, as `DilatedResNet` has them.

    `activation`: "gelu", "relu", "silu" or "tanh"; `conserved`: whether the mean of the field stays
    as it is.
    """

    latent: Size
    num_blocks: Depth
    activation: _Activation = "gelu"
    conserved: bool = True


def build_grid_network(model: GridModelConfig, *, key: PRNGKeyArray) -> DilatedResNet:
    """A network with fresh weights."""
    return DilatedResNet(
        1,
        1,
        latent=model.latent,
        num_blocks=model.num_blocks,
        activation=_ACTIVATIONS[model.activation],
        key=key,
    )


def grid_header(
    model: GridModelConfig,
    statistics: FieldStatistics,
    *,
    length: float,
    num_points: int,
    dt: float,
    ranges: FieldRanges,
) -> dict[str, Any]:
    """What the header of a weights file has to say to build its simulator again.

    **Arguments:** `length`, `num_points`, `dt`: as the simulator's; `ranges`: of the fields that
    the weights have learned from.
    """
    return {
        "model": dataclasses.asdict(model),
        "statistics": dataclasses.asdict(statistics),
        "length": length,
        "num_points": num_points,
        "dt": dt,
        "ranges": dataclasses.asdict(ranges),
    }


def make_grid_simulator(network: DilatedResNet, header: dict[str, Any]) -> GridSimulator:
    """A simulator around a network; `header` as `grid_header` writes it."""
    return GridSimulator(
        network=network,
        statistics=FieldStatistics(**header["statistics"]),
        length=header["length"],
        num_points=header["num_points"],
        dt=header["dt"],
        conserved=header["model"]["conserved"],
        ranges=FieldRanges.from_header(header["ranges"]),
    )


def build_grid_simulator(header: dict[str, Any]) -> GridSimulator:
    """A simulator with the shapes that a weights file's header describes, untrained."""
    model = as_record(header["model"], GridModelConfig, path="header", at="$.model")
    return make_grid_simulator(build_grid_network(model, key=jax.random.key(0)), header)
