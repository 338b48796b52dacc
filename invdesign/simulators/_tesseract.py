"""A Tesseract as a simulator: how other people ship solvers that can be differentiated."""

import re
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._checks import checked_count, checked_number
from .._extras import find_extra
from .._outside import OneByOne, Outside
from .._results import RESULTS
from .._simulator import AbstractSimulator
from .._types import Array, Bool, Code

_EXTRA = "tesseract"
_SLOPE = "vector_jacobian_product"


class _Guard:
    """The methods of a client that remember answers, and answer with NaN what failed."""

    def begin(self, client: Any) -> None:
        """Stand in for `client`, which goes on to own its connection."""
        vars(self).update({**vars(client), "_owns_client": False})
        self.inner = client
        self.applied = Outside(OneByOne(_Keywords(client.apply), "apply"))
        self.sloped = Outside(OneByOne(_Keywords(client.vector_jacobian_product), _SLOPE))

    def __reduce__(self) -> tuple[Any, ...]:
        """What it is, for checksums: what the Tesseract says of itself, its version included."""
        return _Guard, (self.inner.openapi_schema,)

    def apply(self, inputs: dict[str, Any], run_id: str | None = None) -> dict[str, Any]:
        """As the client's; numbers that are not known of what failed."""
        answer = _asked(self.applied, inputs=inputs)
        if answer is not None:
            return answer
        shapes = self.inner.abstract_eval(jax.tree.map(_shape, inputs))
        return jax.tree.map(_unknown, shapes, is_leaf=_is_shape)

    def vector_jacobian_product(self, **given: Any) -> dict[str, Any]:
        """As the client's; NaN of what failed."""
        answer = _asked(self.sloped, **given)
        if answer is not None:
            return answer
        wanted = {path: _at(given["inputs"], path) for path in given["vjp_inputs"]}
        return {path: np.full_like(array, np.nan) for path, array in wanted.items()}


class _Keywords(eqx.Module):
    """A method that is asked by a mapping of its arguments."""

    method: Callable[..., Any]

    def __call__(self, given: dict[str, Any]) -> Any:
        return self.method(**given)


def _asked(outside: Outside, **given: Any) -> Any:
    leaves, tree = jax.tree.flatten((given,))
    return outside.ask([leaves], tree)[0][0]


def _shape(value: Any) -> Any:
    if not hasattr(value, "shape"):
        return value
    return {"shape": value.shape, "dtype": value.dtype.name}


def _is_shape(value: Any) -> bool:
    return isinstance(value, dict) and {"shape", "dtype"} <= value.keys()


def _unknown(value: Any) -> np.ndarray:
    dtype = np.dtype(value["dtype"])
    return np.full(value["shape"], np.nan if dtype.kind in "fc" else 0, dtype)


def _at(tree: Any, path: str) -> np.ndarray:
    """What lies at a path as Tesseracts write it: `mesh.points`, `bodies.[0].mass`."""
    for part in path.split("."):
        inner = re.fullmatch(r"\[(\d+)\]|\{(.*)\}", part)
        if inner is None:
            tree = tree[part]
        else:
            tree = tree[int(inner[1]) if inner[1] is not None else inner[2]]
    return np.asarray(tree)


def _everything(answer: Any) -> Any:
    return answer


