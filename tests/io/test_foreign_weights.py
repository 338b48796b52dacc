"""Foreign networks: the same numbers as a plain evaluation, and trees that do not fit."""

import json
import pickle

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.simulators import read_network
from invdesign.simulators.particle._foreign import save_network

NODE, EDGE, LATENT, HIDDEN, OUT, STEPS = 11, 3, 8, 6, 2, 3
TYPES, EMBEDDING = 9, 4
PREFIX = "LearnedSimulator/~_maybe_build_modules/encode_process_decode/~_networks_builder/"
RNG = np.random.default_rng(5)


def linear(inputs, outputs):
    weight = RNG.normal(size=(inputs, outputs)) / np.sqrt(inputs)
    return {"w": weight.astype(np.float32), "b": RNG.normal(size=outputs).astype(np.float32)}


def norm():
    return {
        "scale": RNG.normal(1, 0.1, LATENT).astype(np.float32),
        "offset": RNG.normal(size=LATENT).astype(np.float32),
    }


def watercourse():
    """A tree in the layout of the released network: hidden layers of their own width."""
    tree = {}

    def network(role, inputs, outputs, normalized=True):
        sizes = [inputs, HIDDEN, HIDDEN, outputs]
        for layer in range(3):
            name = f"{PREFIX}{role}_mlp/~/linear_{layer}"
            tree[name] = linear(sizes[layer], sizes[layer + 1])
        if normalized:
            tree[f"{PREFIX}{role}_layer_norm"] = norm()

    network("encoder_nodes", NODE, LATENT)
    network("encoder_edges", EDGE, LATENT)
    for step in range(STEPS):
        network(f"processor_edges_{step}", 3 * LATENT, LATENT)
        network(f"processor_nodes_{step}", 2 * LATENT, LATENT)
    network("decoder_nodes", LATENT, OUT, normalized=False)
    return tree


def lagrangebench():
    """A tree in the layout of LagrangeBench's GNS, with modules counted as they are made."""
    tree = {"gns/~/embed": {"embeddings": RNG.normal(size=(TYPES, EMBEDDING)).astype(np.float32)}}

    def network(part, index, inputs, outputs, normalized=True):
        suffix = f"_{index}" if index else ""
        sizes = [inputs, LATENT, outputs]
        for layer in range(2):
            name = f"gns/~_{part}/MLP{suffix}/~/linear_{layer}"
            tree[name] = linear(sizes[layer], sizes[layer + 1])
        if normalized:
            tree[f"gns/~_{part}/layer_norm{suffix}"] = norm()

    network("encoder", 0, NODE + EMBEDDING, LATENT)
    network("encoder", 1, EDGE, LATENT)
    for step in range(STEPS):
        network("processor", 2 * step, 3 * LATENT, LATENT)
        network("processor", 2 * step + 1, 2 * LATENT, LATENT)
    network("decoder", 0, LATENT, OUT, normalized=False)
    return tree


def plain(rows, layers, normal):
    """Layers with ReLU between them, then a layer norm, in double precision."""
    rows = rows.astype(np.float64)
    for index, layer in enumerate(layers):
        rows = (np.maximum(rows, 0) if index else rows) @ layer["w"] + layer["b"]
    if normal is None:
        return rows
    mean, variance = rows.mean(1, keepdims=True), rows.var(1, keepdims=True)
    return (rows - mean) / np.sqrt(variance + 1e-5) * normal["scale"] + normal["offset"]


def evaluated(network, nodes, edges, senders, receivers, edge_first):
    """Encode, process, decode in NumPy; `network(role)` gives layers and norm of a role."""
    nodes, edges = plain(nodes, *network("nodes")), plain(edges, *network("edges"))
    for step in range(STEPS):
        ends = [nodes[senders], nodes[receivers]]
        parts = [edges, *ends] if edge_first else [*ends, edges]
        messages = plain(np.concatenate(parts, 1), *network(("edges", step)))
        arrived = np.zeros((len(nodes), LATENT))
        np.add.at(arrived, receivers, messages)
        nodes = nodes + plain(np.concatenate([nodes, arrived], 1), *network(("nodes", step)))
        edges = edges + messages
    return plain(nodes, *network("out"))


def graph():
    rng = np.random.default_rng(1)
    nodes = rng.normal(size=(7, NODE)).astype(np.float32)
    edges = rng.normal(size=(15, EDGE)).astype(np.float32)
    senders, receivers = rng.integers(0, 7, (2, 15), np.int32)
    return nodes, edges, senders, receivers


@eqx.filter_jit
def applied(network, *arrays):
    return network(*arrays)


def ours(network, *arrays):
    return np.asarray(applied(network, *map(jnp.asarray, arrays)))


def write_checkpoint(folder, tree):
    """As LagrangeBench does: the arrays in the order of sorted names, the tree with zeros."""
    folder.mkdir()
    with open(folder / "params_array.npy", "wb") as file:
        for module in sorted(tree):
            for leaf in sorted(tree[module]):
                np.save(file, tree[module][leaf], allow_pickle=False)
    places = {module: dict.fromkeys(leaves, 0) for module, leaves in tree.items()}
    (folder / "params_tree.pkl").write_bytes(pickle.dumps(places))
    (folder / "opt_state.pkl").write_bytes(b"cos\nsystem\n(S'touch opened'\ntR.")
    (folder / "metadata_ckp.json").write_text(json.dumps({"step": 1, "loss": 0.5}))
    return folder


