"""A tiny data set and a tiny model, made once."""

import dataclasses

import pytest

from invdesign.families.water._data import generate_water
from invdesign.families.water._training import DataConfig, WaterTraining
from invdesign.simulators.particle._build import ModelConfig
from invdesign.training._config import CommonConfig, TrainingConfig
from invdesign.training.particle import OneStepConfig

NUM_STEPS = 8


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "water"
    return generate_water(out, num_trajectories=3, seed=4, num_steps=NUM_STEPS)


@pytest.fixture(scope="session")
def config():
    model = ModelConfig(latent=8, num_steps=1, depth=1, normalize=True, radius=0.028, reach=0.04)
    schedule = OneStepConfig(
        steps=6,
        graphs_per_batch=2,
        learning_rate=1e-3,
        final_learning_rate=1e-5,
        warmup=2,
        noise=3e-4,
        position_noise=3e-4,
        ema=0.99,
        evaluate_every=3,
    )
    common = CommonConfig(clip=1.0, seed=0, held_out=1)
    return TrainingConfig(
        "tiny", model, DataConfig(3, 4, 0.0), common, (schedule,), WaterTraining()
    )


@pytest.fixture(scope="session")
def longer(config):
    schedule = dataclasses.replace(
        config.stages[0], steps=60, evaluate_every=60, noise=1e-5, position_noise=0.0
    )
    return dataclasses.replace(config, stages=(schedule,))
