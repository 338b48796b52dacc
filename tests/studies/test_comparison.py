"""Comparisons of what sweeps left, on a bowl that costs nothing."""

import csv
import json

import jax
import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from invdesign.cli import app
from invdesign.reference import Simulated
from invdesign.studies import InProcess, RunConfig, run_design, seeded_start, sweep
from invdesign.studies._comparison import compare_study, write_comparison
from invdesign.studies._comparison._improvement import probability_of_improvement
from invdesign.studies._comparison._rows import spread
from invdesign.studies._optimizers import Effort, contestant
from invdesign.studies._sweep._executors._messages import Began, Failed, Finished
from invdesign.studies._sweep._run_status import Place

from .test_compare import PROBLEM, TASK, Still

BUDGET = 512.0
STUDY = {"tasks": ["bowl"], "optimizers": ["adam", "random"], "seeds": [0, 1, 2], "budget": BUDGET}


def perform(order, tell):
    """A run on the bowl; the last one of random search fails."""
    tell(Began(order.name, Place("none", 1 + order.name.endswith("1"))))
    if order.check:
        tell(Finished(order.name, {}))
        return
    if order.name == "bowl-random-2":
        tell(Failed(order.name, "the cause", ""))
        return
    config = msgspec.convert(order.config, RunConfig)
    effort = Effort(steps=config.steps, budget=config.budget, population=None)
    player = contestant(config.optimizer, PROBLEM, effort)
    known = {"task": TASK.name, "optimizer": player.name, "seed": config.seed}
    known |= {"simulator": "learned", "budget": config.budget, "steps": config.steps}
    result = run_design(
        order.folder,
        known,
        PROBLEM,
        player.optimizer,
        reference=Simulated(Still(0.25)),
        key=jax.random.key(config.seed),
        max_steps=config.steps,
        budget=config.budget,
        initial=seeded_start(TASK.space, config.seed),
        pictures=False,
    )
    tell(Finished(order.name, {"score": result["score"]}))


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    out = tmp_path_factory.mktemp("comparison") / "out"
    sweep(STUDY, out, executor=InProcess(perform))
    return out


@pytest.fixture(scope="module")
def compared(swept):
    return compare_study(swept)


def invoke(*words):
    return CliRunner().invoke(app, ["--no-cache", *map(str, words)])


def results(out, optimizer):
    paths = sorted(out.glob(f"*{optimizer}*/verification.json"))
    return [json.loads(path.read_text()) for path in paths]


def test_a_row_holds_medians_and_quartiles_of_its_runs(swept, compared):
    (table,) = compared.tables
    assert table.task == "bowl" and table.budget == BUDGET
    assert {row.label: (row.runs, row.of) for row in table.rows} == {
        "adam": (3, 3), "random": (2, 3),
    }  # fmt: skip
    for row in table.rows:
        runs = results(swept, row.label)
        scores = [run["reference_score_mean"] for run in runs]
        assert row.reference.median == pytest.approx(np.median(scores)) and row.judged == row.runs
        assert row.reference.low == pytest.approx(np.percentile(scores, 25))
        assert row.score.median == pytest.approx(np.median([run["score"] for run in runs]))
        assert row.steps == np.median([run["charged_steps"] for run in runs]) <= BUDGET
        assert 0 < row.stood <= 1 and row.gap is None


def test_every_run_that_is_not_in_it_is_named(compared):
    assert (compared.finished, compared.total) == (5, 6)
    assert "1 failed, left out: bowl-random-2 (the cause)" in compared.notes
    assert any("different places" in note for note in compared.notes)


def test_the_target_is_what_random_search_comes_to(compared):
    (table,) = compared.tables
    rows = {row.label: row for row in table.rows}
    assert table.target == pytest.approx(rows["random"].training.median)
    assert rows["random"].successes == 1  # of two, of which the median is the mean
    reached = []
    for each in (each for each in table.contests if each.label == "adam"):
        steps, scores = each.history["charged_steps"], each.history["score"]
        reached.append(min(steps[scores >= table.target], default=np.inf))
    assert rows["adam"].steps_to_target == sorted(reached)[1]
    assert rows["adam"].successes == np.isfinite(reached).sum()
    everyone = compare_study(compared.out, target=-1.0).tables[0].rows
    assert [row.successes for row in everyone] == [row.runs for row in everyone]
    nobody = compare_study(compared.out, target=2.0).tables[0].rows
    assert all(row.successes == 0 and row.seconds_to_target == np.inf for row in nobody)


