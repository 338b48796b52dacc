"""What the library is given, checked in one place: random keys, latents, counts and numbers.

Every function returns what it was given, in the kind that is worked with, or raises a `ValueError`
of one sentence. `where` is what the sentence calls the caller, such as `solve`.
"""

import math
import numbers
import reprlib
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ._types import Latent, PRNGKeyArray, as_float

# Counts travel as int32 through compiled programs.
_MOST = 2**31 - 1
# Candidates of an iteration; their states and evaluations are in memory side by side.
MOST_CANDIDATES = 100_000


def checked_key(key: Any, where: str) -> PRNGKeyArray:
    """One random key: of `jax.random.key`, or of the older `jax.random.PRNGKey`.

    **Raises:** `ValueError` for anything else, such as a seed.
    """
    dtype = getattr(key, "dtype", None)
    typed = isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    if dtype is None or np.ndim(key) != int(not typed) or not (typed or dtype == np.uint32):
        raise ValueError(
            f"`{where}` needs a random key, got {described(key)}; write `key=jax.random.key(0)`."
        )
    return key


def checked_latent(latent: Any, where: str, size: int | None = None) -> Latent:
    """A vector of floating-point numbers; integers are converted, since steps would be cut off.

    Traceable: of a tracer only type and shape are checked.

    **Arguments:** `size`: how many numbers it has to have, any number if `None`.

    **Raises:** `ValueError` if it is of another kind or shape, or a number is not finite.
    """
    try:
        with np.errstate(over="ignore"):  # what overflows is not finite below
            values = as_float(latent)
    except ValueError:
        values = None
    bools = any(
        jnp.result_type(x) == np.bool_ for x in jax.tree.leaves(latent) if values is not None
    )
    wanted = "a vector of numbers" if size is None else f"a latent of {size} numbers"
    if values is None or bools:
        raise ValueError(f"`{where}` needs {wanted}, got {described(latent)}.")
    if values.ndim != 1 or size not in (None, values.size):
        raise ValueError(f"`{where}` needs {wanted}, got shape {values.shape}.")
    if not isinstance(values, Tracer):
        finite = np.isfinite(np.asarray(values, np.float64))
        if not finite.all():
            bad = int(np.argmin(finite))
            raise ValueError(f"`{where}` needs finite numbers, got {values[bad]} at {bad}.")
    return values


def checked_count(
    value: Any, name: str, where: str, *, least: int = 1, most: int = _MOST, optional: bool = False
) -> Any:
    """A whole number from `least` to `most`, or `None` if that is `optional`; no bool.

    **Raises:** `ValueError` for anything else.
    """
    if value is None and optional:
        return value
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        _refuse(where, f"a whole number {name} >= {least}", value, optional=optional)
    if not least <= value <= most:
        wanted = f"{name} >= {least}" if value < least else f"{name} <= {most}"
        _refuse(where, wanted, value, optional=optional)
    return int(value)


def checked_number(
    value: Any,
    name: str,
    where: str,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
    optional: bool = False,
) -> Any:
    """A finite real number within a range, or `None` if that is `optional`; no bool.

    Traceable: of a tracer nothing is checked.

    **Arguments:** `above`, `below`: open ends of the range; `least`, `most`: closed ends.

    **Raises:** `ValueError` for anything else.
    """
    if (value is None and optional) or isinstance(value, Tracer):
        return value
    number = _as_number(value)
    fits = (
        math.isfinite(number)
        and (above is None or number > above)
        and (least is None or number >= least)
        and (below is None or number < below)
        and (most is None or number <= most)
    )
    if not fits:
        low = f"{above:g} < " if above is not None else "" if least is None else f"{least:g} <= "
        high = f" < {below:g}" if below is not None else "" if most is None else f" <= {most:g}"
        if not high and low:  # read from the name on
            low, high = "", f" > {above:g}" if above is not None else f" >= {least:g}"
        finite = "a finite " if math.isinf(number) and not (low and high) else ""
        _refuse(where, f"{finite}{low}{name}{high}", value, optional=optional)
    return value


def _as_number(value: Any) -> float:
    """NaN for what is no real number."""
    if isinstance(value, np.ndarray | jax.Array):
        # Through NumPy, because `float` of an array under x64 would depend on the mode.
        value = np.asarray(value) if jnp.issubdtype(value.dtype, np.number) else None
        value = value.item() if value is not None and value.ndim == 0 else None
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # of an int
        return math.inf


def checked_kind(value: Any, kinds: Any, name: str, where: str) -> Any:
    """An instance of a class, or of one of several (`A | B`).

    **Raises:** `ValueError` for anything else, such as arguments in another order.
    """
    if not isinstance(value, kinds):
        wanted = " or ".join(f"`{kind.__name__}`" for kind in getattr(kinds, "__args__", (kinds,)))
        raise ValueError(f"`{where}` needs {name} of type {wanted}, got {described(value)}.")
    return value


def described(value: Any) -> str:
    """What something is, for a message: short, whatever it holds."""
    if isinstance(value, np.ndarray | jax.Array) and value.ndim:
        return f"an array of shape {value.shape} of {value.dtype}"
    if isinstance(value, np.ndarray | jax.Array):
        return " ".join(str(value).split())
    return reprlib.repr(value)


def _refuse(where: str, wanted: str, value: Any, *, optional: bool) -> NoReturn:
    number = math.nan if isinstance(value, int) else _as_number(value)
    shown = f"{number:g}" if number == number else described(value)
    raise ValueError(f"`{where}` needs {wanted}{' or None' * optional}, got {shown}.")
