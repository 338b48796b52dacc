"""What is charged is what was simulated, counted by the simulator itself, for every optimizer."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest

from invdesign import DirectAdjoint, Problem, solve
from invdesign.optimizers import CEM, Raced
from invdesign.spaces import JointChain
from invdesign.studies._optimizers import OPTIMIZERS, Effort, contestant

from .bowl import TASK, Still

COUNTS = {"steps": 0, "back": 0}
BUDGET = 200.0


def tick(what):
    COUNTS[what] += 1


@jax.custom_vjp
def counted(state):
    jax.debug.callback(lambda _: tick("steps"), jnp.sum(state))
    return state


def forward(state):
    return counted(state), None


def backward(_, cotangent):
    jax.debug.callback(lambda _: tick("back"), jnp.sum(cotangent))
    return (cotangent,)


counted.defvjp(forward, backward)


class Counting(Still):
    """Counts its steps, and those that are gone back through."""

    def step(self, context, state):
        return super().step(context, counted(state))


# Joints have neighbors, which some descents need.
CHAIN = dataclasses.replace(TASK, space=JointChain(2, length=1.0, anchor=(0.0, 0.0)))
# Every step is done once: nothing is computed again on the way back.
PROBLEM = Problem(CHAIN, Counting(), DirectAdjoint(), gradient_cost=3.0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_charged_what_it_simulates_and_stops_at_its_budget(name):
    COUNTS.update(steps=0, back=0)
    player = contestant(name, PROBLEM, Effort(budget=BUDGET))
    solution = solve(PROBLEM, player.optimizer, key=jax.random.key(0), budget=BUDGET)
    jax.effects_barrier()
    assert len(solution.history) > 0
    assert solution.simulator_steps == COUNTS["steps"]
    assert solution.gradient_steps == COUNTS["back"]
    charged = COUNTS["steps"] + (PROBLEM.gradient_cost - 1) * COUNTS["back"]
    assert solution.charged_steps == charged <= BUDGET


def test_a_race_is_charged_the_conditions_that_it_simulates():
    COUNTS.update(steps=0, back=0)
    task = dataclasses.replace(CHAIN, conditions=jnp.ones((3, 2)))
    problem = Problem(task, Counting(), DirectAdjoint())
    optimizer = Raced(CEM(8, 2), promising=2)
    solution = solve(problem, optimizer, key=jax.random.key(0), budget=BUDGET)
    jax.effects_barrier()
    assert solution.charged_steps == COUNTS["steps"] == 8 * task.num_steps * (8 + 2 * 2)
