"""What the run of a task of balls in a box leaves for the eye."""

from collections.abc import Mapping
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from .._judged import Judged
from .._task import first_scene
from ..io._arrays import ArraySchema
from ..scenes import Capsules
from ..scenes._balls import ABSENT
from ..viz.exhibit import AbstractLayer, Discs, Links, Panel, Shapes
from ._boxed_drawing import BoxStage
from ._staged_showing import StagedShowing


class BoxedShowing(StagedShowing):
    """Balls, and what is in their way; of a score that has a `goal`, where they are wanted."""

    file = "balls.npz"
    files = (file,)
    still: ClassVar = {
        "lower": ArraySchema("2"),
        "upper": ArraySchema("2"),
        "radius": ArraySchema("ball", above=0.0),
        "body": ArraySchema("ball", "iu"),
        "thickness": ArraySchema("obstacle", optional=True),
        "goal": ArraySchema("corner 2", optional=True),
    }
    solver = "MuJoCo"
    caption = "One unseen condition."

    def stand(self, judged: Judged) -> dict[str, np.ndarray]:
        scene = _first(judged, judged.latent)
        if (scene.body == ABSENT).any():
            raise ValueError(f"`{judged.task.name}` has balls that are absent; leave them out.")
        thick = [np.asarray(each.thickness) for each in _capsules(scene)]
        found = {name: np.asarray(getattr(scene, name)) for name in ("lower", "upper", "radius")}
        goal = getattr(judged.task.score, "goal", None)
        return {
            **found,
            "body": np.asarray(scene.body),
            "thickness": np.concatenate([np.zeros(0), *thick]).astype(np.float32),
            **({} if goal is None else {"goal": np.asarray(goal, np.float32)}),
        }

    def beside(self, judged: Judged, latent: np.ndarray) -> np.ndarray:
        """Both ends of the capsules that are in the way."""
        ends = [np.reshape(x.segments, (-1, 2)) for x in _capsules(_first(judged, latent))]
        return np.concatenate([np.zeros((0, 2)), *ends])

    def stage(self, arrays: Mapping[str, np.ndarray]) -> BoxStage:
        return BoxStage(
            lower=arrays["lower"],
            upper=arrays["upper"],
            radius=arrays["radius"],
            body=arrays["body"],
            thickness=arrays.get("thickness", np.zeros(0)),
            goal=arrays.get("goal"),
        )

    def panel(self, stage: BoxStage, title: str, frames: np.ndarray, limits: np.ndarray) -> Panel:
        balls, rings = stage.parted(frames[0])
        number, pairs = len(balls), stage.pairs()
        layers: list[AbstractLayer] = [Shapes(rings, "obstacle")] if rings else []
        layers += [Links(frames[:, :number], pairs, np.zeros(len(pairs), bool), [], [])]
        layers += [
            Discs(frames[:, [ball]], 2 * float(stage.radius[ball]), np.zeros((0, 2)))
            for ball in range(number)
        ]
        return Panel(title, layers, limits[0], limits[1])


def _first(judged: Judged, latent: np.ndarray) -> Any:
    """The scene of the first unseen condition."""
    return first_scene(judged.task, judged.task.space.decode(jnp.asarray(latent)))


def _capsules(scene: Any) -> list[Capsules]:
    """What is in the way, as far as it can be drawn."""
    return [each for each in scene.obstacles if isinstance(each, Capsules)]
