"""Water in the plane."""

from ._data import water_scene as water_scene
from ._scene import BuildWater as BuildWater, jittered_blocks as jittered_blocks
from .family import WATER as WATER
