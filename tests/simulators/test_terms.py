"""Terms that are added to a constraint: fixed nodes, distances, boxes, no overlap, one's own."""

import dataclasses
import re
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import rollout
from invdesign.families.rope._ropes import rope_arrays
from invdesign.reference import MuJoCo
from invdesign.scenes import BallScene, Distance, FixedNode, HalfSpaces, KeepInBox, NonOverlap
from invdesign.scenes._ropes import gaps, rope_scene
from invdesign.simulators import Constrained, GradientSteps, HardContact, Minimised, SoftContact
from invdesign.simulators.constraint import Contacts, Links
from invdesign.simulators.constraint._active import ActiveSet
from invdesign.simulators.constraint._build import (
    ConstraintModelConfig,
    build_constraint_network,
    constraint_header,
    make_constraint_simulator,
)
from invdesign.simulators.constraint._ranges import BallRanges, RopeRanges
from invdesign.simulators.constraint._simulator import MotionStatistics

CONSTRAINTS = Path(__file__).parents[2] / "docs" / "constraints.md"
MODEL = ConstraintModelConfig(
    latent=8, num_steps=1, num_past=2, solver="gradient", iterations=3, step_size=0.1
)
RANGES = {
    Links: RopeRanges((0.1, 0.1), (1.0, 15.0), 10.0, 10, 160),
    Contacts: BallRanges((0.03, 0.07), (0.02, 0.3), 5.0, (1.0, 1.0), 0.3, 1.0, 10, 160),
}
FLOOR = HalfSpaces([[0.0, 1.0]], [-0.2])
HARD, LINKS = HardContact(), Links()


def simulator(view=LINKS, contact=HARD):
    header = constraint_header(
        MODEL, MotionStatistics(0.007, 0.001), dt=0.01, ranges=RANGES[type(view)], view=view
    )
    network = build_constraint_network(MODEL, view=view, key=jax.random.key(0))
    return dataclasses.replace(make_constraint_simulator(network, header), contact=contact)


def rope(number=5, padded=5):
    turns = 0.4 * np.random.default_rng(5).standard_normal(number - 1)
    return rope_scene(rope_arrays(1.2 + turns, 2.0 + turns, 3.0, padded=padded))


def moved(model, scene, *terms, num_steps=8):
    return rollout(Constrained(model, terms), scene, num_steps=num_steps).frames.position


def test_a_fixed_node_stays_and_others_do_not():
    scene = rope()
    place = scene.position[2]
    alone = moved(simulator(), scene)
    held = moved(simulator(), scene, FixedNode(2, place))
    soft = moved(simulator(contact=SoftContact(100.0)), scene, FixedNode(2, place))
    np.testing.assert_allclose(held[:, 2] - place[None], 0, atol=2e-8)
    off = [float(jnp.abs(each[:, 2] - place[None]).max()) for each in (soft, alone)]
    assert 0 < off[0] < 0.2 * off[1] and off[1] > 5e-3
    assert float(jnp.abs(held[-1, 3:] - scene.position[3:]).max()) > 5e-3
    np.testing.assert_array_equal(held[:, 0], jnp.broadcast_to(scene.position[0], (8, 2)))


def test_ends_that_are_tied_keep_their_distance():
    scene = rope()
    length = float(jnp.linalg.norm(scene.position[4] - scene.position[1]))
    tie = Distance(1, 4, length)
    off = {}
    for name, terms in (("tied", (tie,)), ("with a floor", (tie, FLOOR)), ("alone", ())):
        found = moved(simulator(), scene, *terms)
        apart = jnp.linalg.norm(found[:, 4] - found[:, 1], axis=-1)
        off[name] = float(jnp.abs(apart - length).max())
        if terms[1:]:
            room = gaps((FLOOR,), found[:, 1:].reshape(-1, 2), scene.radius)[0]
            assert -1e-6 < float(room.min()) < 1e-4  # it is on the floor
    assert max(off["tied"], off["with a floor"]) < 1e-6 and off["alone"] > 1e-3


def test_a_box_holds_what_is_thrown_out_of_it_and_leaves_the_rest():
    scene = rope(padded=7)
    fast = dataclasses.replace(scene, velocity=jnp.full((7, 2), -4.0).at[0].set(0.0))
    box = KeepInBox([-jnp.inf, -0.2], [1.0, 1.0])
    alone, found = moved(simulator(), fast), moved(simulator(), fast, box)
    assert float(alone[:, 1:5, 1].min()) < -0.25
    assert -0.18 - 1e-6 < float(found[:, 1:5, 1].min()) < -0.18 + 1e-5
    np.testing.assert_array_equal(found[:, 5:], 0)  # the nodes that fill it up
    as_floor = moved(simulator(), fast, FLOOR)
    np.testing.assert_allclose(found, as_floor, atol=1e-6)


