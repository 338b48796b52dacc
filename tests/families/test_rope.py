"""The family of ropes: its data, its course, its judge, its picture."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import judge
from invdesign._judged import Judged
from invdesign.families import Candidate
from invdesign.families._constraint_descent import ContactKind
from invdesign.families._registry import build_simulator, family_of, load_config
from invdesign.families.rope import ROPE
from invdesign.families.rope._added import added_obstacles, depths, ropes_beside
from invdesign.families.rope._data import generate_ropes, load_ropes, simulated_rope
from invdesign.families.rope._evaluate import stretch
from invdesign.families.rope._rollouts import rope_errors, simulated_ropes
from invdesign.families.rope._ropes import RandomRopes, chain
from invdesign.families.rope._training import RopeTraining
from invdesign.io import save_weights
from invdesign.io._reading import read_json
from invdesign.io._resources import pretrained_dir
from invdesign.io._run_directory import RunDirectory
from invdesign.reference import Simulated
from invdesign.scenes import NodeKind
from invdesign.simulators import Ensemble, HardContact, SoftContact
from invdesign.simulators._ensemble import mean_frame
from invdesign.simulators.constraint._build import ConstraintModelConfig
from invdesign.studies._registry import load_task
from invdesign.training import SeededData, TrainingConfig
from invdesign.training._config import CommonConfig
from invdesign.training._update import initial_state
from invdesign.viz._capsule import capsule_outline
from invdesign.viz._stage import moments_figure

pytest.importorskip("mujoco")
NUM_STEPS = 12
HARD = ContactKind.HARD


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("rope") / "data"
    return generate_ropes(out, num_trajectories=5, seed=0, num_steps=NUM_STEPS)


@pytest.fixture(scope="module")
def course(data):
    stage = load_config(pretrained_dir() / "configs" / "rope.toml").stages[0]
    config = TrainingConfig(
        name="tiny",
        model=ConstraintModelConfig(4, 1, 2, "gradient", 2, 0.3, residuals=2),
        data=SeededData(5, 0),
        training=CommonConfig(clip=1.0, seed=0, held_out=2),
        stages=(dataclasses.replace(stage, steps=10, scenes_per_batch=3, late=2),),
        world=RopeTraining(),
    )
    return RopeTraining().course(config, data)


@pytest.fixture(scope="module")
def model(course):
    return course.simulator(course.network())


def test_data_are_mujocos_ropes(data):
    found = load_ropes(data)
    positions, kind = found.arrays["positions"], found.arrays["kind"]
    assert positions.shape == (5, NUM_STEPS + 1, 10, 2) and found.described["dt"] == 0.01
    for index in range(5):
        arrays = RandomRopes().sample(np.random.default_rng([0, index]))
        np.testing.assert_array_equal(found.arrays["position"][index], arrays["position"])
    again = simulated_rope(arrays, NUM_STEPS)["positions"]
    np.testing.assert_array_equal(positions[4], again)
    numbers = 1 + (kind == NodeKind.FREE).sum(axis=1)
    assert ((numbers >= 5) & (numbers <= 10)).all()
    assert stretch(positions, found.arrays) < 2e-3
    assert found.ranges.damping[0] >= 1 and found.ranges.damping[1] <= 15


def test_a_rope_of_equal_rates_turns_as_a_whole():
    angles = np.linspace(0.1, 1.0, 4)
    (start, speed), (ahead, _) = chain(angles, np.full(4, 2.0)), chain(angles + 2e-4, 0 * angles)
    np.testing.assert_allclose((ahead - start) / 1e-4, speed, atol=1e-3)


def test_samples_hang_on_the_step_alone_and_lead_to_the_truth(course):
    stage = course.stages()[0]
    first, again = stage.sampler.batch(3, 0), stage.sampler.batch(3, 0)
    jax.tree.map(np.testing.assert_array_equal, first, again)
    unit = course.statistics.acceleration
    wanted = first.position + first.moved[:, -1] + unit * first.answer
    free = np.asarray(first.scene["kind"]) == NodeKind.FREE
    # What is right without noise is the next frame, in which links have their length.
    lengths = np.linalg.norm(np.diff(wanted, axis=1), axis=-1)[free[:, 1:]]
    np.testing.assert_allclose(lengths, 0.1, atol=2e-3)
    assert not first.start[~free].any()


def test_an_update_learns_and_the_judge_counts_what_blows_up(course, model):
    stage, state = course.stages()[0], initial_state(course.config, course.network())
    batch = jax.tree.map(lambda x: x[None], stage.sampler.batch(0, 0))
    losses = []
    for _ in range(8):
        state, (loss, left_out) = stage.update(state, batch)
        losses.append(float(loss))
    assert np.isfinite(losses).all() and losses[-1] < losses[0] and float(left_out) == 0
    found = course.judge(course.simulator(jax.device_get(state.average)))
    assert 0 <= found["skill"] <= 1
    far = np.array(simulated_ropes(model, course.judged, NUM_STEPS))
    far[0, -1, 1] = 5.0
    errors = rope_errors(far, course.judged)
    assert np.isinf(errors[0]) and np.isfinite(errors[1])


def test_a_header_builds_the_same_simulator(course, model):
    built = build_simulator({"family": "rope", **course.header()})
    assert built.solver == model.solver and built.ranges == model.ranges
    assert jax.tree.structure(built) == jax.tree.structure(model)


def test_ropes_beside_obstacles_begin_outside_and_mujoco_hardly_enters():
    floor = added_obstacles()["floor"]
    ropes = ropes_beside(floor, 2, 100)
    start = depths(floor, ropes["position"][:, None], ropes["kind"])
    assert start.max() == 0
    deep = [depths(floor, ropes[key], ropes["kind"]).max() for key in ("positions", "free")]
    assert deep[0] < 0.15 * 0.02 < deep[1]


@pytest.mark.slow
def test_a_report_has_a_card_and_pictures(course, model, tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_weights(path, model, {"family": "rope", **course.header()})
    candidate = Candidate(model, path, tmp_path / "card", "A note.", load_task)
    found = ROPE.judge(scenes=2, steps=4, larger=20, iterations=5).report(candidate)
    assert set(ROPE.judge().errors) <= found.numbers.keys()
    text = (tmp_path / "card" / "card.md").read_text()
    assert "A note." in text and "| floor |" in text and "20 nodes" in text
    assert len(list((tmp_path / "card").glob("rollout-*.png"))) == 2
    read_json(tmp_path / "card" / "metrics.json")


def test_a_run_leaves_ropes_pegs_and_their_picture(tmp_path, model):
    task = load_task("rope-drape")
    assert family_of(task) is ROPE
    task, solver = dataclasses.replace(task, num_steps=3), ROPE.make_solver(task, 0.01)
    start = np.asarray(task.space.initial())
    latent = start + np.float32(0.1)
    before, after = (judge(each, task, Simulated(model)) for each in (start, latent))
    trusted = judge(latent, task, solver)
    judged = Judged(task, start, latent, before, after, trusted, latent[None])
    run = RunDirectory(tmp_path, {"task": "rope-drape", "optimizer": "adam"}, "0", False)
    assert ROPE.showing.write(run, judged, model, solver)
    stage, runs, dt = ROPE.showing.shown(run, ("a", "b", "c"))
    # Ten nodes, and both ends of four pegs, which stand where the run's design has them.
    assert [frames.shape for _, frames in runs] == [(4, 18, 2)] * 3 and dt == pytest.approx(0.01)
    for (_, frames), design in zip(runs, (start, latent, latent), strict=True):
        centers = np.asarray(task.space.decode(jnp.asarray(design)).parameters)
        pegs = np.repeat(centers.reshape(4, 2), 2, axis=0)
        np.testing.assert_allclose(frames[:, 10:], np.tile(pegs, (4, 1, 1)), atol=1e-6)
    np.testing.assert_allclose(stage.target, task.score.target)
    figure = moments_figure(stage, runs, dt=dt, title="A rope")
    assert len(figure.axes) == 3 * 4 and len(figure.axes[0].patches) == 4
    (replay,) = ROPE.showing.exhibit(run).replays
    assert len(replay.panels) == 3 and ROPE.showing.failures(run) == []


def test_an_outline_is_a_radius_from_its_capsule():
    ends = np.asarray([[0.0, 0.0], [0.3, 0.4]])
    ring = capsule_outline(ends, 0.1)
    along = np.clip(ring @ ends[1] / 0.25, 0, 1)
    distance = np.linalg.norm(ring - along[:, None] * ends[1], axis=1)
    np.testing.assert_allclose(distance, 0.1, atol=1e-12)


def test_obstacles_are_soft_in_a_model_unless_told_otherwise(model):
    task = load_task("rope-drape")
    both = Ensemble((model, model), mean_frame)
    for descent, wanted in (
        (ROPE.descent(), SoftContact),
        (ROPE.descent(contact=HARD), HardContact),
    ):
        found = descent.problem(task, both, learned=True).simulator
        assert [type(each.contact) for each in found.members] == [wanted] * 2
    with pytest.raises(ValueError, match="`--contact`"):
        ROPE.descent(contact=HARD).problem(task, model, learned=False)
