"""Flows on a grid with more cells, as flows on a coarser one with the same forces."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Array
from ...grids._measures import cell_areas, wall_normals
from ...scenes import SectionFlow, SectionScene
from ...sections._layout import layout_of


def finer_section(scene: SectionScene, factor: int) -> SectionScene:
    """The scene with `factor` times the edges around its section, which keeps its shape.

    **Raises:** `ValueError` as `layout_of`, or if its points are too uneven for a smooth curve.
    """
    if factor == 1:
        return scene
    surface = np.asarray(jax.device_get(scene.surface))
    return dataclasses.replace(scene, surface=layout_of(surface).refined(factor).fit(surface))


def restricted(flow: SectionFlow, nodes: np.ndarray, factor: int) -> SectionFlow:
    """A flow on the cells of `nodes`, of which each holds `factor` times `factor` of its own.

    Fields are means over areas, but for the pressure of the cells at the wall, which is the one on
    it: an edge's pressure and its shear, which is along it, are those of the force on the `factor`
    edges that it stands for, so that lift and drag are those of the fine flow to rounding.

    **Arguments:** `nodes`: of the coarse grid in chords, `(ring, point, 2)`.
    """
    if factor == 1:
        return flow
    weights = np.asarray(cell_areas(flow.nodes), np.float64)

    def means(of: Array) -> np.ndarray:
        field = np.asarray(of, np.float64)
        extra = field.shape[2:]
        heavy = weights.reshape(*weights.shape, *[1] * len(extra))
        layers, points = (size // factor for size in weights.shape)

        def summed(x: np.ndarray) -> np.ndarray:
            return x.reshape(layers, factor, points, factor, *x.shape[2:]).sum(axis=(1, 3))

        return summed(heavy * field) / summed(heavy)

    pressure = means(flow.pressure)
    normals = np.asarray(wall_normals(jnp.asarray(nodes)), np.float64)
    force = _edge_forces(flow).reshape(len(normals), factor, 2).sum(axis=1)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    pressure[0] = -np.sum(force * normals, axis=1) / lengths[:, 0] ** 2
    shear = (force + pressure[0][:, None] * normals) / lengths
    return SectionFlow(
        nodes=jnp.asarray(nodes),
        velocity=jnp.asarray(means(flow.velocity)),
        pressure=jnp.asarray(pressure),
        eddy_viscosity=jnp.asarray(means(flow.eddy_viscosity)),
        shear=jnp.asarray(shear),
        stream=flow.stream,
    )


def wall_units(flow: SectionFlow, viscosity: float) -> float:
    """Mean height of the first cells' centers in wall units, y+."""
    normals = np.asarray(wall_normals(flow.nodes), np.float64)
    lengths = np.linalg.norm(normals, axis=1)
    height = 0.5 * np.asarray(cell_areas(flow.nodes), np.float64)[0] / lengths
    friction = np.sqrt(np.linalg.norm(np.asarray(flow.shear, np.float64), axis=1))
    return float(np.average(height * friction / viscosity, weights=lengths))


def _edge_forces(flow: SectionFlow) -> np.ndarray:
    normals = np.asarray(wall_normals(flow.nodes), np.float64)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    pressure = np.asarray(flow.pressure[0], np.float64)[:, None]
    return np.asarray(flow.shear, np.float64) * lengths - pressure * normals
