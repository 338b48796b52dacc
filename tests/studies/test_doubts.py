"""How far designs are from a model's data: near, at an angle beyond, and without a grid."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import BuildFoil, Task, flight_points
from invdesign.families.airfoil._doubts import doubts
from invdesign.objectives import Drag, LiftToDrag
from invdesign.scenes import SectionScene
from invdesign.sections import naca4
from invdesign.simulators.mesh._modes import principal_modes
from invdesign.simulators.mesh._simulator import FAR_FROM_DATA
from invdesign.spaces import FFD

from ..foils import LAYOUT, tiny_simulator

BASELINE = LAYOUT.fit(naca4("0012"))
POINTS = flight_points((0.4,))
SPACE = FFD(BASELINE, LAYOUT, columns=3, angles=(-0.05, 0.5), initial_angles=(0.05,))
TASK = Task(
    name="tiny-foil",
    space=SPACE,
    build=BuildFoil(),
    conditions=POINTS,
    unseen=POINTS,
    objective=Drag(),
    score=LiftToDrag(),
    num_steps=1,
)


@pytest.fixture(scope="module")
def simulator():
    """Knows NACA 0010 to 0014 at -2 to 8 degrees."""
    blank = tiny_simulator(0)
    row = eqx.filter_jit(lambda scene: blank.row(blank.context(scene)))
    angles = np.radians(np.linspace(-2, 8, 11)).tolist()
    sections = [LAYOUT.fit(naca4(f"00{thickness}")) for thickness in (10, 12, 14)]
    rows = [row(SectionScene(section, angle)) for section in sections for angle in angles]
    return eqx.tree_at(lambda s: s.statistics.modes, blank, principal_modes(np.stack(rows)))


def latent(angle):
    start = SPACE.decode(SPACE.initial()).parameters
    return SPACE.encode(start.at[-1].set(angle))


def test_a_design_among_the_data_is_not_doubted(simulator):
    found = doubts(TASK, latent(0.05), simulator)
    assert 0 < found.numbers["distance_to_data"] < FAR_FROM_DATA and found.notes == []


def test_one_beyond_them_is(simulator):
    near, far = (doubts(TASK, latent(angle), simulator) for angle in (0.05, 0.35))
    assert far.numbers["distance_to_data"] > near.numbers["distance_to_data"]
    (note,) = far.notes
    assert "beyond the model's data" in note and "trust the reference solver alone" in note


def test_one_without_a_grid_has_no_distance(simulator):
    upper, _ = LAYOUT.sides(BASELINE)
    flat = LAYOUT.surface(upper, jnp.zeros_like(upper).at[-1].set(upper[-1]))
    task = dataclasses.replace(TASK, space=eqx.tree_at(lambda s: s.baseline, SPACE, flat))
    found = doubts(task, task.space.initial(), simulator)
    assert found.numbers == {"distance_to_data": None}
    assert "distance unknown" in found.notes[0]
