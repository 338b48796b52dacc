"""What the run of a task of ropes leaves for the eye."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ..._judged import Judged
from ...io._arrays import ArraySchema
from ...viz.exhibit import Links, Panel
from .._staged_showing import StagedShowing
from ._drawing import RopeStage
from ._throw import ShapeMatch


class RopeShowing(StagedShowing):
    """Ropes, and the shape that is wanted."""

    file = "ropes.npz"
    files = (file,)
    still: ClassVar = {"target": ArraySchema("node 2", optional=True)}
    solver = "MuJoCo"
    caption = (
        "One unseen condition. The square is held; gray is the shape that is wanted at the end."
    )

    def stand(self, judged: Judged) -> dict[str, np.ndarray]:
        score = judged.task.score
        if not isinstance(score, ShapeMatch):
            return {}
        return {"target": np.asarray(score.target, np.float32)}

    def stage(self, arrays: Mapping[str, np.ndarray]) -> RopeStage:
        return RopeStage(arrays.get("target"))

    def panel(self, stage: RopeStage, title: str, frames: np.ndarray, limits: np.ndarray) -> Panel:
        number = frames.shape[1]
        pairs = np.stack([np.arange(number - 1), np.arange(1, number)], axis=1)
        layers = [Links(frames, pairs, np.zeros(number - 1, bool), [0], [])]
        if stage.target is not None:
            wanted = np.broadcast_to(stage.target[None], (len(frames), *stage.target.shape))
            layers.insert(0, Links(wanted, pairs, np.ones(number - 1, bool), [], []))
        return Panel(title, layers, *limits)
