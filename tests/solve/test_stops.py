"""Rules that end a run."""

import math

import equinox as eqx
import numpy as np
import pytest

from invdesign._solve import PlateauStop, TargetStop, solve
from invdesign.optimizers import BFGS, Adam, Then

from .toy import KEY, toy


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (TargetStop(0.01), "target: the value 0.00"),
        (PlateauStop(patience=10, share=0.05), "plateau: the value improved by"),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, eqx.Module) else "",
)
def test_rules_stop_with_a_reason(rule, words):
    solution = solve(toy(), Adam(0.1), key=KEY, max_steps=200, stop=[rule])
    assert 3 < len(solution.history) < 200
    assert solution.reason.startswith(words)
    rows = solution.history.rows()
    assert rule(rows) and not rule(rows[:-1])


def test_a_rule_that_stops_one_optimizer_hands_over_to_the_next():
    chain = Then(Adam(1e-9), Adam(0.1), steps=50)
    rule = PlateauStop(patience=3, share=1e-3)
    solution = solve(toy(), chain, key=KEY, max_steps=60, stop=[rule])
    values = solution.history["value"]
    np.testing.assert_allclose(values[:4], values[0], rtol=1e-4)  # the first stood still
    assert values[4:].min() < 0.5 * values[0]  # the second was not held to account for it
    assert solution.reason.startswith("plateau") and len(solution.history) > 8


def test_rules_leave_a_young_or_failing_run_alone():
    row = {"best_value": math.inf, "violation": math.inf}
    assert PlateauStop(2, 0.1)([row] * 9) is None
    assert TargetStop(0.0)([row]) is None


def falling(*values, violation=0.0):
    return [{"best_value": value, "violation": violation} for value in values]


def test_a_plateau_has_no_units():
    rule = PlateauStop(patience=2, share=0.1)
    for unit in (1.0, 1e-6, 1e6):
        rows = falling(*(unit * x for x in (9.0, 4.0, 0.4, 0.3, 0.0)))
        assert rule(rows[:4]) is None  # from 4 to 0.3: much of 9
        assert rule(rows).startswith("plateau: the value improved by")  # 0.4 of 9


def test_a_plateau_waits_for_the_constraints():
    rule = PlateauStop(patience=2, share=0.1)
    missed = falling(*[1.0] * 9, violation=1.5)
    assert rule(missed) is None
    # The first that meets them may be worse than what missed them; patience begins with it.
    assert rule([*missed, *falling(3.0, 3.0)]) is None
    assert rule([*missed, *falling(3.0, 3.0, 3.0)]) is not None


def test_an_optimizer_that_is_done_ends_the_run():
    solution = solve(toy(), BFGS(), key=KEY, max_steps=200)
    assert solution.reason == "BFGS converged"
    assert len(solution.history) < 30


@pytest.mark.parametrize("options", [{"patience": 0}, {"share": -1.0}])
def test_bad_plateau(options):
    with pytest.raises(ValueError, match=r"patience >= 1|share >= 0"):
        PlateauStop(**options)
