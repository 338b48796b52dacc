"""Comparisons of what sweeps left, on a bowl that costs nothing."""

import csv
import dataclasses
import json
import shutil

import equinox as eqx
import jax
import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from invdesign import judge
from invdesign.cli import app
from invdesign.io import read_run_directory
from invdesign.io._sealed import read_sealed, write_sealed
from invdesign.reference import Simulated
from invdesign.studies import InProcess, RunConfig, run_design, seeded_start, sweep
from invdesign.studies._champions import read_all_champions
from invdesign.studies._comparison import (
    _judges,
    compare,
    judge_champions,
    write_comparison,
)
from invdesign.studies._comparison._draw import shown_labels
from invdesign.studies._comparison._improvement import probability_of_improvement
from invdesign.studies._comparison._judges import MARKS, Judges, wanted_iterations
from invdesign.studies._comparison._profile import performance_profile
from invdesign.studies._comparison._rows import DISTANCE, spread
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers import Effort, contestant
from invdesign.studies._sweep._executors._messages import Began, Failed, Finished
from invdesign.studies._sweep._run_status import Place

from .bowl import PROBLEM, TASK, Still

BUDGET = 512.0
JUDGES = Judges(TASK, Simulated(Still()), Simulated(Still(0.25)))
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
    known |= {"task_digest": task_digest(TASK)}
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
    return compare(swept)


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


def test_what_runs_say_of_themselves_is_said_once(swept, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(swept, out)
    for path in out.glob("bowl-adam-*/verification.json"):
        result = read_sealed(path)
        write_sealed(path, {**result, "notes": ["It may be poor."], DISTANCE: 2.5})
    found = compare(out)
    assert "bowl-adam-0, bowl-adam-1, bowl-adam-2: It may be poor." in found.notes
    rows = {row.label: row.distance for row in found.tables[0].rows}
    assert rows == {"adam": 2.5, "random": None}


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
    everyone = compare(compared.out, target=-1.0).tables[0].rows
    assert [row.successes for row in everyone] == [row.runs for row in everyone]
    nobody = compare(compared.out, target=2.0).tables[0].rows
    assert all(row.successes == 0 and row.seconds_to_target == np.inf for row in nobody)


def test_unequal_budgets_are_compared_at_the_smallest(tmp_path):
    study = {"tasks": ["bowl"], "optimizers": ["adam"], "seeds": [0, 1]}
    study |= {"product": {"budget": [64.0, BUDGET]}}
    sweep(study, tmp_path / "out", executor=InProcess(perform))
    found = compare(tmp_path / "out")
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
    # Judged there, too, both are known, and are the same.
    judge_champions(tmp_path / "out", judges=lambda config: JUDGES)
    found = compare(tmp_path / "out")
    small, large = sorted(found.tables[0].rows, key=lambda row: row.label)
    assert (small.judged, large.judged) == (2, 2) and small.reference == large.reference
    assert "found other" not in " ".join(found.notes)
    assert "no run of random search is finished" in said


def test_champions_along_the_budget_are_judged_once_and_go_on(swept, tmp_path, monkeypatch):
    out = tmp_path / "out"
    shutil.copytree(swept, out)
    (table,) = compare(out).tables
    wanted = sum(len(wanted_iterations(each, table.budget)) for each in table.contests)
    assert wanted > 5
    made = []

    def counted(latent, task, reference):
        if len(made) == 6 and "again" not in made:
            raise KeyboardInterrupt
        made.append(reference)
        return judge(latent, task, reference)

    monkeypatch.setattr(_judges, "judge", counted)
    with pytest.raises(KeyboardInterrupt):
        judge_champions(out, judges=lambda config: JUDGES)
    made.append("again")
    judge_champions(out, judges=lambda config: JUDGES)
    assert len(made) == 2 * wanted + 1
    judge_champions(out, judges=lambda config: JUDGES)
    assert len(made) == 2 * wanted + 1
    (table,) = compare(out).tables
    for each in table.contests:
        latents = read_all_champions(read_run_directory(out / each.name))
        for share in MARKS:
            end = each.at(share * table.budget)
            known = each.known(end)
            found = judge(latents[end], TASK, Simulated(Still(0.25))).score
            # The last one is judged as `design.json` has it, rounded.
            assert known.reference_score == pytest.approx(found, abs=1e-6)
    (path,) = out.glob("bowl-adam-0/judged.json")
    path.write_text(path.read_text().replace("0.", "1.", 1))
    with pytest.raises(ValueError, match=r"judged\.json` was altered"):
        compare(out)


def test_a_task_that_is_a_file_is_run_only_if_it_is_typed(swept, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(swept, out)
    record = read_sealed(out / "study.json")
    source = str(tmp_path / "mine.py:task")
    for config in record["runs"].values():
        config["task"] = source
    write_sealed(out / "study.json", record)
    with pytest.raises(ValueError, match="code is not run because a folder names it"):
        judge_champions(out, judges=lambda config: JUDGES)
    judge_champions(out, judges=lambda config: JUDGES, trusted=[source])
    other = eqx.tree_at(lambda task: task.unseen, TASK, 2 * TASK.unseen)
    for path in out.glob("*/judged.json"):
        path.unlink()
    with pytest.raises(ValueError, match="has changed since"):
        changed = dataclasses.replace(JUDGES, task=other)
        judge_champions(out, judges=lambda config: changed, trusted=[source])


def test_performance_profiles():
    thresholds = np.array([-1.0, 0.5, 1.5, 9.0])
    share, low, high = performance_profile([0.0, 1.0, 2.0, 3.0], thresholds)
    np.testing.assert_allclose(share, [1.0, 0.75, 0.5, 0.0])
    assert (low <= share).all() and (share <= high).all() and high[2] - low[2] > 0.5
    assert low[0] == high[0] == 1.0 and low[3] == high[3] == 0.0


def test_more_rows_than_a_figure_shows_leave_the_best_and_random_search(swept):
    (table,) = compare(swept).tables
    (random,) = (row for row in table.rows if row.label == "random")
    rows = [dataclasses.replace(random, label=f"other-{n}") for n in range(8)] + [random]
    shown = shown_labels(dataclasses.replace(table, rows=rows))
    assert shown == [f"other-{n}" for n in range(5)] + ["random"]


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
    assert (compared.out / "comparison.svg").read_text().startswith("<?xml")
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
    refused = invoke("compare", "contain-lite", "--task", "mine.py:task")
    assert refused.exit_code == 2 and "`--task` has no effect on" in refused.stderr


def test_a_folder_without_a_finished_run_has_no_comparison(tmp_path):
    def failing(order, tell):
        tell(Began(order.name, Place("none", 1)))
        tell(Finished(order.name, {}) if order.check else Failed(order.name, "it", ""))

    sweep(STUDY, tmp_path / "out", executor=InProcess(failing))
    with pytest.raises(ValueError, match="holds no finished run yet"):
        compare(tmp_path / "out")
    with pytest.raises(ValueError, match="holds no sweep"):
        compare(tmp_path / "nowhere")
