"""Water in the plane."""

from ._data import (
    generate_water as generate_water,
    join_water as join_water,
    load_water as load_water,
    water_scene as water_scene,
)
from ._evaluate import SceneRecord as SceneRecord, evaluate_simulator as evaluate_simulator
from ._held_out import held_out_scenes as held_out_scenes
from ._random import RandomWater as RandomWater, random_water as random_water
from ._render import render_run as render_run, run_animation as run_animation
from ._scene import BuildWater as BuildWater, jittered_blocks as jittered_blocks
from ._training import DataConfig as DataConfig, WaterLearner as WaterLearner
from .family import WATER as WATER