@pytest.mark.parametrize("wrapped", [False, True])
def test_watercourse_is_what_was_published(wrapped, tmp_path):
    tree = watercourse()
    path = tmp_path / "gns_params.pickle"
    state = {"target_normalizer": {"acc_count": np.ones(3)}}
    path.write_bytes(pickle.dumps({"network": (tree, state), "plan": 1} if wrapped else tree))

    def network(role):
        name = {"nodes": "encoder_nodes", "edges": "encoder_edges", "out": "decoder_nodes"}.get(
            role
        )
        name = name or f"processor_{role[0]}_{role[1]}"
        layers = [tree[f"{PREFIX}{name}_mlp/~/linear_{k}"] for k in range(3)]
        return layers, tree.get(f"{PREFIX}{name}_layer_norm")

    wanted = evaluated(network, *graph(), edge_first=True)
    found = ours(read_network(path), *graph())
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_lagrangebench_is_what_was_published(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tree = lagrangebench()
    folder = write_checkpoint(tmp_path / "best", tree)
    nodes, *rest = graph()
    types = np.arange(7, dtype=np.int32) % 3

    def network(role):
        numbers = {"nodes": ("encoder", 0), "edges": ("encoder", 1), "out": ("decoder", 0)}
        part, index = numbers.get(role) or ("processor", 2 * role[1] + (role[0] == "nodes"))
        suffix = f"_{index}" if index else ""
        layers = [tree[f"gns/~_{part}/MLP{suffix}/~/linear_{k}"] for k in range(2)]
        return layers, tree.get(f"gns/~_{part}/layer_norm{suffix}")

    complete = np.concatenate([nodes, tree["gns/~/embed"]["embeddings"][types]], 1)
    wanted = evaluated(network, complete, *rest, edge_first=False)
    found = ours(read_network(folder), nodes, *rest, types)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    assert not (tmp_path / "opened").exists()
    said = save_network(folder, tmp_path / "gns.safetensors")
    assert (said["steps"], said["latent"], said["outputs"]) == (STEPS, LATENT, OUT)
    again = ours(read_network(tmp_path / "gns.safetensors"), nodes, *rest, types)
    np.testing.assert_array_equal(again, found)


def test_arrays_by_name_are_the_same_tree(tmp_path):
    tree = watercourse()
    path = tmp_path / "tree.pickle"
    path.write_bytes(pickle.dumps(tree))
    arrays = {f"{name}/{leaf}": x for name, leaves in tree.items() for leaf, x in leaves.items()}
    np.savez(tmp_path / "tree.npz", **arrays)
    first, second = (ours(read_network(each), *graph()) for each in (path, tmp_path / "tree.npz"))
    np.testing.assert_array_equal(first, second)


def change(tree, name, value):
    module = next(key for key in tree if key.endswith(name))
    if value is None:
        del tree[module]
    else:
        tree[module] = {**tree[module], **value}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("processor_nodes_1_layer_norm", None, r"missing: steps\.1\.nodes\.norm\.scale"),
        ("processor_edges_2_mlp/~/linear_1", None, r"missing: steps\.2\.edges\.layers\.1\.weight"),
        ("encoder_edges_mlp/~/linear_2", {"w": np.ones((HIDDEN, 5))}, r"not \[6, 8\]"),
        ("decoder_nodes_mlp/~/linear_0", {"w": np.ones((3, HIDDEN))}, r"\[3, 6\], not \[8, 6\]"),
        ("encoder_nodes_layer_norm", {"shift": np.ones(LATENT)}, "unknown: .*encoder_nodes_layer"),
        ("decoder_nodes_mlp/~/linear_2", {"b": np.ones(OUT, int)}, "holds int64"),
        ("decoder_nodes_mlp/~/linear_2", {"b": np.full(OUT, np.nan)}, "not finite: decoder"),
    ],
)
def test_what_does_not_fit_is_listed(name, value, said, tmp_path):
    tree = watercourse()
    change(tree, name, value)
    path = tmp_path / "tree.pickle"
    path.write_bytes(pickle.dumps(tree))
    with pytest.raises(ValueError, match=said) as error:
        read_network(path)
    assert str(path) in str(error.value)


def test_trees_of_something_else(tmp_path):
    path = tmp_path / "tree.pickle"
    path.write_bytes(pickle.dumps({"mlp/~/linear_0": linear(2, 2)}))
    with pytest.raises(ValueError, match="no network of a known layout; its modules are `mlp"):
        read_network(path)
    path.write_bytes(pickle.dumps({"x": 1}))
    with pytest.raises(ValueError, match="holds no modules with arrays"):
        read_network(path)
    with pytest.raises(
        ValueError, match=r"is no folder of LagrangeBench, \.pickle, \.pkl or \.npz"
    ):
        read_network(tmp_path / "tree.pt")


def test_checkpoints_whose_arrays_do_not_fit_their_tree(tmp_path):
    folder = write_checkpoint(tmp_path / "best", lagrangebench())
    file = folder / "params_array.npy"
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    with pytest.raises(ValueError, match=r"params_array\.npy` is damaged, or holds too few"):
        read_network(folder)
    file.write_bytes(whole + whole[:200])
    with pytest.raises(ValueError, match="more arrays than"):
        read_network(folder)


def test_a_malicious_tree(tmp_path):
    folder = write_checkpoint(tmp_path / "best", lagrangebench())
    (folder / "params_tree.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(
        ValueError, match=r"params_tree\.pkl` was not read: it asks for `os\.system`"
    ):
        read_network(folder)
