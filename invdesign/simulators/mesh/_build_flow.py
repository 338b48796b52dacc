"""Simulators of flows around sections from hyper-parameters."""

import dataclasses
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import msgspec
from msgspec import Meta

from ..._types import PRNGKeyArray
from ...grids import OGrid
from ...io._schema import Depth, Positive, Size, as_record
from ...sections import SectionLayout
from ._features import NUM_FEATURES
from ._modes import NUM_MODES, REYNOLDS, SurfaceModes, row_size
from ._network import MeshNetwork
from ._simulator import FlowSimulator, FlowStatistics
from ._units import blank_units

NUM_FIELDS, NUM_WALL, NUM_SECTION = 4, 3, 2
_MOST = 10_000  # points or layers


@dataclasses.dataclass(frozen=True)
class FlowModelConfig:
    """Hyper-parameters of a `FlowSimulator`, as `MeshNetwork` has them."""

    latent: Size
    num_steps: Depth
    depth: Depth
    num_levels: Depth


class GridHeader(msgspec.Struct):
    """An `OGrid` as files describe it."""

    num_layers: Annotated[int, Meta(ge=1, le=_MOST)]
    first: Positive
    distance: Positive


class LayoutHeader(msgspec.Struct):
    """A `SectionLayout` as files describe it."""

    num_side: Annotated[int, Meta(ge=8, le=_MOST)]
    num_base: Annotated[int, Meta(ge=0, le=_MOST)]
    trailing: Annotated[float, Meta(ge=0, lt=1)]


class _Known(msgspec.Struct):
    reynolds: tuple[Positive, Positive] = (REYNOLDS, REYNOLDS)


def build_mesh_network(model: FlowModelConfig, *, key: PRNGKeyArray) -> MeshNetwork:
    """A network with fresh weights."""
    return MeshNetwork(
        NUM_FEATURES,
        NUM_FIELDS,
        NUM_WALL,
        NUM_SECTION,
        latent=model.latent,
        num_steps=model.num_steps,
        depth=model.depth,
        num_levels=model.num_levels,
        key=key,
    )


def make_foil_simulator(
    network: MeshNetwork,
    statistics: FlowStatistics,
    model: FlowModelConfig,
    header: dict[str, Any],
) -> FlowSimulator:
    """A simulator around a network, on the mesh of a `foil_header`, for its Reynolds numbers."""
    mesh = header["mesh"]
    return FlowSimulator(
        network=network,
        statistics=statistics,
        grid=OGrid(**mesh["grid"]),
        layout=SectionLayout(**mesh["layout"]),
        num_levels=model.num_levels,
        reynolds=reynolds_of(header),
    )


def reynolds_of(header: dict[str, Any]) -> tuple[float, float]:
    """Lowest and highest Reynolds number of the data that a header tells of.

    **Raises:** `ValueError` if they are no such numbers.
    """
    known = {key: header[key] for key in ("reynolds",) if key in header}
    return as_record(known, _Known, path="header").reynolds


def mesh_of(simulator: FlowSimulator) -> dict[str, Any]:
    """The mesh of a simulator as `foil_header` writes it."""
    return {
        "grid": dataclasses.asdict(simulator.grid),
        "layout": dataclasses.asdict(simulator.layout),
    }


def foil_header(model: FlowModelConfig, described: dict[str, Any]) -> dict[str, Any]:
    """What the header of a weights file has to say to build its simulator again.

    And how fine the cells were that its flows were solved on, if finer than its own, and between
    which Reynolds numbers, if there are several.
    """
    mesh = {"grid": described["solver"]["grid"], "layout": described["layout"]}
    header = {"kind": "flow", "model": dataclasses.asdict(model), "mesh": mesh}
    resolution = described["solver"].get("resolution", 1)
    header |= {"resolution": resolution} if resolution > 1 else {}
    reynolds = described.get("foils", {}).get("reynolds")
    return header if reynolds is None else {**header, "reynolds": list(reynolds)}


def build_foil_simulator(header: dict[str, Any]) -> FlowSimulator:
    """A simulator with the shapes that a weights file's header describes, untrained."""
    model = as_record(header["model"], FlowModelConfig, path="header", at="$.model")
    low, high = reynolds_of(header)
    size = row_size(2 * header["mesh"]["layout"]["num_side"], varied=low < high)
    statistics = FlowStatistics(
        features=blank_units(NUM_FEATURES),
        edges=blank_units(model.num_levels, 3),
        fields=blank_units(NUM_FIELDS),
        wall=blank_units(NUM_WALL),
        modes=SurfaceModes(jnp.zeros(size), jnp.zeros((size, NUM_MODES))),
    )
    network = build_mesh_network(model, key=jax.random.key(0))
    return make_foil_simulator(network, statistics, model, header)
