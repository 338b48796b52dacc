"""How simulators of fields are trained: on single frames, then perhaps on short rollouts."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from ...io._schema import Average, Count, Number, Rate, Share, Weight

Frames = Annotated[int, Meta(ge=1, le=1_000)]


@dataclass(frozen=True)
class FieldFrameConfig:
    """How to train on single frames.

    `noise`: on the fields that a frame begins with, in their root mean square.
    """

    table: ClassVar[str] = "one_step"
    frames: ClassVar[int] = 1

    steps: Number
    fields_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    ema: Average
    evaluate_every: Number


@dataclass(frozen=True)
class FieldUnrollConfig:
    """How to go on after the stages before: by rollouts of `frames` frames, through time.

    `noise` as in `FieldFrameConfig`.
    """

    table: ClassVar[str] = "unroll"
    repeated: ClassVar[bool] = True

    steps: Number
    frames: Frames
    fields_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    ema: Average
    evaluate_every: Number
