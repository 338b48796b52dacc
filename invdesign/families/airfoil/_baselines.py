"""What lift and drag can be had for without a flow: fits from the design's parameters."""

import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ..._types import Array, Float, PRNGKeyArray, Scalar

_WIDTH, _BATCH, _RATE = 64, 128, 3e-3
_CHECKED = 50  # updates between looks at the cases that stop the training
_DECAYS = (0.0, 1e-2, 1e-1)


class Standard(eqx.Module):
    """Columns to mean zero and deviation one."""

    mean: np.ndarray
    std: np.ndarray

    @staticmethod
    def of(rows: np.ndarray) -> "Standard":
        return Standard(rows.mean(axis=0), rows.std(axis=0))

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return (rows - self.mean[None]) / self.std[None]

    def back(self, rows: np.ndarray) -> np.ndarray:
        return rows * self.std[None] + self.mean[None]


class Polynomial(eqx.Module):
    """Lift and the logarithm of drag as polynomials in all parameters, by least squares.

    **Arguments:** `fit` makes one.
    """

    degree: int
    inputs: Standard
    weights: np.ndarray

    @staticmethod
    def fit(parameters: np.ndarray, coefficients: np.ndarray, *, degree: int) -> "Polynomial":
        """Through cases, `(case, parameter)` and lift and drag, `(case, 2)`.

        **Raises:** `ValueError` if there are fewer cases than terms.
        """
        needed = num_terms(parameters.shape[1], degree)
        if len(parameters) < needed:
            raise ValueError(
                f"A polynomial of degree {degree} needs {needed} cases, got {len(parameters)}."
            )
        inputs = Standard.of(np.asarray(parameters, float))
        terms = _terms(inputs(parameters), degree)
        weights = np.linalg.lstsq(terms, _logarithmic(coefficients), rcond=None)[0]
        return Polynomial(degree, inputs, weights)

    def __call__(self, parameters: np.ndarray) -> np.ndarray:
        """Lift and drag, `(case, 2)`."""
        return _plain(_terms(self.inputs(parameters), self.degree) @ self.weights)


def num_terms(size: int, degree: int) -> int:
    """How many coefficients a polynomial in `size` parameters has."""
    return math.comb(size + degree, degree)


def _terms(rows: np.ndarray, degree: int) -> np.ndarray:
    """All products of up to `degree` columns."""
    powers = [
        chosen
        for number in range(degree + 1)
        for chosen in itertools.combinations_with_replacement(range(rows.shape[1]), number)
    ]
    return np.stack([rows[:, list(chosen)].prod(axis=1) for chosen in powers], axis=1)


class Perceptron(eqx.Module):
    """Lift and the logarithm of drag from a small network: two tanh layers of 64.

    **Arguments:** `fit` makes one.
    """

    inputs: Standard
    outputs: Standard
    network: eqx.nn.MLP

    @staticmethod
    def fit(
        parameters: np.ndarray,
        coefficients: np.ndarray,
        *,
        held_out: int,
        key: PRNGKeyArray,
        num_steps: int = 10_000,
    ) -> "Perceptron":
        """Trained by AdamW with a cosine schedule; the best of three weight decays.

        **Arguments:** arrays as `Polynomial.fit`; `held_out`: the last so many cases are not
        learned from but choose when to stop, and the decay.
        """
        learned = slice(0, len(parameters) - held_out)
        inputs = Standard.of(np.asarray(parameters[learned], float))
        targets = _logarithmic(coefficients)
        outputs = Standard.of(targets[learned])
        rows = jnp.asarray(inputs(parameters), jnp.float32)
        wanted = jnp.asarray(outputs(targets), jnp.float32)
        tried = [_train(rows, wanted, held_out, num_steps, decay, key) for decay in _DECAYS]
        network, _ = min(tried, key=lambda pair: float(pair[1]))
        return Perceptron(inputs, outputs, network)

    def __call__(self, parameters: np.ndarray) -> np.ndarray:
        """Lift and drag, `(case, 2)`."""
        rows = jnp.asarray(self.inputs(parameters), jnp.float32)
        return _plain(self.outputs.back(np.asarray(_rows(self.network, rows), float)))


def _rows(network: eqx.nn.MLP, rows: Float[Array, "case parameter"]) -> Float[Array, "case 2"]:
    return jax.vmap(network)(rows)


@eqx.filter_jit
def _train(
    rows: Float[Array, "case parameter"],
    wanted: Float[Array, "case 2"],
    held_out: int,
    num_steps: int,
    decay: float,
    key: PRNGKeyArray,
) -> tuple[eqx.nn.MLP, Scalar]:
    """The weights with the least error on the held-out cases, and that error."""
    start, draws = jax.random.split(key)
    network = eqx.nn.MLP(rows.shape[1], 2, _WIDTH, 2, activation=jnp.tanh, key=start)
    weights, rest = eqx.partition(network, eqx.is_array)
    schedule = optax.cosine_decay_schedule(_RATE, num_steps)
    optimizer = optax.adamw(schedule, weight_decay=decay)
    number = rows.shape[0] - held_out

    def error(weights, rows, wanted):
        return jnp.mean((_rows(eqx.combine(weights, rest), rows) - wanted) ** 2)

    def update(carry, key):
        weights, moments = carry
        chosen = jax.random.randint(key, (min(_BATCH, number),), 0, number)
        slope = jax.grad(error)(weights, rows[chosen], wanted[chosen])
        with jax.numpy_dtype_promotion("standard"):
            change, moments = optimizer.update(slope, moments, weights)
            return (optax.apply_updates(weights, change), moments), None

    def look(carry, keys):
        inner, best, least = carry
        inner, _ = jax.lax.scan(update, inner, keys)
        found = error(inner[0], rows[number:], wanted[number:])
        better = found < least
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), inner[0], best)
        return (inner, best, jnp.minimum(found, least)), None

    keys = jax.random.split(draws, (max(num_steps // _CHECKED, 1), _CHECKED))
    first = (weights, optimizer.init(weights)), weights, jnp.asarray(jnp.inf, rows.dtype)
    (_, best, least), _ = jax.lax.scan(look, first, keys)
    return eqx.combine(best, rest), least


def _logarithmic(coefficients: np.ndarray) -> np.ndarray:
    """Lift, and the logarithm of drag, whose errors are judged over its size."""
    return np.stack([coefficients[:, 0], np.log(coefficients[:, 1])], axis=1).astype(float)


def _plain(rows: np.ndarray) -> np.ndarray:
    return np.stack([rows[:, 0], np.exp(rows[:, 1])], axis=1)


def fit_baselines(
    parameters: np.ndarray, coefficients: np.ndarray, *, key: PRNGKeyArray
) -> dict[str, Polynomial | Perceptron]:
    """All fits by name, without those that have more coefficients than there are cases.

    **Arguments:** as `Polynomial.fit`; the last tenth of the cases stops the network's training.
    """
    fits: dict[str, Polynomial | Perceptron] = {
        name: Polynomial.fit(parameters, coefficients, degree=degree)
        for name, degree in (("quadratic", 2), ("cubic", 3))
        if num_terms(parameters.shape[1], degree) <= len(parameters)
    }
    held_out = max(len(parameters) // 10, 1)
    network = Perceptron.fit(parameters, coefficients, held_out=held_out, key=key)
    return fits | {"small network": network}
