"""What scenes the data of a course are of."""

import abc
import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import numpy as np

from ...scenes import NodeKind
from ...scenes._balls import ABSENT, ball_scene
from ...scenes._ropes import rope_scene
from ...simulators import ConstraintSimulator
from ...simulators.constraint._views import AbstractContext, AbstractView, Links


class AbstractExamples(abc.ABC):
    """Scenes as arrays by their names.

    - `keys`: of the arrays; `view`: how a network sees them.
    - `horizon`: frames over which rollouts are judged, `None` for all.
    """

    keys: ClassVar[tuple[str, ...]]
    view: AbstractView
    horizon: int | None = None

    @abc.abstractmethod
    def scene(self, arrays: Mapping[str, Any], **further: Any) -> Any:
        """A scene. **Arguments:** `further`: what it has besides, such as obstacles."""

    @abc.abstractmethod
    def free(self, arrays: Mapping[str, Any]) -> Any:
        """Which nodes move, `(trajectory, node)`."""

    @abc.abstractmethod
    def planes(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Where along x scenes may be mirrored into others of their kind, `(trajectory,)`."""

    def sample(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What training needs of scenes, as `context` takes it (host side)."""
        return {key: arrays[key] for key in self.keys}

    def context(self, simulator: ConstraintSimulator, sample: Mapping[str, Any]) -> AbstractContext:
        """The context of one of these scenes."""
        return simulator.view.context(self.scene(sample))


class Ropes(AbstractExamples):
    """`RopeScene`s along a chain."""

    keys = ("position", "velocity", "links", "kind", "damping")
    view = Links()

    def scene(self, arrays: Mapping[str, Any], **further: Any) -> Any:
        return rope_scene(arrays, **further)

    def free(self, arrays: Mapping[str, Any]) -> Any:
        return arrays["kind"] == NodeKind.FREE

    def planes(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        return arrays["position"][:, 0, 0]

    def sample(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        links = arrays["links"]
        mask = np.tile(links[..., 0] != links[..., 1], 2)
        return {**{key: arrays[key] for key in self.keys if key != "links"}, "mask": mask}

    def context(self, simulator: ConstraintSimulator, sample: Mapping[str, Any]) -> AbstractContext:
        # The links of a whole chain are the same for all samples, a product and not many.
        links = chain_of(sample["position"].shape[0])
        context = simulator.view.context(self.scene({**sample, "links": links}))
        return eqx.tree_at(lambda c: c.graph.mask, context, sample["mask"])


@dataclasses.dataclass(frozen=True)
class Boxed(AbstractExamples):
    """`BallScene`s.

    **Arguments:** `view`; `bounce`, `drag`: as scenes have them; `horizon`: frames over which
    errors mean something, before what is small has grown as large as the box.
    """

    view: AbstractView
    bounce: float
    drag: float
    horizon: int | None = None

    keys: ClassVar = ("position", "velocity", "body", "radius", "mass", "lower", "upper")

    def scene(self, arrays: Mapping[str, Any], **further: Any) -> Any:
        return ball_scene(arrays, bounce=self.bounce, drag=self.drag, **further)

    def free(self, arrays: Mapping[str, Any]) -> Any:
        return arrays["body"] != ABSENT

    def planes(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        return 0.5 * (arrays["lower"][:, 0] + arrays["upper"][:, 0])


def chain_of(num_nodes: int) -> np.ndarray:
    """Links of a whole chain, `(pair, 2)`."""
    first = np.arange(num_nodes - 1, dtype=np.int32)
    return np.stack([first, first + 1], axis=1)
