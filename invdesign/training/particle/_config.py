"""How particle simulators are trained: on single frames, then on ever longer rollouts."""

from dataclasses import dataclass
from typing import ClassVar

from ...io._schema import Average, Count, Number, Rate, Share, Weight


@dataclass(frozen=True)
class OneStepConfig:
    """How to train on single frames.

    `noise` is that of velocities, in metres a frame; `position_noise` that of positions, in
    metres.
    """

    table: ClassVar[str] = "one_step"

    steps: Number
    graphs_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    position_noise: Weight
    ema: Average
    evaluate_every: Number


@dataclass(frozen=True)
class UnrollConfig:
    """How to go on after the stages before: by rollouts of `frames` frames.

    Noise on the start as in `OneStepConfig`. `through_time`: whether gradients pass through the
    frames. `growth`: weight of the penalty on what small differences grow by. `flow`: weight of
    errors that neighbors have in common beside each particle's own; of streams alone. `contact`:
    share of the particles that should feel an obstacle in a window; not of streams.
    """

    table: ClassVar[str] = "unroll"
    repeated: ClassVar[bool] = True

    steps: Number
    frames: Number
    through_time: bool
    windows_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    position_noise: Weight
    ema: Average
    evaluate_every: Number
    growth: Weight = 0.0
    flow: Weight = 0.0
    contact: Share = 0.0

    def lacks(self, weight: str) -> None:
        """Refuse a number that the course does not look at.

        **Raises:** `ValueError` unless it is 0.
        """
        if getattr(self, weight):
            raise ValueError(f"`unroll.{weight}` does not count in this family; leave it out.")
