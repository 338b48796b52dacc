"""Rollouts whose edges do not fit are repeated with more room, unless they need not fit."""

import equinox as eqx
import jax.numpy as jnp

from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign.training.particle._heldout import simulate


class Crowded(AbstractSimulator):
    """Has too little room for what nothing hangs on."""

    room: float = eqx.field(static=True, default=1.0)
    dt: float = 0.1

    def init(self, scene):
        return None, scene

    def step(self, context, state):
        code = RESULTS.capacity_exceeded if self.room < 2 else RESULTS.successful
        return state + 1, as_code(code)

    def observe(self, context, state):
        return state

    def grow(self, factor):
        return Crowded(self.room * factor)


def test_room_grows_until_all_fits_or_not_at_all():
    for grow, room in ((True, 2.25), (False, 1.0)):
        frames, simulator, code = simulate(Crowded(), jnp.zeros(2), 3, grow=grow)
        assert frames.tolist() == [[1, 1], [2, 2], [3, 3]] and simulator.room == room
        assert (code == 0) == grow
