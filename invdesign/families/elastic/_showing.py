"""What the run of a task of strips leaves for the eye."""

from collections.abc import Mapping
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..._judged import Judged
from ..._task import first_scene
from ...io._arrays import ArraySchema
from ...scenes import NodeKind
from ...viz.exhibit import Box, Links, Panel
from .._staged_showing import StagedShowing
from ._drawing import StripStage


class ElasticShowing(StagedShowing):
    """Strips, what holds or drives them, and the goal of their tip."""

    file = "strips.npz"
    files = (file,)
    still: ClassVar = {
        "edges": ArraySchema("pair 2", "iu"),
        "kind": ArraySchema("node", "iu"),
        "region": ArraySchema("2 2", optional=True),
    }
    solver = "the springs"
    caption = "One unseen condition. Squares are held, gray nodes move as the task says."

    def stand(self, judged: Judged) -> dict[str, np.ndarray]:
        task = judged.task
        design = task.space.decode(jnp.asarray(judged.latent))
        scene = jax.device_get(first_scene(task, design))
        region = {} if task.region is None else {"region": np.asarray(task.region, np.float32)}
        edges, kind = np.asarray(scene.edges, np.int32), np.asarray(scene.kind, np.int32)
        return {"edges": edges, "kind": kind, **region}

    def stage(self, arrays: Mapping[str, np.ndarray]) -> StripStage:
        return StripStage(arrays["edges"], arrays["kind"], arrays.get("region"))

    def panel(self, stage: StripStage, title: str, frames: np.ndarray, limits: np.ndarray) -> Panel:
        given = (stage.kind[stage.edges] == NodeKind.DRIVEN).all(axis=1)
        squares, dots = (
            np.flatnonzero(stage.kind == kind).tolist() for kind in (NodeKind.HELD, NodeKind.DRIVEN)
        )
        region = stage.region
        goal = [] if region is None else [Box(*region), Box(*region, filled=False)]
        strip = Links(frames, stage.edges, given, squares, dots)
        return Panel(title, [*goal[:1], strip, *goal[1:]], *limits)
