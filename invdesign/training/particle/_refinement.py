"""How a particle simulator learns from lessons: short rollouts, beside scenes drawn anew."""

from typing import Any

from .._config import CommonConfig, TrainingConfig
from .._world import AbstractTraining
from ._config import UnrollConfig

HELD_OUT = 8  # of the scenes drawn anew, which judge
REHEARSAL_SEED = 2_000_000  # far from any seed a training set is drawn with


def refinement(
    world: AbstractTraining, model: Any, data: Any, *, updates: int, seed: int, **rollouts: Any
) -> TrainingConfig:
    """The configuration of a simulator that goes on learning from where it is.

    **Arguments:**

    - `world`, `model`, `data`: as `TrainingConfig` has them.
    - `updates`, at least 1; `seed`: of the windows.
    - `rollouts`: what is left to say of them, as `UnrollConfig` has it.
    """
    stage = UnrollConfig(
        steps=updates,
        through_time=True,
        windows_per_batch=2,
        warmup=min(20, updates - 1),
        noise=0.0,
        ema=0.98,
        evaluate_every=updates,
        **rollouts,
    )
    return TrainingConfig(
        name="refined",
        model=model,
        data=data,
        training=CommonConfig(clip=1.0, seed=seed, held_out=HELD_OUT),
        stages=(stage,),
        world=world,
        start="given",
    )