def test_unequal_budgets_are_compared_at_the_smallest(tmp_path):
    study = {"tasks": ["bowl"], "optimizers": ["adam"], "seeds": [0, 1]}
    study |= {"product": {"budget": [64.0, BUDGET]}}
    sweep(study, tmp_path / "out", executor=InProcess(perform))
    found = compare_study(tmp_path / "out")
    (table,) = found.tables
    assert table.budget == 64.0
    rows = {row.label: row for row in table.rows}
    assert rows.keys() == {"adam, budget=64.0", "adam, budget=512.0"}
    small, large = rows["adam, budget=64.0"], rows["adam, budget=512.0"]
    # The same descent from the same starts: the same scores where both are known.
    assert small.training == large.training and small.steps == large.steps <= 64
    assert (small.judged, large.judged) == (2, 0)
    said = " ".join(found.notes)
    assert "budgets go from 64 to 512 charged steps; all is told at 64" in said
    assert "beyond 64 steps bowl-adam-budget=512.0-0, bowl-adam-budget=512.0-1 found other" in said
    assert "no run of random search is finished" in said


def test_tables_are_written_for_people_and_programs(compared):
    paths = write_comparison(compared)
    assert {path.name for path in paths} == {
        f"comparison.{end}" for end in ("csv", "md", "tex", "json", "png", "svg")
    }
    (table,) = compared.tables
    with open(compared.out / "comparison.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == [row.label for row in table.rows]
    assert float(rows[0]["reference_median"]) == table.rows[0].reference.median
    text = (compared.out / "comparison.md").read_text()
    assert "5 of 6 runs are finished" in text and "the cause" in text and "| 2 of 3 |" in text
    latex = (compared.out / "comparison.tex").read_text()
    assert r"2 of 3 & " in latex and r"\%" in latex and latex.count(r"\\") == 3


def test_the_probability_of_improvement():
    low, high = np.arange(5.0), np.arange(5.0) + 10
    assert probability_of_improvement([high], [low]) == (1.0, 1.0, 1.0)
    assert probability_of_improvement([low], [high]) == (0.0, 0.0, 0.0)
    assert probability_of_improvement([low], [low])[0] == 0.5
    rng, hits = np.random.default_rng(0), 0
    for _ in range(20):
        x, y = rng.normal(1.0, 1.0, 40), rng.normal(0.0, 1.0, 30)
        mean, least, most = probability_of_improvement([x], [y])
        assert least < mean < most and most - least < 0.3
        # Of two normal distributions a standard deviation apart: Phi(1 / sqrt(2)).
        hits += least < 0.7602 < most
    assert hits >= 17
    assert mean + probability_of_improvement([y], [x])[0] == pytest.approx(1.0)
    both = probability_of_improvement([x, low], [y, high])[0]
    assert both == pytest.approx(mean / 2)


def test_quartiles_of_nothing_are_nothing():
    assert np.isnan(spread([]).median) and spread([1.0, np.nan]).median == 1.0


def test_the_command(swept):
    result = invoke("compare", swept)
    assert result.exit_code == 0 and "5 of 6 runs are finished" in result.stdout
    assert "left out: bowl-random-2 (the cause)" in result.stderr
    said = json.loads(invoke("compare", swept, "--json").stdout.splitlines()[-1])
    assert said["finished"] == 5 and len(said["tasks"][0]["rows"]) == 2
    refused = invoke("compare", swept, "--budget", 100)
    assert refused.exit_code == 2 and "`--budget` has no effect on" in refused.stderr
    assert invoke("compare", "contain-lite", "--target", 0.5).exit_code == 2


def test_a_folder_without_a_finished_run_has_no_comparison(tmp_path):
    def failing(order, tell):
        tell(Began(order.name, Place("none", 1)))
        tell(Finished(order.name, {}) if order.check else Failed(order.name, "it", ""))

    sweep(STUDY, tmp_path / "out", executor=InProcess(failing))
    with pytest.raises(ValueError, match="holds no finished run yet"):
        compare_study(tmp_path / "out")
    with pytest.raises(ValueError, match="holds no sweep"):
        compare_study(tmp_path / "nowhere")
