"""What a command says of a search, in each way."""

import json
import math
import shutil

import pytest

from invdesign.cli._progress import Log, RunProgress
from invdesign.studies._event_files import EventFiles
from invdesign.studies._pace import Pace


def row(iteration, seconds, **more):
    steps = 100 * (iteration + 1)
    return {
        "iteration": iteration,
        "value": 0.5,
        "best_value": 0.25,
        "score": 0.75,
        "gradient_norm": 0.125,
        "simulator_steps": steps,
        "charged_steps": 5.0 * steps,
        "seconds": seconds,
        "latent": object(),
        **more,
    }


@pytest.mark.parametrize(("key", "total"), [("iteration", 10), ("charged_steps", 5000.0)])
def test_the_pace_leaves_compilation_out(key, total):
    pace = Pace(total, key)
    pace.look(row(0, 60.0))
    assert pace.rate is None and pace.seconds_left is None and pace.share == pytest.approx(0.1)
    for index in range(1, 5):
        pace.look(row(index, 60.0 + 2.0 * index))
    assert pace.rate == pytest.approx(50.0)
    assert pace.seconds_left == pytest.approx(10.0)
    assert pace.share == pytest.approx(0.5)


def test_the_pace_follows_a_search_that_slows_down_and_one_that_begins_anew():
    pace = Pace(100, "iteration")
    for index in range(40):
        pace.look(row(index, index + 9.0 * max(index - 20, 0)))
    assert pace.rate == pytest.approx(10.0)
    pace.look(row(0, 1.0))
    assert pace.rate is None


def test_lines_of_json(capsys):
    with RunProgress(4, "iteration", Log.JSON) as progress:
        progress.phase("search")
        progress.row(row(0, 10.0, score=math.nan))
        progress.row(row(1, 12.0, outcome="successful"))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[0] == {"phase": "search"}
    assert lines[1]["score"] is None and lines[1]["steps_per_second"] is None
    assert lines[2]["gradient_norm"] == 0.125 and lines[2]["outcome"] == "successful"
    assert lines[2]["steps_per_second"] == 50.0 and lines[2]["seconds_left"] == 4.0
    assert lines[2]["share"] == 0.5 and "latent" not in lines[2]


def test_a_line_now_and_then(capsys):
    with RunProgress(4, "iteration") as progress:
        progress.phase("search")
        progress.spoke = -1e9
        progress.row(row(0, 10.0))
        progress.spoke = -1e9
        progress.row(row(1, 12.0))
        progress.row(row(2, 14.0))
        progress.spoke = -1e9
        progress.row(row(3, 16.0, gradient_norm=math.nan))
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "search" and len(said) == 4
    assert "value 0.25  score 0.75  gradient 0.125" in said[1] and "steps/s" not in said[1]
    assert "50 steps/s  4 s left at most" in said[2]
    assert "gradient" not in said[3]


def test_none_says_nothing(capsys):
    with RunProgress(4, "iteration", Log.NONE) as progress:
        progress.phase("search")
        progress.spoke = -1e9
        progress.row(row(0, 10.0))
    assert capsys.readouterr() == ("", "")


def test_event_files_of_a_run_that_is_finished(finished, tiny, weights, invoke, tmp_path):
    """As `--tensorboard` leaves them: a row an iteration, however often it is called."""
    out, said = finished
    copy = shutil.copytree(out, tmp_path / "copy")
    command = ("run", tiny, "--model", weights, "--steps", 2, "--out", copy, "--tensorboard")
    for _ in range(2):
        result = invoke(*command, "--log", "json")
        assert result.exit_code == 0, result.stderr
        assert all(json.loads(line) for line in result.stderr.splitlines() if line[0] == "{")
        assert len(EventFiles(copy).written) == said["iterations"]
    assert len(list(copy.glob("events.*"))) == 1
