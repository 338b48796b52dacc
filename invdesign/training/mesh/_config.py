"""How simulators on meshes are trained: on steady flows, or on frames and short rollouts."""

from dataclasses import dataclass
from typing import ClassVar

from ...io._schema import Average, Count, Number, Positive, Rate, Share, Weight


@dataclass(frozen=True)
class SteadyConfig:
    """How to train on steady flows.

    `wall`, `forces`: weights of the errors at the wall and of lift and drag beside those of the
    fields; `lift_unit`, `drag_unit`: errors of the coefficients that weigh 1. `further_per_batch`:
    how many of a batch's cases are from data sets besides the first, where there are any; with 0
    all cases are drawn alike.
    """

    table: ClassVar[str] = "steady"

    steps: Number
    cases_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    wall: Weight
    forces: Weight
    lift_unit: Positive
    drag_unit: Positive
    ema: Average
    evaluate_every: Number
    further_per_batch: Count = 0


@dataclass(frozen=True)
class TransientConfig:
    """How to train on single frames of meshes that move.

    `noise`: of positions in metres; `gamma`: its share that the next positions make up for, the
    rest being made up for by the next velocities.
    """

    table: ClassVar[str] = "transient"

    steps: Number
    graphs_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    gamma: Share
    ema: Average
    evaluate_every: Number


@dataclass(frozen=True)
class TransientUnrollConfig:
    """How to go on after the stages before: by rollouts of `frames` frames, through time.

    `noise`: of the positions that they begin with, in metres.
    """

    table: ClassVar[str] = "unroll"
    repeated: ClassVar[bool] = True

    steps: Number
    frames: Number
    graphs_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    ema: Average
    evaluate_every: Number
