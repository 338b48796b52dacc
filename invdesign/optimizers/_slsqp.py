"""Sequential least squares programming of SciPy, one evaluation at a time."""

import warnings
from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from scipy import optimize

from .._checks import checked_count, checked_latent, checked_number
from .._evaluation import Evaluation
from .._types import Latent, Latents, PRNGKeyArray
from ._base import AbstractConstrained
from ._constrained import as_bools, told

# Besides the codes of SciPy's `OptimizeResult.status`.
_RUNNING, _LOST, _STUCK, _EXHAUSTED = -1, -2, 8, 9
_LONGEST = 10_000  # rows of the log, each with a Jacobian; all are replayed at every step


class Log(eqx.Module):
    """Evaluated points in double precision, in the order they were asked for.

    **Arguments:** `point`, `value`, `grad`, `constraints`, `jacobian`: a row an evaluation, `+inf`
    as the value and zeros where it failed; `count`: rows in use.
    """

    point: np.ndarray
    value: np.ndarray
    grad: np.ndarray
    constraints: np.ndarray
    jacobian: np.ndarray
    count: np.ndarray


class SLSQPState(eqx.Module):
    """State of a search by replay.

    **Arguments:**

    - `log`: everything evaluated so far.
    - `initial`: the latent it started from, in the dtype of the simulation.
    - `asked`: the latent evaluated next, in the same dtype.
    - `status`: -1 while running, then SciPy's code: 0 converged, 8 no descent along the line (or
      back at an earlier point: converged as well as the dtype allows), 9 at `max_evaluations`;
      -2 if it wanted a latent that is not finite.
    """

    log: Log
    initial: np.ndarray
    asked: np.ndarray
    status: np.ndarray


class SLSQP(AbstractConstrained):
    r"""Sequential quadratic programming with a BFGS matrix and a line search.

    Every step solves a quadratic program with the constraints linearised,

    $$\min_d \; \nabla f \cdot d + \tfrac12 d^T B d, \qquad
      c_E + \nabla c_E \cdot d = 0, \quad c_I + \nabla c_I \cdot d \ge 0$$

    The method of choice for smooth values and tens of latents; noise stalls its line search.
    SciPy owns the loop, so `tell` replays it from a log of everything evaluated until it wants a
    point that is not there, and that point is asked. A point costs one evaluation, however
    often it is wanted; replaying takes milliseconds. To the line search a failed candidate is a
    value above all known ones at the constraints evaluated last, so that it shortens the step
    to between a tenth and a half.

    Source: Kraft (1988), DFVLR-FB 88-28, in SciPy.

    **Arguments:**

    - `equality`: as for every constrained optimizer.
    - `max_evaluations`: 1 to 10,000; the log is this long.
    - `ftol`: converged when the value changes by less, relative to the size of the first one, and
      the constraints are missed by less; above 0. Single precision allows no less than 1e-6.
    - `first_step`: length of the first step in latent units where no constraint asks for
      another; `None` takes the gradient as it is, which is right only if the value is scaled
      well.
    - `max_latent`: bound on the size of every latent, above 0, or `None`. Bounded spaces squash
      their latents, so that a long step ends where gradients vanish. A start outside of the
      bound widens it.

    **Raises:** `ValueError` if one of them is out of its range; on `tell` if `equality` has not
    as many entries as there are constraints.
    """

    equality: tuple[bool, ...] = eqx.field(static=True, converter=as_bools)
    max_evaluations: int = eqx.field(static=True, default=200)
    ftol: float = eqx.field(static=True, default=1e-6)
    first_step: float | None = eqx.field(static=True, default=0.5)
    max_latent: float | None = eqx.field(static=True, default=4.0)

    def __check_init__(self):
        checked_count(self.max_evaluations, "max_evaluations", "SLSQP", most=_LONGEST)
        checked_number(self.ftol, "ftol", "SLSQP", above=0)
        checked_number(self.first_step, "first_step", "SLSQP", above=0, optional=True)
        checked_number(self.max_latent, "max_latent", "SLSQP", above=0, optional=True)

    @property
    def order(self) -> int:
        return 1

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> SLSQPState:
        initial = np.asarray(checked_latent(latent, "SLSQP"))
        log = _empty(self.max_evaluations, initial.size, len(self.equality))
        return SLSQPState(log, initial, initial, np.asarray(_RUNNING))

    def ask(self, state: SLSQPState, *, key: PRNGKeyArray) -> Latents:
        return jnp.asarray(state.asked)[None]

    def tell(self, state: SLSQPState, candidates: Latents, evaluation: Evaluation) -> SLSQPState:
        if self.done(state):
            return state
        log = _append(state.log, candidates, told("SLSQP", self.equality, evaluation))
        asked, status = self._replay(log, state.initial)
        if asked is None:
            return SLSQPState(log, state.initial, state.asked, np.asarray(status))
        full = int(log.count) == self.max_evaluations
        return SLSQPState(log, state.initial, asked, np.asarray(_EXHAUSTED if full else _RUNNING))

    def done(self, state: SLSQPState) -> bool:
        return int(state.status) != _RUNNING

    def _replay(self, log: Log, initial: np.ndarray) -> tuple[np.ndarray | None, int]:
        """The first point that SciPy asks for and the log does not hold, or how it ended."""
        if not np.isfinite(log.value).any():
            return initial, _RUNNING  # nothing to step from: the start once more
        recorded = _record(self, log, initial.dtype)
        try:
            result = _minimize(self, recorded, initial.astype(np.float64))
        except _NotInLog as wanted:
            return wanted.point, _RUNNING
        except _Ended as end:
            return None, end.status
        return None, int(result.status)


