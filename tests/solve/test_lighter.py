"""Searches that begin in a lighter version of their task, and end under the task itself."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import Lighter, Problem, solve
from invdesign.optimizers import CEM, Adam, RandomDirection, Then
from invdesign.spaces import Box
from invdesign.studies._optimizers import Effort, contestant, default_budget

from ..studies.bowl import TASK, Still

KEY = jax.random.key(1)
# Its lowest value, 0, is below any of the task's, whose frames have moved on by then.
LIGHT = dataclasses.replace(TASK, name="light", conditions=0.5 * jnp.ones((1, 2)), num_steps=1)
FULL = dataclasses.replace(TASK, conditions=jnp.asarray([[1.0, 1.0], [1.0, 2.0]]))
PROBLEM = Problem(
    FULL,
    Still(),
    gradient_cost=3.0,
    lighter=Problem(LIGHT, Still(), gradient_cost=3.0, step_cost=0.25),
)
OPTIMIZER = Then(Adam(0.3), Adam(0.1), steps=20, lightly=True)


def test_the_lighter_part_leads_to_its_own_design_and_the_rest_to_the_tasks():
    solution = solve(PROBLEM, OPTIMIZER, key=KEY, max_steps=60)
    parameters = [np.asarray(TASK.space.decode(jnp.asarray(x)).parameters)
                  for x in (solution.champions[19], solution.latent)]  # fmt: skip
    np.testing.assert_allclose(parameters[0], [0.5, 0.5], atol=0.2)
    np.testing.assert_allclose(parameters[1], [1.0, 1.5], atol=0.1)


def test_a_value_of_the_lighter_version_is_forgotten():
    rows = solve(PROBLEM, OPTIMIZER, key=KEY, max_steps=60).history
    best, value = rows["best_value"], rows["value"]
    assert best[19] < 0.1 < best[20] == value[20]
    assert np.isnan(rows["score"][:20]).all() and np.isfinite(rows["score"][20:]).all()
    np.testing.assert_array_equal(best[20:], np.minimum.accumulate(value[20:]))


def test_each_part_is_charged_at_its_cost():
    rows = solve(PROBLEM, OPTIMIZER, key=KEY, budget=20 * 0.25 * 3 + 5.5 * 4 * 3).history
    np.testing.assert_array_equal(np.diff(rows["charged_steps"]), [0.75] * 19 + [12.0] * 5)
    assert rows["simulator_steps"][-1] == rows["gradient_steps"][-1] == 20 * 1 + 5 * 4


@pytest.mark.parametrize("last", [19, 25])
def test_a_run_that_was_stopped_in_either_part_ends_as_it_would_have(tmp_path, last):
    def stopping(row):
        if row["iteration"] == last:
            raise KeyboardInterrupt

    whole = solve(PROBLEM, OPTIMIZER, key=KEY, max_steps=30)
    file = tmp_path / "solve.npz"
    solve(PROBLEM, OPTIMIZER, key=KEY, max_steps=30, callback=stopping, checkpoint=file)
    resumed = solve(PROBLEM, OPTIMIZER, key=KEY, max_steps=30, checkpoint=file)
    np.testing.assert_array_equal(resumed.champions, whole.champions)
    np.testing.assert_array_equal(resumed.history["value"], whole.history["value"])


def test_what_has_no_lighter_version_or_another_one_is_refused():
    with pytest.raises(ValueError, match="needs a task with a lighter version"):
        solve(Problem(FULL, Still()), OPTIMIZER, key=KEY, max_steps=2)
    other = dataclasses.replace(LIGHT, space=Box(-jnp.ones(2), jnp.ones(2)))
    with pytest.raises(ValueError, match="`light` has others"):
        Problem(FULL, Still(), lighter=Problem(other, Still()))
    with pytest.raises(ValueError, match="cost"):
        Lighter(LIGHT, 0.0)


def test_descents_begin_lightly_by_name_and_samplers_do_not():
    effort = Effort(budget=8 * 0.75 + 2 * 12.0)
    optimizer = contestant("adam", PROBLEM, effort).optimizer
    assert isinstance(optimizer, Then) and optimizer.lightly and optimizer.steps == 8
    rows = solve(PROBLEM, optimizer, key=KEY, budget=effort.budget).history
    assert len(rows) == 10
    assert default_budget(PROBLEM) == 5 * effort.budget
    control = contestant("adam-random", PROBLEM, effort).optimizer
    assert isinstance(control, Then) and control.lightly
    assert isinstance(control.first, RandomDirection)
    assert isinstance(contestant("cem", PROBLEM, effort).optimizer, CEM)
    # Where nothing would be left for the task itself, it alone is searched through.
    assert isinstance(contestant("adam", PROBLEM, Effort(budget=12.0)).optimizer, Adam)
    few = contestant("adam", PROBLEM, Effort(steps=5)).optimizer
    assert isinstance(few, Then) and few.steps == 4
