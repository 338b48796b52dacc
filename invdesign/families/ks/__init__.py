"""The Kuramoto-Sivashinsky equation."""

from ._steer import (
    BuildField as BuildField,
    FieldDistance as FieldDistance,
    FieldError as FieldError,
    FieldMatch as FieldMatch,
)
from .family import KS as KS