class _NotInLog(Exception):
    """Carries the point that SciPy's loop wants and the log does not hold."""

    def __init__(self, point: np.ndarray):
        self.point = point


class _Ended(Exception):
    """Carries the status of a search that cannot go on."""

    def __init__(self, status: int):
        self.status = status


class _Recorded(eqx.Module):
    """What the functions that SciPy calls are answered from.

    **Arguments:** `log`: with values and constraints scaled, and failures replaced; `rows`: the
    row of every point, by its bytes; `visited`: the rows wanted so far, added to by every call;
    `dtype`: of the latents; `acc`: SciPy's tolerance.
    """

    log: Log
    rows: dict[bytes, int] = eqx.field(static=True)
    visited: list[int] = eqx.field(static=True)
    dtype: Any = eqx.field(static=True)
    acc: float = eqx.field(static=True)


# Functions rather than methods: Equinox wraps every access to a method, and a replay makes
# hundreds of them.
def _row(recorded: _Recorded, x: np.ndarray) -> int:
    with np.errstate(over="ignore"):
        point = x.astype(recorded.dtype)
    if not np.isfinite(point).all():
        raise _Ended(_LOST)
    row = recorded.rows.get(_name(point))
    if row is None:
        raise _NotInLog(point)
    if recorded.visited[-1:] != [row]:
        _visit(recorded.visited, row)
    return row


def _visit(visited: list[int], row: int) -> None:
    # Distinct points in double precision that the latent's own cannot tell apart: SciPy would
    # go on for hundreds of steps in the noise.
    if row in visited:
        raise _Ended(_STUCK)
    visited.append(row)


def _value_and_grad(recorded: _Recorded, x: np.ndarray) -> tuple[float, np.ndarray]:
    row = _row(recorded, x)
    return float(recorded.log.value[row]), recorded.log.grad[row].copy()


def _constraints(recorded: _Recorded, which: np.ndarray, x: np.ndarray) -> np.ndarray:
    return recorded.log.constraints[_row(recorded, x), which]


def _jacobian(recorded: _Recorded, which: np.ndarray, x: np.ndarray) -> np.ndarray:
    return recorded.log.jacobian[_row(recorded, x), which]


def _name(point: np.ndarray) -> bytes:
    return (point.astype(np.float64) + 0.0).tobytes()  # the sum turns -0 into 0


def _empty(size: int, latents: int, number: int) -> Log:
    return Log(
        point=np.zeros((size, latents)),
        value=np.full(size, np.inf),
        grad=np.zeros((size, latents)),
        constraints=np.zeros((size, number)),
        jacobian=np.zeros((size, number, latents)),
        count=np.asarray(0),
    )


def _append(log: Log, candidates: Latents, here: Any) -> Log:
    row = int(log.count)

    def with_row(array: np.ndarray, x: Any) -> np.ndarray:
        array = array.copy()
        array[row] = np.asarray(x[0], np.float64)
        return array

    return Log(
        point=with_row(log.point, candidates),
        value=with_row(log.value, here.value),
        grad=with_row(log.grad, here.grad),
        constraints=with_row(log.constraints, here.constraints),
        jacobian=with_row(log.jacobian, here.jacobian),
        count=np.asarray(row + 1),
    )


def _record(self: SLSQP, log: Log, dtype: Any) -> _Recorded:
    used = np.arange(int(log.count))
    first = int(np.argmax(np.isfinite(log.value)))
    norm = float(np.linalg.norm(log.grad[first]))
    factor = self.first_step / norm if self.first_step is not None and norm > 0 else 1.0
    # SciPy has one tolerance for values and constraints: it goes with the size of the value,
    # and the constraints are scaled along so that it stays `ftol` for them.
    size = max(1.0, abs(factor * float(log.value[first])))
    source, value = _survived(log, first)
    scaled = Log(
        point=log.point,
        value=factor * value,
        grad=factor * log.grad,
        constraints=size * log.constraints[source],
        jacobian=size * log.jacobian[source],
        count=log.count,
    )
    # A start that failed at first appears again: the last row of a point counts.
    rows = {_name(log.point[row]): int(row) for row in used}
    return _Recorded(scaled, rows, [], np.dtype(dtype), self.ftol * size)


def _survived(log: Log, first: int) -> tuple[np.ndarray, np.ndarray]:
    """For every row where its constraints come from, and a value that is finite.

    A failed row is judged by earlier rows only, so that a replay sees it the same every time.
    """
    source, value = np.arange(log.value.size), log.value.copy()
    good, worst = first, log.value[first]
    for row in range(int(log.count)):
        if np.isfinite(log.value[row]):
            good, worst = row, max(worst, log.value[row])
        else:
            source[row], value[row] = good, worst + 10.0 * (1.0 + abs(worst))
    return source, value


def _minimize(self: SLSQP, recorded: _Recorded, initial: np.ndarray) -> Any:
    equality = np.asarray(self.equality, bool)
    kinds = (("eq", np.flatnonzero(equality)), ("ineq", np.flatnonzero(~equality)))
    constraints = [
        {
            "type": kind,
            "fun": partial(_constraints, recorded, which),
            "jac": partial(_jacobian, recorded, which),
        }
        for kind, which in kinds
        if which.size
    ]
    bounds = None
    if self.max_latent is not None:
        most = np.maximum(self.max_latent, np.abs(initial))
        bounds = list(zip(-most, most, strict=True))
    with warnings.catch_warnings():
        # Of points it moved back into the bounds, for one.
        warnings.simplefilter("ignore", RuntimeWarning)
        return optimize.minimize(
            partial(_value_and_grad, recorded),
            initial,
            jac=True,
            method="SLSQP",
            bounds=bounds,
            constraints=constraints,
            options={"maxiter": self.max_evaluations, "ftol": recorded.acc},
        )
