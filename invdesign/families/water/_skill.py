"""What a simulator knows of tools, beyond what water does without them."""

from collections.abc import Mapping, Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._host_geometry import segment_distance
from ...scenes import ParticleScene
from ._random import FAR_AWAY

_DRAWS = 2000  # of the scenes, for the error of the skill


def without_tools(scene: ParticleScene, number: int | None = None) -> ParticleScene:
    """The scene with its first `number` segments (all by default) far outside of the box."""
    away = jnp.arange(scene.segments.shape[0]) < (len(scene.segments) if number is None else number)
    segments = jnp.where(away[:, None, None], FAR_AWAY, scene.segments)
    return eqx.tree_at(lambda s: s.segments, scene, segments)


def share_touched(
    scene: ParticleScene, bare: ParticleScene, positions: np.ndarray, spacing: float
) -> float:
    """Share of the particles that ever come within a tool's radius and one spacing of its core.

    **Arguments:** `bare`: the scene without its tools; `positions`: `(time, node, 2)` in metres.
    """
    tools = (np.asarray(scene.segments) != np.asarray(bare.segments)).any(axis=(1, 2))
    segments, radius = np.asarray(scene.segments)[tools], np.asarray(scene.segment_radius)[tools]
    touched = np.zeros(positions.shape[1], bool)
    for frame in positions:
        touched |= (segment_distance(frame, segments) < radius[None] + spacing).any(axis=1)
    return float(touched.mean())


def skill(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    r"""How much of the way from the solver without tools to the chaos floor a model goes.

    $$\frac{\langle o \rangle - \langle o_0 \rangle}{\langle o_f \rangle - \langle o_0 \rangle}$$

    with the mean overlaps of the model, of the solver without the tools and of the solver with
    everything moved a little: 0 for a model that knows nothing of tools, 1 for the solver. Its
    standard error is that over draws of the scenes with replacement.

    **Arguments:** `rows`: a scene each, with `occupancy_overlap`, `overlap_without_tools` and
    `occupancy_floor`.
    """
    names = ("occupancy_overlap", "overlap_without_tools", "occupancy_floor")
    table = np.array([[row[name] for name in names] for row in rows])
    drawn = np.random.default_rng(0).integers(len(table), size=(_DRAWS, len(table)))
    spread = float(np.std(_ratio(table[drawn].mean(axis=1))))
    return {"skill": float(_ratio(table.mean(axis=0))), "skill_error": spread}


def _ratio(means: np.ndarray) -> np.ndarray:
    """Of overlaps in the last axis: the model's, without tools, and the floor."""
    overlap, without, floor = np.moveaxis(means, -1, 0)
    room = np.maximum(floor - without, 1e-9)  # none: the tools change nothing
    return np.asarray((overlap - without) / room)
