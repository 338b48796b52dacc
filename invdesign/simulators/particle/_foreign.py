"""Networks that others have trained, as files of ours and back."""

from pathlib import Path
from typing import Any

import numpy as np

from ...io._foreign._weights import read_foreign_network
from ...io._weights import load_model, save_weights
from ...nn import GraphNetwork

SUFFIX = ".safetensors"
_KIND = "graph-network"


def read_network(path: str | Path) -> GraphNetwork:
    """A particle network of others, checked name by name and shape by shape.

    The released network of WaterCourse (a pickled tree of Haiku's, or an `.npz` of it), a
    checkpoint folder of LagrangeBench's GNS (`params_tree.pkl` and `params_array.npy`;
    `opt_state.pkl` is never opened), or what `invdesign import weights` made of either. It is the
    network alone: how features are made of a scene, and what its outputs mean, is up to whoever
    trained it.

    **Raises:** `ValueError` naming the file, listing what is unknown, missing or of another shape,
    or naming what a pickle asks for besides dict, str, int, tuple and arrays of numbers.
    """
    path = Path(path)
    if path.suffix == SUFFIX:
        return load_model(path, _build)
    found = read_foreign_network(path)
    return GraphNetwork.from_arrays(
        found.arrays, num_steps=found.num_steps, edge_first=found.edge_first
    )


def save_network(source: Path, out: Path) -> dict[str, Any]:
    """Write a foreign network as a `.safetensors` file; what is to be said of it.

    **Raises:** `ValueError` as `read_network`, or if the file cannot be written.
    """
    found = read_foreign_network(source)
    network = GraphNetwork.from_arrays(
        found.arrays, num_steps=found.num_steps, edge_first=found.edge_first
    )
    header = {
        "kind": _KIND,
        "layout": found.layout,
        "num_steps": found.num_steps,
        "edge_first": found.edge_first,
        "shapes": {name: list(array.shape) for name, array in sorted(found.arrays.items())},
    }
    save_weights(out, network, header)
    encoder, decoder = network.node_encoder.layers, network.decoder.layers
    return {
        "layout": found.layout,
        "steps": found.num_steps,
        "latent": int(encoder[-1].bias.size),
        "node_features": int(encoder[0].weight.shape[0]),
        "edge_features": int(network.edge_encoder.layers[0].weight.shape[0]),
        "outputs": int(decoder[-1].bias.size),
        "parameters": sum(int(array.size) for array in found.arrays.values()),
    }


def _build(header: dict[str, Any]) -> GraphNetwork:
    if header.get("kind") != _KIND:
        raise ValueError(f"It holds a {header.get('kind')!r}, not an imported network.")
    try:
        shapes = {str(name): tuple(map(int, shape)) for name, shape in header["shapes"].items()}
        arrays: dict[str, Any] = {name: np.zeros(shape) for name, shape in shapes.items()}
        return GraphNetwork.from_arrays(
            arrays, num_steps=int(header["num_steps"]), edge_first=bool(header["edge_first"])
        )
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"Its header does not describe a network ({error}).") from error
