"""An edit of anything that can change a result is noticed, by the name of what it changes."""

import os
import subprocess
import sys

import pytest

from invdesign.studies._identity import task_identity
from invdesign.studies._registry import find_task

HELPER = """
SPACING = 1 / 80
def halved(x):
    return x / 2
"""
TASK = """
import equinox as eqx
import jax
import jax.numpy as jnp
from helper import SPACING, halved
import invdesign as inv
from invdesign.objectives import AbstractObjective, GaussianReward, RegionFraction, WeightedSum
from invdesign.spaces import JointChain

FACTOR = 2.0

class Base(eqx.Module):
    def weight(self):
        return 1.0

class Own(AbstractObjective):
    base: Base = Base()
    scale: float = eqx.field(static=True, default=1.5)
    def __call__(self, trajectory, design, power=2):
        return FACTOR * self.scale * self.base.weight() * jnp.sum(design.parameters**power)

class Called(AbstractObjective):
    function: object
    def __call__(self, trajectory, design):
        return self.function(design.parameters)

def around(weights):
    @jax.jit
    def inner(parameters):
        return jnp.sum(weights * parameters)
    return inner

class Build(eqx.Module):
    water: inv.BuildWater = inv.BuildWater(gravity=(0.0, -9.81))
    def __call__(self, design, condition):
        return self.water(design, condition)

blocks = {"center": (0.5, 0.6), "counts": (2, 2), "spacing": SPACING}
task = inv.Task(
    name="own",
    space=JointChain(4, 0.4, (0.5, 0.4), root=2),
    build=Build(),
    conditions=inv.jittered_blocks(2, seed=0, **blocks),
    unseen=inv.jittered_blocks(2, seed=1, **blocks),
    objective=WeightedSum(
        (GaussianReward((0.5, 0.5), (0.1, 0.1), tail=0.25), Own(), Called(around(jnp.ones(4))),
         Called(lambda x: jnp.sum(x) + 1), Called(lambda x: halved(x).sum())),
        (1.0, 1.0, 1.0, 1.0, 1.0),
    ),
    score=RegionFraction((0, 0), (1, 1), tail=0.5),
    num_steps=5,
    metrics={"whole": RegionFraction((0, 0), (1, 1))},
)
"""
EDITS = {
    "a number of the objective": ("(0.1, 0.1), tail", "(0.1, 0.2), tail", {"objective"}),
    "a static field of the objective": ("tail=0.25", "tail=0.5", {"objective"}),
    "a static field of the score": ("tail=0.5)", "tail=0.25)", {"score"}),
    "a static field of the space": ("root=2", "root=1", {"space"}),
    "a static default of a user's class": ("default=1.5", "default=1.6", {"objective"}),
    "a default of a user's function": ("power=2", "power=4", {"objective"}),
    "the array of a closure": ("around(jnp.ones(4))", "around(2 * jnp.ones(4))", {"objective"}),
    "the code of a user's class": ("* jnp.sum(design", "* jnp.max(design", {"objective"}),
    "the code of a class that one holds": ("return 1.0", "return 2.0", {"objective"}),
    "the code of a jitted function": ("sum(weights *", "sum(weights +", {"objective"}),
    "the code of a lambda": ("jnp.sum(x) + 1", "jnp.sum(x) + 2", {"objective"}),
    "a constant that a function uses": ("FACTOR = 2.0", "FACTOR = 3.0", {"objective"}),
    "a constant of the module beside it": ("1 / 80", "1 / 70", {"conditions", "unseen"}),
    "a function of the module beside it": ("return x / 2", "return x / 3", {"objective"}),
    "the conditions": ("seed=0", "seed=3", {"conditions"}),
    "the unseen conditions": ("seed=1", "seed=3", {"unseen"}),
    "the horizon": ("num_steps=5", "num_steps=6", {"num_steps"}),
    "the gravity": ("-9.81", "-9.8", {"build"}),
    "the weights": ("(1.0, 1.0, 1.0,", "(1.0, 2.0, 1.0,", {"objective"}),
    "a metric": ("(1, 1))}", "(1, 2))}", {"metrics"}),
}


def identity(folder, edit=("", "")):
    """What is recorded of the task in `folder`, with an edit; equal modification times."""
    for name, text in (("own.py", TASK), ("helper.py", HELPER)):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text.replace(*edit) if edit[0] else text)
        os.utime(folder / name, (1e9, 1e9))
    return task_identity(find_task(f"{folder / 'own.py'}:task"))


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    return identity(tmp_path_factory.mktemp("before"))


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_is_noticed_by_name(kind, before, tmp_path):
    old, new, parts = EDITS[kind]
    assert (TASK + HELPER).count(old) == 1
    after = identity(tmp_path, (old, new))
    changed = {n for n in before["task_parts"] if before["task_parts"][n] != after["task_parts"][n]}
    assert changed == parts
    assert after["task_digest"] != before["task_digest"]
    edited = "helper.py" if old in HELPER else "own.py"
    files = before["task_files"], after["task_files"]
    assert {name for name in files[0] if files[0][name] != files[1][name]} == {edited}


def test_another_process_and_another_folder_record_the_same(before, tmp_path):
    again = identity(tmp_path / "elsewhere")
    program = (
        "import sys; from invdesign.studies._identity import task_identity\n"
        "from invdesign.studies._registry import find_task\n"
        "print(task_identity(find_task(sys.argv[1])))"
    )
    source = f"{tmp_path / 'elsewhere' / 'own.py'}:task"
    said = subprocess.run(
        [sys.executable, "-c", program, source],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    other = eval(said)
    for recorded in (again, other):
        assert {k: v for k, v in recorded.items() if k != "task_source"} == {
            k: v for k, v in before.items() if k != "task_source"
        }
    assert before["task_digest"].startswith("2:")
    assert before["packages"].keys() >= {"invdesign", "python", "jax"}
