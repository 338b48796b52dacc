"""Designs of one and two numbers: what they are, their best, and that a scan goes on."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import Task, Trajectory
from invdesign.objectives import AbstractConstraint, AbstractObjective, AbstractScore
from invdesign.reference import AbstractReference
from invdesign.spaces import Box, Slice, common_slices
from invdesign.studies import scan
from invdesign.studies._identity import task_digest
from invdesign.studies._registry import load_task, task_names
from invdesign.studies._scan import draw_scan

NUMBER = 3
BEST = np.asarray([0.2, 0.2, 0.8])


class Scene(eqx.Module):
    def __call__(self, design, condition):
        return design.parameters + condition


class Echo(AbstractReference):
    """Its frames are the scene; counts the scenes it is asked for, and fails on large ones."""

    asked: list = eqx.field(static=True, default_factory=list)

    def trajectories(self, scenes, *, num_steps):
        self.asked.extend(scenes)
        codes = [int(np.abs(np.asarray(scene)).max() > 0.95) for scene in scenes]
        return [
            Trajectory(scene, jnp.asarray(scene)[None], None, jnp.asarray(code, jnp.int32))
            for scene, code in zip(scenes, codes, strict=True)
        ]


class Near(AbstractScore):
    def __call__(self, trajectory, design):
        return 1 - jnp.sum((trajectory.frames[-1] - BEST.astype(np.float32)) ** 2)


class Value(AbstractObjective):
    def __call__(self, trajectory, design):
        return -Near()(trajectory, design)


class FirstBelow(AbstractConstraint):
    name: str = eqx.field(static=True, default="first")
    limit: float = eqx.field(static=True, default=0.1)
    equality: bool = eqx.field(static=True, default=False)
    tolerance: float = eqx.field(static=True, default=1e-6)
    simulated: bool = eqx.field(static=True, default=False)

    def __call__(self, trajectories, design):
        return (self.limit - design.parameters[0])[None]


def make_task(**fields):
    return Task(
        name="echo",
        space=Box(-jnp.ones(NUMBER), jnp.ones(NUMBER)),
        build=Scene(),
        conditions=jnp.zeros((1, NUMBER)),
        unseen=0.01 * jnp.ones((2, NUMBER)),
        objective=Value(),
        score=Near(),
        num_steps=1,
        **{"slices": common_slices(NUMBER, 1.0), **fields},
    )


def run(out, task=None, reference=None, points=25, **options):
    reference = Echo() if reference is None else reference
    return scan(out, {"points": points}, task or make_task(), reference, points=points, **options)


def test_the_best_of_a_line_and_of_a_plane(tmp_path):
    line, plane, halves = run(tmp_path / "scan", points=121)["rows"]
    # Of one number the mean is best, of two the line of least squares: 0.4 + 0.3 x.
    assert line["numbers"] == {"angle": pytest.approx(0.4, abs=0.02)}
    assert plane["numbers"] == pytest.approx({"constant": 0.4, "slope": 0.2}, abs=0.11)
    assert plane["score"] > line["score"]
    assert halves["numbers"] == pytest.approx({"first half": 0.2, "second half": 0.5}, abs=0.11)
    assert line["score"] == pytest.approx(1 - 3 * (0.39**2) + 2 * 0.39 * 1.2 - 0.72, abs=0.05)
    assert len(line["points"]["score"]) == 121 and len(plane["points"]["score"]) == 121
    assert line["points"]["score"][0] is None  # beyond what the reference can do
    path = draw_scan(tmp_path / "scan", run(tmp_path / "scan", points=121), title="echo")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_designs_that_miss_a_constraint_come_last(tmp_path):
    task = make_task(constraints=(FirstBelow(),))
    line, *_ = run(tmp_path / "a", task, points=41)["rows"]
    assert line["numbers"]["angle"] == pytest.approx(0.1) and line["violations"] == {}
    assert line["regardless"]["numbers"]["angle"] == pytest.approx(0.4)
    assert line["regardless"]["score"] > line["score"]
    assert line["regardless"]["violations"]["first"] == pytest.approx(0.3)
    impossible = make_task(constraints=(FirstBelow(limit=-2.0),))
    line, *_ = run(tmp_path / "b", impossible, points=41)["rows"]
    assert line["numbers"]["angle"] < -0.9
    assert line["violations"]["first"] == pytest.approx(1.05, abs=0.03)


def test_planes_may_be_finer_and_conditions_fewer(tmp_path):
    reference = Echo()
    task = dataclasses.replace(make_task(), conditions=jnp.zeros((3, NUMBER)))
    found = run(tmp_path / "c", task, reference, points=9, across=4, conditions=1)["rows"]
    assert [len(row["points"]["score"]) for row in found] == [9, 16, 16]
    assert "regardless" not in found[0]
    assert len(reference.asked) == 9 + 16 + 16 + 3 * 3 * 2  # and three of each on the unseen two


def test_an_interrupted_scan_goes_on_where_it_stopped(tmp_path):
    straight = Echo()
    wanted = run(tmp_path / "straight", reference=straight)

    def stop(name, done, total):
        if done == 20:
            raise KeyboardInterrupt

    first, second = Echo(), Echo()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", reference=first, progress=stop)
    assert run(tmp_path / "parts", reference=second) == wanted
    assert len(first.asked) + len(second.asked) == len(straight.asked) + 20 % 8
    third = Echo()
    assert run(tmp_path / "parts", reference=third) == wanted and not third.asked
    with pytest.raises(ValueError, match="another configuration"):
        run(tmp_path / "parts", points=16)


def test_what_cannot_be_scanned_is_refused(tmp_path):
    with pytest.raises(ValueError, match="declares no designs of one or two numbers"):
        run(tmp_path, make_task(slices={}))
    ones = np.ones((1, NUMBER))
    with pytest.raises(ValueError, match="one or two names"):
        Slice(("a", "b"), [0.0], [1.0], ones)
    with pytest.raises(ValueError, match="lower < upper"):
        Slice(("a",), [1.0], [1.0], ones)
    with pytest.raises(ValueError, match="at least 4 points, got 3"):
        common_slices(NUMBER, 1.0)["constant and linear"].grid(3)


def test_every_shipped_task_declares_slices_within_its_space():
    for name in task_names():
        task = load_task(name)
        assert task.slices
        for each in task.slices.values():
            for numbers in each.grid(9):
                parameters = each(jnp.asarray(numbers))
                found = task.space.decode(task.space.encode(np.asarray(parameters))).parameters
                np.testing.assert_allclose(found, parameters, atol=2e-3)


def test_slices_do_not_make_another_task_of_it():
    task = make_task()
    assert task_digest(task) == task_digest(dataclasses.replace(task, slices={}))
