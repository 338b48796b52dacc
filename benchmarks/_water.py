"""The default water model with fresh weights, and scenes of any number of particles."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from invdesign import Task
from invdesign.families._registry import build_simulator, load_config
from invdesign.scenes import ParticleScene
from invdesign.simulators import ParticleSimulator
from invdesign.simulators.particle._features import Statistics
from invdesign.studies._registry import load_task

_CONFIG = Path(__file__).resolve().parents[1] / "pretrained" / "configs" / "water2d.toml"
_SPACING = 1 / 80
_SCALE = 2e-3  # metres a frame, for all statistics: they scale numbers and change no cost


def untrained_water() -> ParticleSimulator:
    """The simulator of the default configuration; what it costs does not depend on its weights."""
    model = dataclasses.asdict(load_config(_CONFIG).model)
    statistics = {field.name: _SCALE for field in dataclasses.fields(Statistics)}
    header = {"kind": "particle", "model": model, "statistics": statistics, "dt": 0.01}
    return build_simulator(header)


def contain_scene(task: Task | None = None) -> ParticleScene:
    """The first scene of `contain`, or of another water task, with its initial tool."""
    task = load_task("contain") if task is None else task
    design = task.space.decode(task.space.initial())
    return task.build(design, jax.tree.map(lambda x: x[0], task.conditions))


def pool(num_particles: int) -> ParticleScene:
    """Water at rest in a box, with `contain`'s tool hung over it.

    Every particle has the neighbors of a fluid at rest, which is what a step costs most.
    """
    columns = round((1.6 * num_particles) ** 0.5)
    cell = np.stack(np.divmod(np.arange(num_particles), columns)[::-1], axis=1)
    jitter = np.random.default_rng(0).uniform(-0.15, 0.15, cell.shape)
    position = jnp.asarray(_SPACING * (cell + 0.6 + jitter), float)
    side = _SPACING * (columns + 0.2)
    tool = contain_scene()
    return ParticleScene(
        position=position,
        velocity=jnp.zeros_like(position),
        segments=side * tool.segments + jnp.asarray([0.0, 0.6 * side])[None, None],
        segment_radius=tool.segment_radius,
        lower=tool.lower,
        upper=jnp.asarray([side, 2 * side]),
        gravity=tool.gravity,
    )
