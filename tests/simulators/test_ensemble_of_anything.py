"""An ensemble of any simulator: the mean of its members' frames, and their spread."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import CheckpointAdjoint, Problem, rollout
from invdesign.families.airfoil.family import AIRFOIL
from invdesign.families.elastic.family import ELASTIC
from invdesign.families.ks.family import KS
from invdesign.simulators import Ensemble
from invdesign.simulators._ensemble import mean_frame

from ..families import toy
from ..test_bundles import bundled

START = toy.Ball(jnp.asarray([0.5, -0.2]))


class Labelled(toy.Learned):
    """Its frames hold a number that is no measurement, too."""

    def observe(self, context, state):
        return {"ball": state, "label": jnp.asarray(3)}


def learned(kind, turn):
    return kind(network=jnp.asarray([[1.0, turn], [-turn, 1.0]]))


@eqx.filter_jit
def play(simulator, num_steps=6):
    return rollout(simulator, START, num_steps=num_steps, throw=False)


def test_frames_are_means_and_the_spread_is_between_them():
    members = [learned(Labelled, turn) for turn in (0.1, 0.2, 0.4)]
    ensemble = Ensemble(members, mean_frame)
    alone = np.stack([play(member).frames["ball"] for member in members])
    found = play(ensemble)
    np.testing.assert_allclose(found.frames["ball"], alone.mean(axis=0), rtol=1e-6)
    assert found.frames["label"].tolist() == [3] * 6 and found.initial["label"] == 3
    spread = ensemble.spread(ensemble.init(START)[0], found.final)
    np.testing.assert_allclose(spread["ball"], alone[:, -1].std(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found.initial["ball"], START.start, rtol=1e-6)
    twins = Ensemble(members[:1] * 2, mean_frame)
    assert not jnp.any(twins.spread(twins.init(START)[0], play(twins).final)["ball"])


def test_a_task_is_searched_through_the_mean():
    members = [learned(toy.Learned, turn) for turn in (0.1, 0.3)]
    problem = Problem(toy.throw(6), Ensemble(members, mean_frame), CheckpointAdjoint())
    latent = problem.task.space.initial() + 0.2
    found = eqx.filter_jit(lambda p, x: p.evaluate(x, order=1))(problem, latent)
    scene = problem.task.build(problem.task.space.decode(latent), jnp.zeros(2))
    ends = [rollout(member, scene, num_steps=6).frames.ball[-1, 0] for member in members]
    np.testing.assert_allclose(found.value, (np.mean(ends) - 1.0) ** 2, rtol=1e-5)
    assert jnp.isfinite(found.grad).all() and jnp.abs(found.grad).max() > 0


def test_members_may_make_several_frames_a_step():
    members = [learned(toy.Learned, turn) for turn in (0.1, 0.3)]
    ensemble = Ensemble(map(bundled, members), mean_frame)
    assert ensemble.frames_per_step == 3
    wanted = play(Ensemble(members, mean_frame)).frames.ball
    np.testing.assert_allclose(play(ensemble).frames.ball, wanted, rtol=1e-6)
    with pytest.raises(ValueError, match="as many frames a step, got"):
        Ensemble([members[0], bundled(members[1])], mean_frame)


def test_families_take_several_models_or_say_why_not():
    members = [learned(toy.Learned, turn) for turn in (0.1, 0.3)]
    for family in (KS, ELASTIC):
        ensemble, task = family.models.together(members, toy.throw(6))
        assert isinstance(ensemble, Ensemble) and ensemble.merge is mean_frame
        assert task.num_steps == 6
    with pytest.raises(ValueError, match="`throw` takes one model, got 2"):
        AIRFOIL.models.together(members, toy.throw(6))
