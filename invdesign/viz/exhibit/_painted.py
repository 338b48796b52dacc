"""Layers in the colors of a map: a number a cell of a mesh, a field on a line over time."""

import dataclasses
from typing import Any

import numpy as np
from matplotlib import colormaps

from ._layers import AbstractLayer, Points, chosen
from ._packed import COLORS, held, packed


def color_map(name: str) -> str:
    """The 256 colors of one of matplotlib's maps, six hexadecimal digits each."""
    return "".join(
        f"{r:02x}{g:02x}{b:02x}" for r, g, b, _ in colormaps[name](range(256), bytes=True)
    )


@dataclasses.dataclass(frozen=True)
class Cells(AbstractLayer):
    """Values `(time, layer, point)` in the cells of an O-grid of nodes `(ring, point, 2)`.

    **Arguments:** `bounds`: values of the first and of the last color; `colors`: name of the map;
    `label`: of the color bar.
    """

    nodes: Points
    values: Points
    bounds: tuple[float, float]
    label: str = ""
    colors: str = "viridis"

    @property
    def moving(self) -> Points:
        return self.values

    def described(self, moments: np.ndarray) -> dict[str, Any]:
        return {
            "kind": "cells",
            "nodes": packed(np.asarray(self.nodes)[None]),
            "values": packed(np.clip(chosen(self.values, moments), *self.bounds), COLORS),
            "bounds": [float(bound) for bound in self.bounds],
            "label": self.label,
            "colors": color_map(self.colors),
        }


@dataclasses.dataclass(frozen=True)
class SpaceTime(AbstractLayer):
    """A field `(time, point)` with time upwards, and a line that moves through it.

    **Arguments:** `limit`: value of the deepest colors on either side of zero.
    """

    field: Points
    limit: float
    label: str = ""
    colors: str = "RdBu_r"

    @property
    def moving(self) -> Points:
        return self.field

    def described(self, moments: np.ndarray) -> dict[str, Any]:
        # All frames, not those that are shown alone: it is one picture.
        field = np.clip(held(self.field), -self.limit, self.limit)
        return {
            "kind": "space-time",
            "field": packed(field, COLORS),
            "bounds": [-float(self.limit), float(self.limit)],
            "label": self.label,
            "colors": color_map(self.colors),
        }
