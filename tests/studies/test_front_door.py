"""What a script begins with: a task, a simulator and a reference by their names."""

import pytest

import invdesign as inv
from invdesign.io._resources import pretrained_dir
from invdesign.reference import MPM, OpenFOAM
from invdesign.simulators import FlowSimulator, ParticleSimulator


def test_a_name_and_a_file_are_the_same_simulator():
    named = inv.load("water2d")
    assert isinstance(named, ParticleSimulator)
    assert isinstance(inv.load(pretrained_dir() / "airfoil.safetensors"), FlowSimulator)
    with pytest.raises(ValueError, match="no pretrained model named `water9`"):
        inv.load("water9")
    with pytest.raises(ValueError, match=r"those end in `\.safetensors`"):
        inv.load(pretrained_dir() / "airfoil")


def test_tasks_take_their_options():
    task = inv.load_task("contain", joints=24)
    assert task.space.size == 24 and task.name == "contain-24"
    with pytest.raises(ValueError, match="`--joints` takes a whole number at least 4"):
        inv.load_task("contain", joints=3)
    with pytest.raises(ValueError, match="`contain` has no option `rotors`; it has `joints`"):
        inv.load_task("contain", rotors=3)
    assert inv.load_task("airfoil", lift=0.7).conditions.lift.tolist() == pytest.approx([0.7])


def test_every_task_has_its_reference():
    assert isinstance(inv.reference_for(inv.load_task("contain")).simulator, MPM)
    try:
        assert isinstance(inv.reference_for(inv.load_task("airfoil")), OpenFOAM)
    except ValueError as error:
        pytest.skip(str(error))
