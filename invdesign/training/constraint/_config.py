"""How simulators by constraints are trained: through the inner solve, on single frames."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from ...io._schema import Average, Count, Number, Rate, Share, Weight

_Late = Annotated[int, Meta(ge=0, le=1_000)]


@dataclass(frozen=True)
class ConstraintFrameConfig:
    """How to train on single frames.

    - `noise`: on every position that a sample shows, in metres.
    - `alpha`: weight of the last but one inner iteration beside the last, of the one before beside
      that, and so on.
    - `near`: share of inner solves that start near the true answer and not with no acceleration.
    - `late`: at most so many iterations go before those that are learned from, in half of the
      batches; so more iterations than those of training keep to the answer.
    - `first`: share of samples that are a trajectory's first frame.
    - `early`: half of the other samples are of so many first frames; 0 for samples of all alike.
    - `outlier`: error of a node from which on it counts in proportion and not by its square, in
      units of the acceleration's spread; 0 for squares alone.
    - `mirrored`: share of samples that are mirrored left to right, which physics does not notice.
    """

    table: ClassVar[str] = "one_step"

    steps: Number
    scenes_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    ema: Average
    evaluate_every: Number
    alpha: Share = 0.5
    near: Share = 0.5
    late: _Late = 15
    first: Share = 0.05
    early: Count = 0
    outlier: Weight = 0.0
    mirrored: Share = 0.0


@dataclass(frozen=True)
class FurtherFramesConfig(ConstraintFrameConfig):
    """Single frames once more, from the weights of the stage before, with settings of their own."""

    table: ClassVar[str] = "further"
    repeated: ClassVar[bool] = True
