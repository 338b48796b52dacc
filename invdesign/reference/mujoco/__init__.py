"""Ropes and balls by MuJoCo."""

from ._solver import MuJoCo as MuJoCo, find_mujoco as find_mujoco
