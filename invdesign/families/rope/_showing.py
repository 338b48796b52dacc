"""What the run of a task of ropes leaves for the eye."""

from collections.abc import Mapping
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ..._judged import Judged
from ..._task import first_scene
from ...io._arrays import ArraySchema
from ...scenes import Capsules
from ...viz.exhibit import AbstractLayer, Links, Panel, Shapes
from .._staged_showing import StagedShowing
from ._drawing import RopeStage
from ._throw import ShapeMatch


class RopeShowing(StagedShowing):
    """Ropes, and the shape that is wanted."""

    file = "ropes.npz"
    files = (file,)
    still: ClassVar = {
        "target": ArraySchema("place 2", optional=True),
        "thickness": ArraySchema("obstacle", optional=True),
    }
    solver = "MuJoCo"
    caption = (
        "One unseen condition. The square is held; gray is the shape that is wanted at the end."
    )

    def stand(self, judged: Judged) -> dict[str, np.ndarray]:
        score, thick = judged.task.score, [x.thickness for x in _capsules(judged, judged.latent)]
        found = {"thickness": np.concatenate([np.zeros(0), *thick]).astype(np.float32)}
        if isinstance(score, ShapeMatch):
            found["target"] = np.asarray(score.target, np.float32)
        return found

    def beside(self, judged: Judged, latent: np.ndarray) -> np.ndarray:
        """Both ends of the capsules that are in the way."""
        ends = [np.reshape(each.segments, (-1, 2)) for each in _capsules(judged, latent)]
        return np.concatenate([np.zeros((0, 2)), *ends])

    def stage(self, arrays: Mapping[str, np.ndarray]) -> RopeStage:
        return RopeStage(arrays.get("target"), arrays.get("thickness", np.zeros(0)))

    def panel(self, stage: RopeStage, title: str, frames: np.ndarray, limits: np.ndarray) -> Panel:
        nodes, rings = stage.parted(frames[0])
        number = len(nodes)
        pairs = np.stack([np.arange(number - 1), np.arange(1, number)], axis=1)
        moving = np.zeros(number - 1, bool)
        layers: list[AbstractLayer] = [Links(frames[:, :number], pairs, moving, [0], [])]
        if stage.target is not None:
            wanted = np.broadcast_to(stage.target[None], (len(frames), *stage.target.shape))
            layers.insert(0, Links(wanted, pairs, np.ones(number - 1, bool), [], []))
        if rings:
            layers.insert(0, Shapes(rings, "obstacle"))
        return Panel(title, layers, *limits)


def _capsules(judged: Judged, latent: np.ndarray) -> list[Capsules]:
    """What is in the way of a rope in the first unseen condition, as far as it can be drawn."""
    scene = first_scene(judged.task, judged.task.space.decode(jnp.asarray(latent)))
    return [each for each in scene.obstacles if isinstance(each, Capsules)]
