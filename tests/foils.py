"""Flow around sections at toy size: networks that compile at once, flows that no solver made."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp

from invdesign import rollout
from invdesign._rollout import Trajectory
from invdesign.families._registry import load_config
from invdesign.families.airfoil._data import write_foils
from invdesign.families.airfoil._learner import FoilLearner, _row
from invdesign.grids import OGrid
from invdesign.reference import AbstractReference
from invdesign.reference.openfoam._solver import FlowResult
from invdesign.scenes import SectionScene
from invdesign.scenes._forces import foil_coefficients
from invdesign.sections import SectionLayout, naca4
from invdesign.simulators import FlowSimulator
from invdesign.simulators.mesh._build_flow import (
    FlowModelConfig,
    build_foil_simulator,
    build_mesh_network,
)
from invdesign.training import Lesson

LAYOUT = SectionLayout(num_side=22, num_base=3)  # 48 points
GRID = OGrid(8, 0.02, 10.0)
MODEL = FlowModelConfig(latent=8, num_steps=1, depth=1, num_levels=2)


def header_of(grid, layout):
    """The header of an untrained model's weights."""
    mesh = {"grid": dataclasses.asdict(grid), "layout": dataclasses.asdict(layout)}
    return {"kind": "airfoil", "model": dataclasses.asdict(MODEL), "mesh": mesh}


HEADER = header_of(GRID, LAYOUT)
MESH = HEADER["mesh"]
FULL_HEADER = header_of(OGrid(), SectionLayout())  # on the grid of the solver and of its data
CONFIG = """
name = "tiny"
family = "airfoil"
model = {latent = 8, num_steps = 1, depth = 1, num_levels = 2}
data = {num_cases = 6, seed = 0}
training = {clip = 1.0, seed = 0, held_out = 2}

[steady]
steps = 4
cases_per_batch = 2
learning_rate = 1e-3
final_learning_rate = 1e-5
warmup = 1
wall = 1.0
forces = 0.1
lift_unit = 0.01
drag_unit = 0.001
ema = 0.9
evaluate_every = 2
"""


def made_up_cases():
    """A stand-in for `OpenFOAM.solve_all`: a fresh network makes the flows up."""
    teacher = build_foil_simulator(FULL_HEADER)

    @jax.jit
    def answer(scene):
        flow = teacher.step(*teacher.init(scene))[0]
        return flow, foil_coefficients(flow)

    def solve_all(self, scenes, *, processes=None, progress=lambda done: None):
        results = []
        for scene in scenes:
            flow, found = answer(scene)
            results.append(FlowResult(flow, float(found.lift), float(found.drag), 0.0))
        return results

    return solve_all


def tiny_simulator(seed: int) -> FlowSimulator:
    """Fresh weights that correct the prior by little."""
    blank = build_foil_simulator(HEADER)
    small = [jnp.stack([jnp.zeros(n), jnp.full((n,), 0.02)]) for n in (4, 3)]
    network = build_mesh_network(MODEL, key=jax.random.key(seed))
    return eqx.tree_at(
        lambda s: (s.network, s.statistics.fields, s.statistics.wall), blank, (network, *small)
    )


class StandIn(AbstractReference):
    """A simulator that passes for a program."""

    model: FlowSimulator

    def trajectories(self, scenes, *, num_steps):
        played = [rollout(self.model, scene, num_steps=num_steps) for scene in scenes]
        known = jax.device_get([(each.initial, each.frames) for each in played])
        return [
            Trajectory(*flows, None, each.result) for flows, each in zip(known, played, strict=True)
        ]


def scenes(number, first=0):
    """NACA sections of some thickness at some angle."""
    return [
        SectionScene(LAYOUT.fit(naca4(f"{i % 3}4{12 + i % 4}")), 0.01 * (i % 7))
        for i in range(first, first + number)
    ]


def lessons_of(reference, wanted):
    played = reference.trajectories(wanted, num_steps=1)
    return [Lesson(scene, each.frames) for scene, each in zip(wanted, played, strict=True)]


def make_data(reference, out, *, number=16, foils=None, **solver):
    """A rehearsal of some cases, said to be drawn and solved so."""
    rows = [_row(lesson) for lesson in lessons_of(reference, scenes(number))]
    described = {
        "kind": "Rehearsal",
        "layout": MESH["layout"],
        "solver": {"grid": MESH["grid"], **solver},
        "foils": foils or {},
    }
    return write_foils(out, rows, described)


def make_learner(data, **settings):
    path = data.parent / "tiny.toml"
    path.write_text(CONFIG)
    return FoilLearner(load_config(path), data, grid=GRID, layout=LAYOUT, **settings)
