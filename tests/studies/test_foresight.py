"""What gradients foresee, on values whose answer is known: a slope, ripples on it, a plain."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import Problem
from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign.objectives import AbstractObjective
from invdesign.spaces import Box
from invdesign.studies import foresight
from invdesign.studies._advice import advice, best_of_random
from invdesign.studies._foresight import _error, correlation
from invdesign.studies._plan import plan
from invdesign.viz._foresight import foresight_figure

from .bowl import PROBLEM

SIZE, LONG = 6, 40
FINE = 0.1 * LONG / (1200 * np.pi)  # of ripples that are steepest where the long task ends
WEIGHTS = np.array([1.0, -2.0, 0.5, 1.5, -1.0, 0.7])


class Carried(AbstractSimulator):
    """Each parameter is a particle's place, moved by itself once a step."""

    dt: float = 0.1

    def init(self, scene):
        return scene, jnp.zeros_like(scene)

    def step(self, context, state):
        return state + context, as_code(RESULTS.successful)

    def observe(self, context, state):
        return state

    def grow(self, factor):
        raise ValueError("There is nothing to grow.")


class Apart(eqx.Module):
    def __call__(self, design, condition):
        return (design.parameters * condition[0])[:, None]


class Slope(AbstractObjective):
    """A slope, and ripples of one particle that are too fine for any step of a search."""

    ripple: float = 0.0

    def __call__(self, trajectory, design):
        place = trajectory.frames[-1][:, 0]
        ripples = self.ripple * jnp.sin(place[0] / FINE)
        return (
            jnp.sum(place * jnp.asarray(WEIGHTS, place.dtype)) + ripples + 5 * design.parameters[0]
        )


def problem(ripple=0.0, flat=False, num_steps=4):
    most = 3 * jnp.ones(SIZE)
    task = dataclasses.replace(
        PROBLEM.task,
        space=Box(-most, most, initial_parameters=0.1 * jnp.ones(SIZE)),
        build=Apart(),
        conditions=jnp.full((1, 2), 0.0 if flat else 1.0),
        unseen=jnp.full((2, 2), 0.0 if flat else 1.0),
        objective=Slope(ripple),
        num_steps=num_steps,
    )
    return Problem(task, Carried(), gradient_cost=4.0)


def by_limit(found, radius):
    return {row["limit"]: row for row in found.rows if row["radius"] == radius}


def test_a_slope_is_foreseen_and_what_the_objective_sees_of_the_design_does_not_count():
    smooth = problem()
    found = foresight(smooth, [smooth.task.space.initial()] * 2, radii=(0.05, 0.2), limits=(0.0,))
    assert [row["horizon"] for row in found.rows] == [2, 2, 4, 4]
    for row in found.rows:
        assert row["correlation"] == pytest.approx(1, abs=2e-3) and row["error"] < 1e-3
        expected = np.linalg.norm(WEIGHTS) * row["horizon"] * 3  # of `tanh` and the bounds
        assert row["norms"] == pytest.approx([expected] * 2, rel=0.01)
    assert found.advice.startswith("Trust these gradients at steps of 0.05")
    assert found.random == pytest.approx(1 / np.sqrt(2 * SIZE))


def test_ripples_drown_the_exact_gradient_and_clipping_saves_it():
    rough = problem(ripple=0.03, num_steps=LONG)
    found = foresight(
        rough, [rough.task.space.initial()], radii=(0.05,), limits=(0.0, 2.0), horizons=(LONG,)
    )
    rows = by_limit(found, 0.05)
    assert rows[0.0]["correlation"] < 0.6 < 0.8 < rows[2.0]["correlation"]
    assert found.limit == 2.0 and "clipped at 2" in found.advice
    assert rows[0.0]["norms"][0] > rows[2.0]["norms"][0]


def test_a_plain_has_nothing_to_foresee():
    flat = problem(flat=True)
    found = foresight(flat, [flat.task.space.initial()], radii=(0.1,), limits=(0.0,), horizons=(4,))
    (row,) = found.rows
    assert row["correlation"] is None and row["points"] == [None]
    assert "Nothing changes here" in found.advice


def test_what_it_takes_is_said_beforehand():
    smooth, made = problem(), []
    points = [smooth.task.space.initial()] * 3
    said = plan(smooth, 3, radii=(0.1, 0.2), limits=(0.0,), num_directions=5).rollouts(smooth)
    assert said == 3 * (0.5 + 1) * (2 * 5 * 2 + 4)
    found = foresight(
        smooth, points, radii=(0.1, 0.2), limits=(0.0,), num_directions=5,
        watch=lambda phase, share: made.append(share),
    )  # fmt: skip
    assert found.rollouts == said and made[0] == 0 and max(made) < 1 and len(made) == 6


def test_points_that_disagree_are_an_error():
    assert _error(np.array([0.99, -0.98, 0.98]), 16) == pytest.approx(0.66, abs=0.01)
    assert _error(np.array([0.6, 0.6]), 16) == pytest.approx(0.16 / np.sqrt(2))
    assert _error(np.array([0.0]), 16) == pytest.approx(0.25)


def test_correlations_are_those_of_vectors():
    foreseen = np.array([1.0, 2.0, np.nan, 0.5])
    assert correlation(foreseen, -3 * foreseen) == pytest.approx(-1)
    assert correlation(foreseen, np.array([2.0, -1.0, 5.0, 0.0])) == pytest.approx(0)
    assert correlation(foreseen, np.zeros(4)) is None
    assert correlation(np.full(4, np.inf), foreseen) is None
    assert best_of_random(1, 2) == pytest.approx(2 / np.pi, abs=0.02)  # mean |cos| in the plane
    assert best_of_random(1, 16) < best_of_random(5, 16) < 0.5


def test_advice_says_where_trust_ends():
    def row(radius, correlation, error=0.05, limit=0.01):
        found = {"radius": radius, "correlation": correlation, "error": error}
        return {"horizon": 4, "limit": limit, **found}

    def said(*rows):
        return advice(rows, 0.14, 5, 16).sentence

    both = said(row(0.02, 0.8), row(0.1, 0.1))
    assert both.startswith("Trust these gradients at steps of 0.02 (correlation 0.80 ± 0.05)")
    assert both.endswith("at 0.1 (correlation 0.10 ± 0.05) they are noise: sample there.")
    assert "are noise: sample." in said(row(0.02, 0.1), row(0.1, -0.3))
    assert "know something" in said(row(0.02, 0.35), row(0.1, 0.1))
    assert said(row(0.1, 0.2, limit=0.0), row(0.1, 0.9)).count("clipped at 0.01") == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"radii": ()}, "at least one of `radii`"),
        ({"radii": (0.0,)}, "radii > 0"),
        ({"limits": (-1.0,)}, "limits >= 0"),
        ({"horizons": (5,)}, "horizons <= 4"),
        ({"num_directions": 1}, "num_directions >= 2"),
    ],
)
def test_mistakes(options, reason):
    smooth = problem()
    with pytest.raises(ValueError, match=reason):
        foresight(smooth, [smooth.task.space.initial()], **options)


def test_the_figure_draws_what_is_known():
    row = {"horizon": 4, "radius": 0.1, "error": 0.1, "points": [0.5, None], "norms": [1.0, None]}
    rows = [{**row, "limit": 0.0, "correlation": 0.5}, {**row, "limit": 0.1, "correlation": None}]
    figure = foresight_figure(rows, title="x", random=0.1, worth=0.4)
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["0.1", "exact"]
    with pytest.raises(ValueError, match="at least one row"):
        foresight_figure([], title="x", random=0.1, worth=0.4)
