import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from invdesign import io
from invdesign.io._checksum import sha256
from invdesign.io._manifest import ManifestEntry, register
from invdesign.io._weights import load_weights, named_arrays, read_hyperparameters


class Model(eqx.Module):
    mlp: eqx.nn.MLP
    scale: jax.Array
    dt: float
    width: int = eqx.field(static=True)


def build(hyperparameters, seed=1):
    width = hyperparameters["width"]
    mlp = eqx.nn.MLP(2, 3, width, 1, key=jax.random.key(seed))
    return Model(mlp=mlp, scale=jnp.ones((3,)), dt=hyperparameters["dt"], width=width)


HYPERPARAMETERS = {"width": 4, "dt": 0.01, "name": "tiny"}


@pytest.fixture
def saved(tmp_path):
    model = build(HYPERPARAMETERS, seed=0)
    path = tmp_path / "tiny.safetensors"
    checksum = io.save_weights(path, model, HYPERPARAMETERS)
    return path, model, checksum


def rewrite(path, change):
    """The weights file with other arrays under the same header, without its checksum."""
    with safetensors.safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()["invdesign"])
    del header["sha256"]
    metadata = {"invdesign": json.dumps(header)}
    safetensors.numpy.save_file(change(safetensors.numpy.load_file(path)), path, metadata)


def test_round_trip(saved):
    path, model, checksum = saved
    assert sha256(path) == checksum
    assert read_hyperparameters(path) == HYPERPARAMETERS
    assert eqx.tree_equal(io.load_model(path, build), model)
    assert eqx.tree_equal(load_weights(path, build(HYPERPARAMETERS)), model)


def test_same_model_same_bytes(saved, tmp_path):
    _, model, checksum = saved
    assert io.save_weights(tmp_path / "again.safetensors", model, HYPERPARAMETERS) == checksum


def test_names_are_paths(saved):
    names = set(named_arrays(saved[1]))
    assert {"mlp.layers.0.weight", "mlp.layers.1.bias", "scale"} <= names


def test_single_precision_weights_in_double_precision(saved):
    path, model, _ = saved
    with jax.enable_x64(True):
        double = jax.tree.map(
            lambda x: x.astype(jnp.float64) if eqx.is_inexact_array(x) else x,
            build(HYPERPARAMETERS),
        )
        loaded = load_weights(path, double)
        assert loaded.scale.dtype == jnp.float64
        np.testing.assert_array_equal(
            np.asarray(loaded.mlp.layers[0].weight), np.asarray(model.mlp.layers[0].weight)
        )


def test_non_finite_weights_are_not_written(tmp_path):
    model = eqx.tree_at(lambda m: m.scale, build(HYPERPARAMETERS), jnp.array([1.0, jnp.nan, 0.0]))
    with pytest.raises(ValueError, match="`scale` is not finite"):
        io.save_weights(tmp_path / "bad.safetensors", model, HYPERPARAMETERS)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("keep", [0, 4, 100, -1])
def test_truncated_files_are_refused(saved, keep):
    path = saved[0]
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"tiny\.safetensors` is not a readable safetensors file"):
        io.load_model(path, build)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: {k: v for k, v in a.items() if k != "scale"}, "lacks the array `scale`"),
        (lambda a: {**a, "more": np.ones(2)}, "has an array that the model does not: `more`"),
        (lambda a: {**a, "scale": np.ones(4, np.float32)}, r"`scale` is float32\[4\], the model"),
        (lambda a: {**a, "scale": np.ones(3, np.int32)}, r"`scale` is int32\[3\], the model"),
    ],
)
def test_other_arrays_are_refused(saved, change, message):
    path = saved[0]
    rewrite(path, change)
    with pytest.raises(ValueError, match=rf"tiny\.safetensors`.*{message}"):
        io.load_model(path, build)


@pytest.mark.parametrize("metadata", [None, {"invdesign": "nonsense"}])
def test_a_foreign_file_is_refused(tmp_path, metadata):
    path = tmp_path / "foreign.safetensors"
    safetensors.numpy.save_file({"x": np.ones(2)}, path, metadata)
    with pytest.raises(ValueError, match="was not written by invdesign"):
        read_hyperparameters(path)


@pytest.mark.parametrize("old", [b"scale"])
def test_an_altered_header_is_refused(saved, old):
    path = saved[0]
    path.write_bytes(path.read_bytes().replace(old, old[:-1] + b"x"))
    with pytest.raises(ValueError, match=r"tiny\.safetensors` (was altered|is not a readable)"):
        read_hyperparameters(path)


def test_an_altered_number_is_refused(saved):
    path = saved[0]
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"tiny\.safetensors` was altered: its checksum"):
        io.load_model(path, build)


def test_another_format_is_refused(tmp_path):
    path = tmp_path / "new.safetensors"
    header = json.dumps({"format": 2, "hyperparameters": {}})
    safetensors.numpy.save_file({"x": np.ones(2)}, path, {"invdesign": header})
    with pytest.raises(ValueError, match="has the format 2, this version reads 1"):
        read_hyperparameters(path)


@pytest.fixture
def shipped(saved):
    path, model, checksum = saved
    entry = ManifestEntry(
        name="tiny",
        file=path.name,
        sha256=checksum,
        bytes=path.stat().st_size,
        data="none",
        errors={},
        licence="Apache-2.0",
    )
    return register(path.parent / "manifest.toml", entry), path, model


def test_pretrained(shipped):
    manifest, _, model = shipped
    assert eqx.tree_equal(io.load_pretrained("tiny", build, manifest), model)


def flip(data):
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-5], "is truncated"),
        (lambda data: data + b"x", "is longer than it should be"),
        (flip, "has a wrong checksum"),
    ],
)
def test_a_damaged_pretrained_file_is_refused(shipped, damage, message):
    manifest, path, _ = shipped
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=rf"tiny\.safetensors` {message}"):
        io.load_pretrained("tiny", build, manifest)


def test_a_missing_pretrained_file_is_named(shipped):
    manifest, path, _ = shipped
    path.unlink()
    with pytest.raises(ValueError, match=r"tiny\.safetensors` does not exist"):
        io.load_pretrained("tiny", build, manifest)
