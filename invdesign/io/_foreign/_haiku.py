"""Weights of foreign graph networks: Haiku's trees, told by their names, in one shape.

Two layouts are known. *WaterCourse*, of "Inverse design for fluid-structure interactions using
graph network simulators": modules `encoder_{nodes,edges}`, `processor_{nodes,edges}_<step>` and
`decoder_nodes`, each with `_mlp/~/linear_<i>` (`w`, `b`), and all but the decoder with
`_layer_norm` (`scale`, `offset`), under whatever prefix; an edge's inputs are itself, sender,
receiver. *LagrangeBench GNS*: `gns/~_encoder`, `gns/~_processor`, `gns/~_decoder` with modules
`MLP`, `MLP_1`, ... and `layer_norm`, `layer_norm_1`, ... counted in the order in which they are
made (nodes, then edges, when encoding; edges, then nodes, in every step), and `gns/~/embed`
(`embeddings`); an edge's inputs are sender, receiver, itself. Case does not matter in `MLP`.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

_WATERCOURSE = re.compile(
    r"(?:.*/)?(?P<role>encoder_nodes|encoder_edges|processor_(?:nodes|edges)_\d+|decoder_nodes)_"
    r"(?:mlp/~/linear_(?P<layer>\d+)|layer_norm)"
)
_LAGRANGEBENCH = re.compile(
    r"gns/~_(?P<part>encoder|processor|decoder)/"
    r"(?:mlp(?:_(?P<mlp>\d+))?/~/linear_(?P<layer>\d+)|layer_norm(?:_(?P<norm>\d+))?)",
    re.IGNORECASE,
)
_EMBED = "gns/~/embed"
_NORM = {"scale", "offset"}
_LINEAR = {"w", "b"}
Leaves = dict[str, dict[str, np.ndarray]]


@dataclasses.dataclass(frozen=True)
class ForeignNetwork:
    """An encode-process-decode network, array by array.

    **Arguments:**

    - `layout`: whose tree it was.
    - `arrays`: by `ROLE.layers.I.{weight,bias}`, `ROLE.norm.{scale,shift}` and `embedding`; roles
      are `node_encoder`, `edge_encoder`, `steps.K.edges`, `steps.K.nodes`, `decoder`.
    - `edge_first`: whether an edge's own latent comes before those of sender and receiver.
    """

    layout: str
    arrays: dict[str, np.ndarray]
    edge_first: bool

    @property
    def num_steps(self) -> int:
        """Steps of message passing."""
        found = [int(name.split(".")[1]) for name in self.arrays if name.startswith("steps.")]
        return max(found, default=-1) + 1


def foreign_network(tree: Any, source: str) -> ForeignNetwork:
    """The network in a tree of parameters.

    **Arguments:** `source`: what messages call the file.

    **Raises:** `ValueError` listing the names that belong to no layout, and what is missing or of
    another shape.
    """
    leaves = _leaves(tree, source)
    known = {
        "WaterCourse": _named(leaves, _watercourse_name),
        "LagrangeBench GNS": _named(leaves, _lagrangebench_name),
    }
    layout = max(known, key=lambda name: len(known[name][0]))
    arrays, unknown = known[layout]
    if not arrays:
        raise ValueError(
            f"`{source}` holds no network of a known layout; its modules are {_listed(leaves)}."
        )
    found = ForeignNetwork(layout, arrays, edge_first=layout == "WaterCourse")
    faults = [f"unknown: {name}" for name in unknown] + _faults(found)
    if faults:
        more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        said = "; ".join(faults[:_SHOWN]) + more
        raise ValueError(f"`{source}` is no network in the layout of {layout}: {said}.")
    return found


_SHOWN = 8


def _listed(names: Any) -> str:
    shown = ", ".join(f"`{name}`" for name in sorted(names)[:_SHOWN])
    return shown or "none"


def _leaves(tree: Any, source: str) -> Leaves:
    """Modules by name, each with its arrays; the first mapping of such that a tree holds."""
    if isinstance(tree, Mapping):
        modules = {
            name: arrays
            for name, arrays in tree.items()
            if isinstance(arrays, dict) and arrays
            and all(isinstance(x, np.ndarray) for x in arrays.values())
        }  # fmt: skip
        if modules and len(modules) == len(tree):
            return modules
        inner: Any = [tree[key] for key in ("network", "params") if key in tree]
    else:
        inner = list(tree) if isinstance(tree, tuple) else []
    if inner:
        return _leaves(inner[0], source)
    raise ValueError(f"`{source}` holds no modules with arrays, which Haiku's trees are.")


def _named(leaves: Leaves, rename: Any) -> tuple[dict[str, np.ndarray], list[str]]:
    """Arrays by our names, and the names that are none of the layout."""
    arrays: dict[str, np.ndarray] = {}
    unknown = []
    for module, values in leaves.items():
        prefix = rename(module)
        wanted = _names(prefix)
        if prefix is None or wanted.keys() != values.keys():
            unknown.append(f"`{module}` with {_listed(values)}")
            continue
        for theirs, ours in wanted.items():
            arrays[ours] = values[theirs]
    return arrays, unknown


def _names(prefix: str | None) -> dict[str, str]:
    if prefix is None:
        return {}
    if prefix == "embedding":
        return {"embeddings": prefix}
    if prefix.endswith(".norm"):
        return {"scale": f"{prefix}.scale", "offset": f"{prefix}.shift"}
    return {"w": f"{prefix}.weight", "b": f"{prefix}.bias"}


def _watercourse_name(module: str) -> str | None:
    found = _WATERCOURSE.fullmatch(module)
    if found is None:
        return None
    stage, kind, *step = found["role"].split("_")
    if stage == "processor":
        role = f"steps.{step[0]}.{kind}"
    else:
        role = "decoder" if stage == "decoder" else f"{kind.removesuffix('s')}_encoder"
    return f"{role}.norm" if found["layer"] is None else f"{role}.layers.{found['layer']}"


def _lagrangebench_name(module: str) -> str | None:
    if module == _EMBED:
        return "embedding"
    found = _LAGRANGEBENCH.fullmatch(module)
    if found is None:
        return None
    number = int(found["mlp"] or found["norm"] or 0)
    part = found["part"].lower()
    if part == "processor":
        role = f"steps.{number // 2}.{('edges', 'nodes')[number % 2]}"
    elif part == "encoder" and number < 2:
        role = ("node_encoder", "edge_encoder")[number]
    elif part == "decoder" and number == 0:
        role = "decoder"
    else:
        return None
    return f"{role}.norm" if found["layer"] is None else f"{role}.layers.{found['layer']}"


def _faults(network: ForeignNetwork) -> list[str]:
    """What is missing, and what does not fit its neighbors."""
    arrays, faults = network.arrays, []
    first = arrays.get("node_encoder.layers.0.weight")
    depth = sum(name.startswith("node_encoder.layers.") for name in arrays) // 2
    out = arrays.get(f"node_encoder.layers.{depth - 1}.bias")
    if first is None or out is None:
        return ["missing: the encoder of nodes"]
    latent, roles = out.size, ["node_encoder", "edge_encoder", "decoder"]
    for step in range(network.num_steps):
        roles += [f"steps.{step}.edges", f"steps.{step}.nodes"]
    wide = {"edges": 3 * latent, "nodes": 2 * latent, "decoder": latent}
    for role in roles:
        wanted: dict[str, tuple[int | None, ...]] = {}
        width: int | None = wide.get(role.rsplit(".", 1)[-1])
        for layer in range(depth):
            bias = arrays.get(f"{role}.layers.{layer}.bias")
            size = None if bias is None else bias.size
            if layer == depth - 1 and role != "decoder":
                size = latent
            wanted[f"{role}.layers.{layer}.weight"] = (width, size)
            wanted[f"{role}.layers.{layer}.bias"] = (size,)
            width = size
        if role != "decoder":
            wanted |= {f"{role}.norm.{key}": (latent,) for key in ("scale", "shift")}
        faults += _differences(arrays, wanted)
        faults += [
            f"unknown: {name}"
            for name in arrays
            if name.startswith(f"{role}.") and name not in wanted
        ]
    return faults + [
        f"not finite: {name}" for name, array in arrays.items() if not np.isfinite(array).all()
    ]


def _differences(
    arrays: Mapping[str, np.ndarray], wanted: Mapping[str, tuple[int | None, ...]]
) -> list[str]:
    faults = []
    for name, shape in wanted.items():
        array = arrays.get(name)
        if array is None:
            faults.append(f"missing: {name}")
        elif array.dtype.kind != "f":
            faults.append(f"{name} holds {array.dtype}")
        elif len(array.shape) != len(shape) or any(
            size not in (None, own) for size, own in zip(shape, array.shape, strict=True)
        ):
            said = ", ".join("any" if size is None else str(size) for size in shape)
            faults.append(f"{name} has the shape {list(array.shape)}, not [{said}]")
    return faults