def test_balls_that_may_not_overlap_do_not():
    angle = 2 * np.pi * np.arange(6) / 6
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    scene = BallScene(
        position=jnp.asarray(0.5 + 0.15 * way, jnp.float32).at[5].set(0.0),
        velocity=jnp.asarray(-2.0 * way, jnp.float32),
        body=jnp.asarray([0, 1, 2, 3, 4, -1]),
        radius=jnp.full(6, 0.05),
        mass=jnp.full(6, 0.1),
        lower=jnp.zeros(2),
        upper=jnp.ones(2),
    )

    def least(found):
        first, last = np.triu_indices(5, 1)
        apart = jnp.linalg.norm(found[:, first] - found[:, last], axis=-1)
        return float(apart.min()) - 0.1

    model = simulator(Contacts())
    assert least(moved(model, scene)) < -0.05
    # Five at once in a heap: not to rounding, but to a fiftieth of a percent of a radius.
    assert least(moved(model, scene, NonOverlap())) > -1e-5
    assert (
        least(moved(dataclasses.replace(model, contact=SoftContact()), scene, NonOverlap())) > -0.02
    )


@pytest.mark.parametrize("contact", [HardContact(), SoftContact()], ids=["hard", "soft"])
def test_gradients_of_terms_agree_with_the_steps_and_with_differences(contact):
    context, state = simulator(contact=contact).init(rope())
    given, _ = simulator(contact=contact).problem(context, state)
    given = eqx.tree_at(lambda p: p.network, given, _bowl)
    start = jnp.asarray([0.0994, 0.1002])

    def total(both, solver):
        coasting, place, length = both
        terms = (FixedNode(2, place), Distance(3, 4, length), KeepInBox([-1.0, -1.0], [1.0, 0.1]))
        touch = dataclasses.replace(given.touch, terms=terms)
        there = eqx.tree_at(lambda p: (p.coasting, p.touch), given, (coasting, touch))
        found, code = solver.solve(there, jnp.zeros((5, 2)))
        return 1e3 * jnp.sum(there.position(found) ** 3), (code, there, found)

    coasting = given.coasting.at[1, 1].set(0.0803)  # in the lid
    both = (coasting, coasting[2] + 1e-3 * start, jnp.asarray(0.1004))
    steps = GradientSteps(100, 0.3)
    slope = eqx.filter_jit(jax.grad(total, has_aux=True))
    unrolled, _ = slope(both, steps)
    implicit, (code, there, found) = slope(both, Minimised(steps=steps))
    assert int(code) == 0
    if isinstance(contact, HardContact):
        held = ActiveSet.at(there, found).is_active
        assert held[:3].all() and int(held.sum()) == 4
        np.testing.assert_allclose(there.touch.gaps(there.position(found))[:3], 0, atol=3e-8)
    for ours, theirs in zip(implicit, unrolled, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-2, atol=2e-2)
    assert min(np.abs(each).max() for each in implicit) > 0.1  # a design may be a term
    along = (jnp.zeros((5, 2)).at[1:].set(0.5), jnp.asarray([0.6, -0.8]), jnp.asarray(0.7))

    def shifted(way):
        moved = jax.tree.map(lambda x, y: x + way * 5e-5 * y, both, along)
        return float(total(moved, steps)[0])

    wanted = sum(float(jnp.sum(x * y)) for x, y in zip(implicit, along, strict=True))
    np.testing.assert_allclose((shifted(1) - shifted(-1)) / 1e-4, wanted, rtol=2e-2)


def test_a_term_of_ones_own_is_as_the_documentation_has_it():
    blocks = re.findall(r"```python\n(.*?)```", CONSTRAINTS.read_text("utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "class Level" in block]
    scope = {"Constrained": Constrained, "model": simulator()}
    exec(compile(code, CONSTRAINTS.name, "exec"), scope)
    scene = rope()
    tip = scene.position[3] + jnp.asarray([0.1, 0.0])
    start = dataclasses.replace(scene, position=scene.position.at[4].set(tip))
    found = rollout(scope["level"], start, num_steps=8).frames.position
    alone = moved(simulator(), start)
    np.testing.assert_allclose(found[:, 3, 1], found[:, 4, 1], atol=1e-7)
    assert float(jnp.abs(alone[:, 3, 1] - alone[:, 4, 1]).max()) > 1e-3


def test_what_makes_no_sense_is_refused():
    for wrong, said in (
        (lambda: Distance(1, 1, 0.2), "needs two nodes, got 1 twice"),
        (lambda: Distance(0, 1, 0.0), "length > 0"),
        (lambda: FixedNode(-1, [0.0, 0.0]), "node >= 0"),
        (lambda: FixedNode(1, 0.3), r"a place `\(dim,\)`"),
        (lambda: KeepInBox([0.0], [1.0, 1.0]), "two corners of equal size"),
        (lambda: moved(simulator(), rope(), FixedNode(7, [0.0, 0.0])), "a scene has 5 nodes"),
    ):
        with pytest.raises(ValueError, match=said):
            wrong()


def test_mujoco_refuses_terms_and_says_what_it_takes():
    pytest.importorskip("mujoco")
    scene = dataclasses.replace(rope(), terms=(NonOverlap(),))
    with pytest.raises(ValueError, match="MuJoCo takes no `terms`"):
        MuJoCo().trajectories([scene], num_steps=2)


def _bowl(graph, nodes, edges):
    """In place of a network: the candidate itself, whose squares have one minimum, and more."""
    return jnp.concatenate([nodes[:, -2:] - 0.3, 0.2 * nodes[:, -2:] ** 2], axis=1)
