"""What a model of fields has learned from, and how a scene differs from it."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import msgspec
import numpy as np

from ...scenes import PeriodicField

_SLACK = 0.01  # relative, of numbers that count as equal


@dataclasses.dataclass(frozen=True)
class FieldRanges:
    """The fields that a model has learned from, in their own units.

    **Arguments:**

    - `largest`: of the values' sizes.
    - `roughest`: the largest share of a field's mean square that is in the upper half of its
      waves.
    - `mean`: of a field over its points, the largest size.
    - `num_steps`: the longest trajectories in frames.
    """

    largest: float
    roughest: float
    mean: float
    num_steps: int

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> "FieldRanges":
        """What `dataclasses.asdict` gave, after a round trip through JSON.

        **Raises:** `ValueError` naming what is missing or of another kind.
        """
        try:
            return msgspec.convert(header, cls)
        except msgspec.ValidationError as error:
            raise ValueError(f"The ranges of a model of fields cannot be read: {error}.") from error

    @classmethod
    def measured(cls, fields: np.ndarray) -> "FieldRanges":
        """Those of trajectories, `(trajectory, time, point)` (host side)."""
        return cls(
            largest=float(np.abs(fields).max()),
            roughest=float(_roughness(fields).max()),
            mean=float(np.abs(fields.mean(axis=-1)).max()),
            num_steps=fields.shape[1] - 1,
        )

    def check(self, scene: PeriodicField, num_steps: int | None) -> tuple[str, ...]:
        """Sentences on what is outside of the ranges."""
        return tuple(self._outside(np.asarray(jax.device_get(scene.field)), num_steps))

    def _outside(self, field: np.ndarray, num_steps: int | None) -> Iterator[str]:
        largest = np.abs(field).max()
        if largest > self.largest * (1 + _SLACK):
            yield f"the field is up to {largest:.3g}; the model has seen up to {self.largest:.3g}"
        rough = float(_roughness(field))
        if rough > self.roughest + _SLACK:
            yield (
                f"{rough:.2g} of the field is in the upper half of its waves; the model has seen "
                f"up to {self.roughest:.2g}"
            )
        mean = abs(float(field.mean()))
        if mean > self.mean + _SLACK * self.largest:
            yield (
                f"the mean of the field is {mean:.2g} from zero; the model has seen means of up to "
                f"{self.mean:.2g}"
            )
        if num_steps is not None and num_steps > self.num_steps:
            yield (
                f"{num_steps} frames are simulated; the model has seen trajectories of up to "
                f"{self.num_steps}"
            )


def _roughness(fields: np.ndarray) -> np.ndarray:
    """The share of each field's mean square in the upper half of its waves; 0 of no field."""
    energy = np.abs(np.fft.rfft(fields, axis=-1)) ** 2
    whole = energy[..., 1:].sum(axis=-1)
    high = energy[..., energy.shape[-1] // 2 :].sum(axis=-1)
    return np.where(whole > 0, high / np.where(whole > 0, whole, 1.0), 0.0)
