"""What the shipped water tasks promise, short of solving them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import shapely
import trimesh

from invdesign._geometry import closest_points
from invdesign._problem import Problem
from invdesign._rollout import rollout
from invdesign.io import export_tool
from invdesign.reference import MPM
from invdesign.spaces import Rotors
from invdesign.studies._published import best_known
from invdesign.studies._registry import load_task, task_names

FAMILIES = ("contain", "ramp", "maze")
SPACING = 1 / 80


@pytest.fixture(scope="module", params=[*FAMILIES, *(f"{f}-lite" for f in FAMILIES)])
def task(request):
    return load_task(request.param)


def _starts(task):
    """Initial positions of all conditions, `(condition, node, 2)`."""
    return np.concatenate([task.conditions.position, task.unseen.position])


def test_sizes_are_those_of_the_issue(task):
    particles, joints = task.conditions.position.shape[1], task.space.size
    if task.name.endswith("-lite"):
        assert particles == 48 and joints <= 16 and task.num_steps <= 30
    else:
        assert joints == 16
        assert 100 <= particles <= 1000 and 50 <= task.num_steps <= 300
        assert len(task.unseen.position) == 8


def test_the_goal_has_room_for_the_water_and_is_a_small_part_of_the_box(task):
    boxes = np.asarray(task.region).reshape(-1, 2, 2)
    area = np.prod(boxes[:, 1] - boxes[:, 0], axis=1).sum()
    assert task.conditions.position.shape[1] * SPACING**2 < area
    assert area < 0.1 * np.prod(np.asarray(task.build.upper))
    np.testing.assert_array_equal(np.reshape(task.score.lower, (-1, 2)), boxes[:, 0])
    np.testing.assert_array_equal(np.reshape(task.score.upper, (-1, 2)), boxes[:, 1])


def test_the_initial_tool_meets_the_constraints(task):
    design = task.space.decode(task.space.initial())
    for constraint in task.constraints:
        entries = np.asarray(eqx.filter_jit(constraint)(None, design))
        assert entries.min() > -constraint.tolerance, constraint.name


def test_rotors_are_clear_of_each_other_and_of_walls_at_any_angle(task):
    if not isinstance(task.space, Rotors):
        pytest.skip("constraints keep a chain clear")
    centers, length = np.asarray(task.space.centers), float(task.space.length)
    radius, walls = float(task.space.radius), np.asarray(task.build.segments)
    apart = np.linalg.norm(centers[:, None] - centers[None], axis=-1)
    assert apart[np.triu_indices(len(centers), 1)].min() >= length + 2 * radius - 1e-6
    _, distance = closest_points(jnp.asarray(centers), jnp.asarray(walls))
    assert float(distance.min()) >= 0.5 * length + radius + float(task.build.segment_radius) - 1e-6


def test_unseen_conditions_are_others(task):
    seen, unseen = np.asarray(task.conditions.position), np.asarray(task.unseen.position)
    assert np.abs(seen[:, None] - unseen[None]).max(axis=(2, 3)).min() > 0


def test_water_starts_inside_the_box_and_clear_of_every_obstacle(task):
    design = task.space.decode(task.space.initial())
    scene = task.build(design, jax.tree.map(lambda x: x[0], task.conditions))
    for start in _starts(task):
        assert (start > np.asarray(scene.lower)).all() and (start < np.asarray(scene.upper)).all()
        _, distance = closest_points(jnp.asarray(start), scene.segments)
        assert (np.asarray(distance) > np.asarray(scene.segment_radius)[None]).all()


def test_water_starts_clear_of_rotors_at_any_angle(task):
    if not isinstance(task.space, Rotors):
        pytest.skip("a chain can reach the water's start; a constraint keeps it out")
    reach = 0.5 * float(task.space.length) + float(task.space.radius)
    away = _starts(task)[:, :, None] - np.asarray(task.space.centers)[None, None]
    assert np.linalg.norm(away, axis=-1).min() > reach


@pytest.mark.parametrize("name", FAMILIES)
def test_a_champion_can_be_made(name, tmp_path):
    """Blades are apart, chains clear of the walls, and the solid has a body for each of them."""
    task, best = load_task(name), best_known(name)
    design = task.space.decode(task.space.encode(jnp.asarray(best.parameters)))
    lines = shapely.linestrings(np.asarray(design.segments, float))
    radius = np.asarray(design.segment_radius, float)
    apart = shapely.distance(lines[:, None], lines[None])
    counts = np.triu(np.ones(apart.shape, bool), 1 if name == "maze" else 2)
    assert (apart - radius[:, None] - radius[None])[counts].min() > -1e-6
    walls = shapely.linestrings(np.asarray(task.build.segments, float))
    gap = shapely.distance(lines[:, None], walls[None]) - radius[:, None]
    assert gap.min() > float(task.build.segment_radius) - 1e-6
    *_, path, _ = export_tool(tmp_path, design.segments, design.segment_radius)
    solid = trimesh.load(path)
    assert path.suffix == ".stl" and solid.is_watertight
    assert solid.body_count == (len(lines) if name == "maze" else 1)


def test_two_steps_under_the_reference_solver_are_free_flight(task):
    design = task.space.decode(task.space.initial())
    scene = task.build(design, jax.tree.map(lambda x: x[0], task.unseen))
    trajectory = eqx.filter_jit(lambda s: rollout(MPM(), s, num_steps=2, throw=False))(scene)
    assert int(trajectory.result) == 0
    moved = np.asarray(trajectory.frames.position[-1] - scene.position)
    time = 2 * MPM().dt
    flight = time * np.asarray(scene.velocity[0]) + 0.5 * time**2 * np.asarray(scene.gravity)
    np.testing.assert_allclose(moved.mean(axis=0), flight, atol=3e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_value_has_a_slope_at_the_start(family):
    task = load_task(f"{family}-lite")
    evaluation = eqx.filter_jit(Problem(task, MPM()).evaluate)(task.space.initial(), order=1)
    assert int(evaluation.result) == 0
    assert 0 < float(evaluation.value) < 3
    assert 1e-4 < float(jnp.linalg.norm(evaluation.grad)) < 1e3


def test_variants_have_as_many_parameters_as_their_name_says():
    for name in task_names():
        family, _, size = name.partition("-")
        if family in FAMILIES and size.isdigit():
            assert load_task(name).space.size == int(size)
            assert load_task(name).name == name


def test_variants_start_from_the_same_shape():
    for family in ("contain", "ramp"):
        tips = []
        for name in (f"{family}-8", family, f"{family}-48"):
            tip, least = tip_and_slack(load_task(name))
            tips.append(np.asarray(tip))
            assert float(least) > -0.02
        assert np.ptp(tips, axis=0).max() < 0.05


@eqx.filter_jit  # as one program: eagerly it is hundreds
def tip_and_slack(task):
    design = task.space.decode(task.space.initial())
    least = jnp.stack([c(None, design).min() for c in task.constraints]).min()
    return design.segments[-1, 1], least


@pytest.mark.parametrize(("family", "sizes"), [("contain", (3, 49)), ("ramp", (3, 49))])
def test_sizes_out_of_range_are_refused(family, sizes, tmp_path):
    for size in sizes:
        path = tmp_path / "odd.py"
        path.write_text(
            "from invdesign.studies._registry import _registered\n"
            f"make = _registered()[{family!r}][1]\n"
            f"def odd(): return make({size})\n"
        )
        with pytest.raises(ValueError, match=f"needs 4 to 48.*got {size}"):
            load_task(f"{path}:odd")
