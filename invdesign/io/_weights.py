"""Weights of a model in the safetensors format: arrays by name, hyper-parameters in the header."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import msgspec
import numpy as np
import safetensors
import safetensors.numpy

from ._atomic import dump_json, write_bytes
from ._checksum import verify_file
from ._manifest import find_model
from ._reading import check_regular
from ._schema import Sha256, as_record, check_format
from ._sealed import fingerprint

Model = TypeVar("Model")

WEIGHTS_FORMAT = 1
# One key only: safetensors writes several in no particular order, and the bytes would differ.
_KEY = "invdesign"


def _is_array(leaf: Any) -> bool:
    return eqx.is_array(leaf) or isinstance(leaf, np.ndarray | jax.ShapeDtypeStruct)


def named_arrays(model: Any) -> dict[str, Any]:
    """The array leaves of a pytree by their path, e.g. `encoder.layers.0.weight`."""
    leaves = jax.tree_util.tree_leaves_with_path(model)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): leaf
        for path, leaf in leaves
        if _is_array(leaf)
    }


def save_weights(path: str | Path, model: Any, hyperparameters: Mapping[str, Any]) -> str:
    """Write the arrays of `model` and the means to build its like; returns the SHA-256.

    The same model gives the same bytes. Leaves that are not arrays (Python numbers, functions)
    are not stored: `hyperparameters` have to determine them.

    **Arguments:**

    - `path`: conventionally `<name>.safetensors`.
    - `model`: any pytree.
    - `hyperparameters`: a JSON-able mapping; finite numbers only.

    **Raises:** `ValueError` if an array holds a non-finite number, or the file cannot be written.
    """
    arrays = {name: np.ascontiguousarray(leaf) for name, leaf in named_arrays(model).items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"`{path}` was not written: the array `{name}` is not finite.")
    described = dict(hyperparameters)
    header = {
        "format": WEIGHTS_FORMAT,
        "hyperparameters": described,
        "sha256": _digest(arrays, described),
    }
    data = safetensors.numpy.save(arrays, metadata={_KEY: dump_json(header)})
    write_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


class _Header(msgspec.Struct):
    """What the metadata hold; weights of 0.1 have no checksum in them."""

    format: int
    hyperparameters: dict[str, Any]
    sha256: Sha256 | None = None


def _digest(arrays: Mapping[str, np.ndarray], hyperparameters: Mapping[str, Any]) -> str:
    """A checksum of arrays by name and of hyper-parameters."""
    state = hashlib.sha256(fingerprint(hyperparameters).encode())
    for name in sorted(arrays):
        array = arrays[name]
        state.update(f"{name} {array.dtype} {array.shape}".encode())
        state.update(array.tobytes())
    return state.hexdigest()


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    check_regular(path)  # the opening of a pipe would wait
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, ValueError, TypeError, safetensors.SafetensorError) as error:
        raise ValueError(f"`{path}` is not a readable safetensors file ({error}).") from error
    try:
        raw = msgspec.json.decode(metadata[_KEY])
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(
            f"`{path}` was not written by invdesign: its header has no hyper-parameters."
        ) from error
    check_format(path, raw, WEIGHTS_FORMAT)
    header = as_record(raw, _Header, path=path, at="$.header")
    if header.sha256 not in (None, _digest(arrays, header.hyperparameters)):
        raise ValueError(f"`{path}` was altered: its checksum does not fit any more.")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"`{path}` is damaged: the array `{name}` is not finite.")
    return arrays, header.hyperparameters


def read_hyperparameters(path: str | Path) -> dict[str, Any]:
    """The hyper-parameters in the header of a weights file.

    **Raises:** `ValueError` naming the file and the reason if it is broken.
    """
    return _read(Path(path))[1]


def _match(path: Path, arrays: Mapping[str, np.ndarray], like: Any) -> Any:
    wanted = named_arrays(like)
    for fault, names in (
        ("lacks the array", sorted(wanted.keys() - arrays.keys())),
        ("has an array that the model does not:", sorted(arrays.keys() - wanted.keys())),
    ):
        if names:
            raise ValueError(f"`{path}` {fault} `{names[0]}` ({len(names)} such in all).")

    def fill(location, leaf):
        if not _is_array(leaf):
            return leaf
        name = jax.tree_util.keystr(location, simple=True, separator=".")
        array = arrays[name]
        same_kind = np.issubdtype(array.dtype, np.floating) == jnp.issubdtype(
            leaf.dtype, jnp.floating
        )
        if array.shape != leaf.shape or not same_kind:
            raise ValueError(
                f"`{path}`: the array `{name}` is {array.dtype}{list(array.shape)}, the model "
                f"needs {leaf.dtype}{list(leaf.shape)}."
            )
        return jnp.asarray(array, leaf.dtype)

    return jax.tree_util.tree_map_with_path(fill, like)


def load_weights(path: str | Path, like: Model) -> Model:
    """`like` with its arrays replaced by those of a file.

    Floating-point arrays take the precision of `like`, so that weights stored in float32 can be
    used in float64.

    **Arguments:** `like`: a model of the same structure; its arrays may be
    `jax.ShapeDtypeStruct`s, as `eqx.filter_eval_shape` gives them.

    **Raises:** `ValueError` naming the file and the reason if it is truncated, was not written
    by `save_weights`, or lacks an array, has one too many or one of another shape.
    """
    path = Path(path)
    return _match(path, _read(path)[0], like)


def load_model(path: str | Path, build: Callable[[dict[str, Any]], Model]) -> Model:
    """The model of a weights file, of the structure that `build(hyperparameters)` gives.

    `build` is only traced: no array of its own making is ever computed.

    **Raises:** `ValueError` as `load_weights`.
    """
    path = Path(path)
    arrays, hyperparameters = _read(path)
    return _match(path, arrays, eqx.filter_eval_shape(lambda: build(hyperparameters)))


def load_pretrained(
    name: str, build: Callable[[dict[str, Any]], Model], manifest: str | Path | None = None
) -> Model:
    """A model of the manifest (the shipped one by default), its checksum verified.

    **Raises:** `ValueError` for an unknown name, with the nearest ones, and for a broken file.
    """
    entry, path = find_model(name, manifest)
    verify_file(path, sha256_expected=entry.sha256, bytes_expected=entry.bytes)
    return load_model(path, build)
