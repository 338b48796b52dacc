"""The Kuramoto-Sivashinsky equation by a spectral method."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._extras import find_extra
from .._results import RESULTS, as_code
from .._simulator import AbstractSimulator
from .._types import Array, Code, Float
from ..scenes._periodic_field import FieldFrame, PeriodicField, check_points

_ORDER = 4
_KEPT = 2 / 3  # of the wavenumbers, against aliasing by the square
_HIGH = 0.75  # of those kept, from where on there should be next to nothing
# Of the mean square: the attractor has 3e-5 there with 96 points on a length of 60; a field that
# the points do not resolve has a tenth and more.
_MOST = 1e-2


class FieldState(eqx.Module):
    """A field at the solver's own points, `(point,)`."""

    field: Float[Array, " point"]


class KuramotoSivashinsky(AbstractSimulator):
    r"""Flame fronts and thin films in one dimension, the simplest field with chaos of its own.

    $$u_t = -\tfrac12 (u^2)_x - u_{xx} - u_{xxxx}$$

    on a periodic interval, without units. Long waves grow, short ones decay, and the quadratic
    term passes energy from the former to the latter; the mean stays as it is. From some 20 of
    length on it is chaotic: small differences grow by $e$ in about 10 units of time at 60.

    Exponential time differencing of fourth order over the Fourier coefficients (exponax), whose
    coefficients are computed in double precision; two thirds of the wavenumbers count. In single
    precision, on the attractor: relative error after 20 units of time 2e-3 with steps of 0.25,
    3e-4 with 0.1, the rest of which is rounding.

    A field that the points do not resolve ends with `RESULTS.reference_failed`, one that is no
    longer finite with `RESULTS.nonfinite_state`. The design of a task can only enter through the
    first state: an adjoint that cuts the state's gradients leaves none.

    Needs the extra `grids`.

    Source: Kassam and Trefethen (2005), Fourth-order time-stepping for stiff PDEs, sections 2 and
    4; Cox and Matthews (2002), equations 26 to 29.

    **Arguments:**

    - `length`: of the interval; `num_points`: of the scenes, even, at least 8.
    - `dt`: time a frame; `num_substeps`: of a frame.
    - `refinement`: points of its own for every one of a scene.

    **Raises:** `ValueError` for values out of these ranges, or if exponax is not installed.
    """

    length: float = eqx.field(static=True)
    num_points: int = eqx.field(static=True)
    dt: float = eqx.field(static=True)
    num_substeps: int = eqx.field(static=True)
    refinement: int = eqx.field(static=True)
    stepper: Any  # of exponax, with arrays of double precision on the host

    def __init__(
        self,
        length: float = 60.0,
        num_points: int = 96,
        *,
        dt: float = 0.5,
        num_substeps: int = 5,
        refinement: int = 1,
    ):
        for name, value in (("length", length), ("dt", dt)):
            if not value > 0:
                raise ValueError(f"`KuramotoSivashinsky` needs {name} > 0, got {value}.")
        for name, value in (("num_substeps", num_substeps), ("refinement", refinement)):
            if not value >= 1:
                raise ValueError(f"`KuramotoSivashinsky` needs {name} >= 1, got {value}.")
        if num_points < 8 or num_points % 2:
            raise ValueError(
                f"`KuramotoSivashinsky` needs an even num_points of 8 or more, got {num_points}."
            )
        self.length, self.num_points, self.dt = float(length), num_points, float(dt)
        self.num_substeps, self.refinement = num_substeps, refinement
        self.stepper = _stepper(self.length, num_points * refinement, self.dt / num_substeps)

    def init(self, scene: PeriodicField) -> tuple[None, FieldState]:
        self._check(scene)
        return None, FieldState(refined_field(scene.field, self.refinement))

    def step(self, context: None, state: FieldState) -> tuple[FieldState, Code]:
        stepper = _in_precision(self.stepper, state.field.dtype)

        def substep(spectrum: Array, _: None) -> tuple[Array, None]:
            # The library knows nothing of strict promotion.
            with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
                return stepper.step_fourier(spectrum), None

        start = jnp.fft.rfft(state.field[None])
        spectrum, _ = lax.scan(substep, start, None, length=self.num_substeps)
        field = jnp.fft.irfft(spectrum, state.field.shape[0])[0]
        code = jnp.where(
            _resolved(spectrum[0]) | ~jnp.isfinite(field).all(),
            as_code(RESULTS.successful),
            as_code(RESULTS.reference_failed),
        )
        return FieldState(field), code

    def observe(self, context: None, state: FieldState) -> FieldFrame:
        return FieldFrame(field=state.field[:: self.refinement])

    def check(self, scene: PeriodicField, num_steps: int | None = None) -> tuple[str, ...]:
        self._check(scene)
        return ()

    def _check(self, scene: PeriodicField) -> None:
        check_points(scene, num_points=self.num_points, length=self.length, whose="The solver")

    def refined(self, factor: int) -> "KuramotoSivashinsky":
        """The same equation on `factor` times the points, in steps of a `factor`-th.

        It takes the same scenes, and observes the same points.
        """
        return KuramotoSivashinsky(
            self.length,
            self.num_points,
            dt=self.dt,
            num_substeps=self.num_substeps * factor,
            refinement=self.refinement * factor,
        )

    def grow(self, factor: float) -> "KuramotoSivashinsky":
        raise ValueError("A `KuramotoSivashinsky` has no capacity that could grow.")


def refined_field(field: Float[Array, " point"], factor: int) -> Float[Array, " finer"]:
    """The trigonometric polynomial through a field's values, on `factor` times the points.

    Every `factor`-th of the new values is one of the old ones.
    """
    if factor == 1:
        return field
    num_points = field.shape[0]
    spectrum = jnp.fft.rfft(field)
    if num_points % 2 == 0:  # the highest wave, seen at its crests alone, runs both ways
        spectrum = spectrum.at[-1].multiply(0.5)
    return factor * jnp.fft.irfft(spectrum, factor * num_points)


def _stepper(length: float, num_points: int, dt: float) -> Any:
    """Exponax' stepper; arrays on the host, since those of JAX would be rounded."""
    exponax = find_extra("exponax", "grids")
    standard = jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow")
    with jax.enable_x64(True), jax.ensure_compile_time_eval(), standard[0], standard[1]:
        stepper = exponax.stepper.KuramotoSivashinskyConservative(
            1, length, num_points, dt, order=_ORDER, dealiasing_fraction=_KEPT
        )
        return jax.tree.map(lambda x: np.asarray(x) if eqx.is_array(x) else x, stepper)


def _in_precision(stepper: Any, dtype: Any) -> Any:
    """A stepper for fields of a type."""
    like = {"c": np.result_type(dtype, np.complex64), "f": dtype, "b": jnp.bool_}

    def cast(leaf: Any) -> Any:
        return jnp.asarray(leaf, like[leaf.dtype.kind]) if eqx.is_array(leaf) else leaf

    return jax.tree.map(cast, stepper)


def _resolved(spectrum: Array) -> Array:
    """Whether hardly anything of a field is in the highest of the wavenumbers that count."""
    energy = jnp.abs(spectrum) ** 2
    high = int(_HIGH * _KEPT * (spectrum.shape[0] - 1))
    return jnp.sum(energy[high:]) <= _MOST * jnp.sum(energy[1:])
