"""`invdesign run --errors`: searched for and scored as made with errors, and so verified again."""

import jax
import numpy as np
import pytest

from invdesign._inexact import exact, made_with_errors
from invdesign.io._reading import read_json
from invdesign.studies import RunConfig, resolve
from invdesign.studies._error_scores import DRAWS


def run(invoke, tiny, out, *options):
    return invoke(
        "run", tiny, "--simulator", "reference", "--optimizer", "random", "--steps", 1,
        "--population", 2, "--out", out, *options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def steady(invoke, tiny, tmp_path_factory):
    """The directory of a short search for designs that stand errors, and what it said."""
    out = tmp_path_factory.mktemp("steady") / "out"
    said = run(invoke, tiny, out, "--errors", 0.05)
    assert said.exit_code == 0, said.stderr
    return out, said.stdout


def test_scores_are_of_the_exact_design_and_of_five_that_are_off(steady):
    out, said = steady
    result = read_json(out / "verification.json")
    assert result["error_std"] == result["errors"] == 0.05
    assert len(result["error_scores"]) == 5 and len(result["scores"]) == 2
    assert result["error_score_min"] == min(result["error_scores"])
    assert result["error_score_mean"] == pytest.approx(np.mean(result["error_scores"]))
    assert "score with errors of 0.05" in said
    # One condition, simulated twice: of two candidates six frames each.
    assert result["simulator_steps"] == 24


def test_what_is_searched_with_is_not_what_judges(tiny):
    """Of seed 0, too, whose errors might be those that every champion is judged with."""
    config = RunConfig(task=tiny, simulator="reference", errors=0.05)
    searched = resolve(config).problem.task
    _, judges = made_with_errors(exact(searched), searched.unseen, 0.05, DRAWS, jax.random.key(0))
    apart = np.abs(searched.conditions.error[:, None] - np.asarray(judges.error)[None])
    assert apart.max(axis=2).min() > 1e-3


def test_verification_draws_the_same_errors(steady, tiny, invoke, last_json):
    out, _ = steady
    result = read_json(out / "verification.json")
    again = last_json(invoke("verify", out, "--task", tiny, "--json"))
    assert again["error_scores"] == pytest.approx(result["error_scores"], abs=1.5 / 16)
    other = last_json(invoke("verify", out, "--task", tiny, "--errors", 0.001, "--json"))
    assert other["error_std"] == 0.001
    assert other["error_score_mean"] == pytest.approx(other["reference_score_mean"], abs=0.1)


def test_its_page_says_the_score_with_errors(steady, invoke):
    out, _ = steady
    assert invoke("report", out).exit_code == 0
    assert "with errors of 0.05" in (out / "report.html").read_text()


def test_a_search_without_errors_does_not_go_on_in_its_directory(steady, invoke, tiny):
    out, _ = steady
    said = run(invoke, tiny, out)
    assert said.exit_code == 2 and "errors" in said.stderr


@pytest.mark.parametrize("errors", [-0.1, "nan", "much"])
def test_what_is_no_error_is_refused(invoke, tiny, errors):
    said = invoke("run", tiny, "--errors", errors)
    assert said.exit_code == 2 and "errors" in said.stderr


def test_all_published_designs_are_verified_without(invoke):
    said = invoke("verify", "--all", "--errors", 0.1)
    assert said.exit_code == 2 and "takes no" in said.stderr
