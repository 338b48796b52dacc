"""Ropes that swing from one end."""

from ._drape import (
    BuildDrape as BuildDrape,
    EndSpeed as EndSpeed,
    PegsApart as PegsApart,
    Unrest as Unrest,
)
from ._throw import (
    BuildThrow as BuildThrow,
    ShapeDistance as ShapeDistance,
    ShapeError as ShapeError,
    ShapeMatch as ShapeMatch,
)
from .family import ROPE as ROPE