class TesseractSimulator(AbstractSimulator):
    """A Tesseract, one `apply` a step.

        client = Tesseract.from_tesseract_api("tesseract_api.py")  # or from_image, from_url
        simulator = TesseractSimulator(
            client,
            lambda scene: {"state": scene.start},
            lambda scene, frame: {"state": frame["state"], "force": scene.force},
            dt=0.01,
        )

    Needs `pip install 'invdesign[tesseract]'`, and of the Tesseract an `abstract_eval`. It is
    differentiated where it has a `vector_jacobian_product`; otherwise `solve` refuses gradient
    methods before anything runs. Equal inputs are looked up instead of applied again (up to 256 MB
    of answers); what JAX would batch is applied one after another. An `apply` that raises is the
    outcome `external_failed` of that candidate alone. A checksum of a run knows a Tesseract by
    its schema, with name and version, not by what is in its image.

    **Arguments:**

    - `client`: a `tesseract_core.Tesseract` that is served.
    - `start`: the frame that a scene begins with, `start(scene)`.
    - `inputs`: of the Tesseract, `inputs(scene, frame)`, as it names them.
    - `dt`: seconds a frame, above 0.
    - `read`: the next frame, `read(outputs)`, or with `num_frames` above 1 the next so many with a
      leading axis; by default the outputs as they are.
    - `num_frames`: that one `apply` makes, at least 1.

    `start`, `inputs` and `read` are traced by JAX.

    **Raises:** `ValueError` for numbers out of these ranges, what is no Tesseract, one without
    `abstract_eval`, or if `tesseract-core` or `tesseract-jax` is not installed.
    """

    client: Any = eqx.field(static=True)
    apply: Callable[..., Any] = eqx.field(static=True)
    start: Callable[[Any], Any]
    inputs: Callable[[Any, Any], Any]
    read: Callable[[Any], Any]
    dt: float = eqx.field(static=True)
    num_frames: int = eqx.field(static=True)

    def __init__(
        self,
        client: Any,
        start: Callable[[Any], Any],
        inputs: Callable[[Any, Any], Any],
        *,
        dt: float,
        read: Callable[[Any], Any] = _everything,
        num_frames: int = 1,
    ):
        kind = find_extra("tesseract_core", _EXTRA).Tesseract
        self.apply = find_extra("tesseract_jax", _EXTRA).apply_tesseract
        if not isinstance(client, kind):
            raise ValueError(f"`TesseractSimulator` needs a Tesseract, got {client!r}.")
        if "abstract_eval" not in client.available_endpoints:
            raise ValueError(
                "`TesseractSimulator` needs a Tesseract with an `abstract_eval`, which says what "
                "shapes it returns; add that endpoint."
            )
        guarded = type("Guarded", (_Guard, kind), {})
        self.client = guarded.__new__(guarded)
        self.client.begin(client)
        self.start, self.inputs, self.read = start, inputs, read
        self.dt = checked_number(dt, "dt", "TesseractSimulator", above=0)
        self.num_frames = checked_count(num_frames, "num_frames", "TesseractSimulator")

    @property
    def frames_per_step(self) -> int:
        return self.num_frames

    @property
    def without_gradient(self) -> str | None:
        if _SLOPE in self.client.available_endpoints:
            return None
        return f"the Tesseract has no `{_SLOPE}`"

    @property
    def calls(self) -> int:
        """How often it was applied."""
        return self.client.applied.calls

    def init(self, scene: Any) -> tuple[Any, Any]:
        frame = self.start(scene)
        return scene, jax.tree.map(lambda x: jnp.stack([x] * self.num_frames), frame)

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        inputs = self.inputs(context, self.observe(context, state))
        outputs = self.apply(self.client, inputs, vmap_method="sequential")
        known = _all_known(outputs)
        frames = self.read(outputs)
        if self.num_frames == 1:
            frames = jax.tree.map(lambda x: x[None], frames)
        return frames, jnp.where(known, 0, int(RESULTS.external_failed)).astype(jnp.int32)

    def observe(self, context: Any, state: Any) -> Any:
        return jax.tree.map(lambda x: x[-1], state)

    def observe_step(self, context: Any, state: Any) -> Any:
        return state

    def grow(self, factor: float) -> "TesseractSimulator":
        raise ValueError("`TesseractSimulator` has no capacity that could grow.")


def _all_known(outputs: Any) -> Bool[Array, ""]:
    """Whether no number is NaN: of what failed all are."""
    floats = [x for x in jax.tree.leaves(outputs) if eqx.is_inexact_array(x)]
    return ~jnp.stack([jnp.isnan(x).any() for x in floats]).any()
