"""Programs outside of JAX, asked from compiled code: `jax.pure_callback`, and what it needs."""

import collections
import dataclasses
import hashlib
import itertools
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ._results import RESULTS
from ._types import Code

_LOG = logging.getLogger("invdesign")
_ROOM = 2**28  # bytes of answers that are remembered


class Outside:
    """What answers questions on the host, and the answers that it has given (no pytree).

    The same question is answered once, until newer answers have taken its place: a value and its
    gradient, or two rollouts of the same latent, cost one call. What failed is not remembered.

    **Arguments:** `answers`: takes questions, trees of NumPy arrays, and returns as many pairs of
    an answer, a tree as well, and a `RESULTS` code; the answer of what failed does not matter.
    """

    def __init__(self, answers: Callable[[Sequence[Any]], Sequence[tuple[Any, int]]]):
        self.answers = answers
        self.calls = 0  # questions that had to be answered
        self._known: collections.OrderedDict[bytes, Any] = collections.OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """What it is: not what it has been asked, which must not count in a checksum."""
        return Outside, (self.answers,)

    def ask(self, questions: Sequence[Sequence[Any]], tree: Any) -> list[tuple[Any, int]]:
        """Answers and codes of questions, given as the leaves of `tree`."""
        with self._lock:
            keys = [_key(leaves) for leaves in questions]
            new = {key: i for i, key in enumerate(keys) if key not in self._known}
            asked = [jax.tree.unflatten(tree, list(questions[i])) for i in new.values()]
            self.calls += len(asked)
            found = dict(zip(new, self.answers(asked) if asked else (), strict=True))
            answers = [found[key] if key in found else self._known[key] for key in keys]
            for key in keys:
                self._remember(key, found.get(key))
            return answers

    def _remember(self, key: bytes, answer: tuple[Any, int] | None) -> None:
        if key in self._known:
            self._known.move_to_end(key)
        elif answer is not None and answer[1] == 0:
            self._known[key] = answer
            self._bytes += _size(answer)
        while self._bytes > _ROOM and len(self._known) > 1:
            self._bytes -= _size(self._known.popitem(last=False)[1])


def _key(leaves: Sequence[Any]) -> bytes:
    state = hashlib.sha256()
    for leaf in leaves:
        array = np.asarray(leaf)
        state.update(f"{array.dtype}{array.shape}".encode())
        state.update(array.tobytes())
    return state.digest()


def _size(answer: Any) -> int:
    return sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(answer))


def _as_it_is(answer: Any) -> Any:
    return answer


@dataclasses.dataclass(frozen=True)
class OneByOne:
    """Answers of a function that takes a question, a tuple, as its arguments.

    What it raises is a failed answer, and its words go to the log `invdesign`.

    **Arguments:** `name`: what messages call the function.
    """

    function: Callable[..., Any]
    name: str

    def __call__(self, questions: Sequence[Any]) -> list[tuple[Any, int]]:
        return [self._answer(question) for question in questions]

    def _answer(self, question: Any) -> tuple[Any, int]:
        try:
            return self.function(*question), int(RESULTS.successful)
        except Exception as error:
            _LOG.warning("%s failed: %s: %s", self.name, type(error).__name__, error)
            return None, int(RESULTS.external_failed)


def ask(
    outside: Outside, question: Any, like: Any, *, name: str, tidy: Callable[[Any], Any] = _as_it_is
) -> tuple[Any, Code]:
    """The answer to a question and a code, in compiled code; NaN where there is none.

    Under `vmap` all questions of a batch arrive together.

    **Arguments:** `question`: a tree of arrays; `like`: an answer's shapes and types; `name`: what
    messages call the program; `tidy`: of an answer, what is wanted of it.
    """
    leaves, tree = jax.tree.flatten(question)
    ranks = [jnp.ndim(leaf) for leaf in leaves]
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), like)

    def host(*arrays: Any) -> tuple[Any, np.ndarray]:
        stacked = [np.asarray(array) for array in arrays]
        batch = stacked[0].shape[: stacked[0].ndim - ranks[0]] if stacked else ()
        number = int(np.prod(batch, dtype=int))
        flat = [x.reshape(number, *x.shape[len(batch) :]) for x in stacked]
        found = outside.ask([[x[i] for x in flat] for i in range(number)], tree)
        trees = [_fitting(answer, shapes, name, tidy) for answer, _ in found]
        together = jax.tree.map(lambda *x: np.stack(x).reshape((*batch, *x[0].shape)), *trees)
        return together, np.asarray([code for _, code in found], np.int32).reshape(batch)

    codes = jax.ShapeDtypeStruct((), np.int32)
    return jax.pure_callback(host, (shapes, codes), *leaves, vmap_method="broadcast_all")


def _fitting(answer: Any, shapes: Any, name: str, tidy: Callable[[Any], Any]) -> Any:
    """An answer in the types that were promised; numbers that nobody knows if there is none."""
    if answer is None:
        return jax.tree.map(lambda x: np.full(x.shape, _unknown(x.dtype), x.dtype), shapes)
    answer = tidy(answer)
    wanted, given = jax.tree.structure(shapes), jax.tree.structure(answer)
    if wanted != given:
        raise ValueError(f"`{name}` has to return a tree like {wanted}, got {given}.")
    return jax.tree.map(lambda like, x: _cast(x, like, name), shapes, answer)


def _cast(array: Any, like: jax.ShapeDtypeStruct, name: str) -> np.ndarray:
    array = np.asarray(array)
    if array.shape != like.shape:
        raise ValueError(
            f"`{name}` has to return an array of shape {like.shape}, got {array.shape}."
        )
    return array.astype(like.dtype)


def _unknown(dtype: Any) -> Any:
    return np.nan if jnp.issubdtype(dtype, jnp.inexact) else 0


def answered(
    values: Outside, slopes: Outside | str, question: Any, like: Any, *, name: str
) -> tuple[Any, Code]:
    """As `ask`, differentiable by the floating-point numbers of the question.

    **Arguments:** `slopes`: answers a pair of a question and a cotangent of its answer with a tree
    like the question, of which only what belongs to floating-point numbers is looked at; or the
    sentence with which a gradient is refused.
    """
    leaves, tree = jax.tree.flatten(question)

    @jax.custom_vjp
    def call(leaves: list[Any]) -> tuple[Any, Code]:
        return ask(values, jax.tree.unflatten(tree, leaves), like, name=name)

    def forward(leaves: list[Any]) -> tuple[Any, list[Any]]:
        if isinstance(slopes, str):  # before anything is asked
            raise ValueError(slopes)
        return call(leaves), leaves

    def backward(leaves: list[Any], cotangent: Any) -> tuple[list[Any]]:
        assert isinstance(slopes, Outside)
        smooth = [eqx.is_inexact_array(leaf) for leaf in leaves]

        def tidy(answer: Any) -> list[Any]:
            return list(itertools.compress(tree.flatten_up_to(answer), smooth))

        asked = (jax.tree.unflatten(tree, leaves), cotangent[0])
        floats = list(itertools.compress(leaves, smooth))
        # NaN of what failed: whoever looks at gradients has a code for that.
        found = iter(ask(slopes, asked, floats, name=f"the vjp of {name}", tidy=tidy)[0])
        return ([next(found) if is_smooth else None for is_smooth in smooth],)

    call.defvjp(forward, backward)
    return call(leaves)
