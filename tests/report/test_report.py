"""Reports, from directories made by hand."""

import base64
import hashlib
import json
import re
import shutil
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from typer.testing import CliRunner

from invdesign.cli import app
from invdesign.cli._last_page import last_page
from invdesign.studies import report
from invdesign.studies._comparison import compare
from invdesign.studies._report import _page, _report
from invdesign.studies._report._curves import _band, _judged, _medians
from invdesign.studies._report._study_page import finished_runs
from invdesign.viz.exhibit import Discs, Panel, Replay
from invdesign.viz.exhibit._packed import held, packed, unpacked

from .made import EVIL, LEFT, made, swept, water

REPLAYS = {"water2d": [3], "elastic": [2], "ks": [4], "airfoil": [1, 2]}
MOMENTS = {"water2d": [41], "elastic": [21], "ks": [11], "airfoil": [3, 1]}


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.scripts, self.data, self.attributes = [], [], [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, *pair) for pair in attrs]
        self.open.append((tag, dict(attrs)))
        self.said = ""

    def handle_endtag(self, tag):
        if tag == "script":
            kind = self.open[-1][1].get("type")
            if kind == "application/json":
                self.data[self.open[-1][1]["id"]] = json.loads(self.said)
            else:
                self.scripts.append(self.said)
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        if self.open and self.open[-1][0] == "script":
            self.said += text
        elif self.open and self.open[-1][0] != "style":
            self.texts.append(text)


def read(path):
    return Page(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "study"
    swept(out)
    return out


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made(tmp_path_factory.mktemp("report") / "run").path


@pytest.fixture(scope="module")
def said(run):
    """What the command says, and what it opens."""
    opened = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("webbrowser.open", opened.append)
        result = CliRunner().invoke(app, ["report", str(run), "--open", "--json"])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1]), opened


@pytest.fixture(scope="module")
def page(run, said):
    return read(run / "report.html")


@pytest.fixture(scope="module")
def study_page(study):
    return read(report(study))


@pytest.mark.parametrize("family", LEFT)
def test_every_family_shows_its_frames(tmp_path, family):
    """From the files alone: there is no task of this name, and no simulator is made."""
    page = read(report(made(tmp_path / "run", family, task="none-such").path))
    replays = [page.data[key] for key in sorted(page.data) if key.startswith("replay-")]
    assert [len(each["panels"]) for each in replays] == REPLAYS[family]
    assert [len(each["times"]) for each in replays] == MOMENTS[family]
    for each in replays:
        for layer in (layer for panel in each["panels"] for layer in panel["layers"]):
            for value in layer.values():
                if isinstance(value, dict):
                    assert np.isfinite(unpacked(value)).all()


def test_the_water_is_where_it_was(page):
    panels = page.data["replay-0"]["panels"]
    discs = next(layer for layer in panels[0]["layers"] if layer["kind"] == "discs")
    place = unpacked(discs["position"])
    assert place.shape == (41, 25, 2)
    np.testing.assert_allclose(place[0, 0], [0.4, 0.4], atol=1e-4)
    np.testing.assert_allclose(
        place[-1] - place[0], np.broadcast_to([0.1, -0.3], (25, 2)), atol=2e-4
    )
    assert page.data["replay-0"]["times"][-1] == pytest.approx(0.4)
    readings = panels[2]["readings"]
    assert readings[29].endswith("in the goal") and readings[-1] == "failed at frame 30"
    assert "the simulation `reference` failed after 30 of 41 frames" in "`".join(page.texts)


def test_what_is_packed_comes_back():
    rng = np.random.default_rng(0)
    array = np.cumsum(rng.normal(size=(50, 7, 2)), axis=0)
    found = packed(array)
    np.testing.assert_allclose(unpacked(found), array, atol=0.51 * found["step"])
    assert found["step"] == pytest.approx(np.ptp(array) / 8191)
    np.testing.assert_array_equal(unpacked(packed(np.full((3, 2), 4.0))), 4.0)
    array[20:] = np.nan
    np.testing.assert_array_equal(held(array)[20:], np.broadcast_to(array[19], (30, 7, 2)))
    np.testing.assert_array_equal(held(np.full((2, 3), np.nan)), 0.0)


def test_long_simulations_are_thinned(tmp_path):
    path = np.linspace(0, 1, 1000)[:, None, None] * np.ones((1, 1, 2))
    panel = Panel(
        "x", [Discs(path, 0.1)], np.zeros(2), np.ones(2), readings=list(map(str, range(1000)))
    )
    found = Replay("x", [panel], dt=0.1).described()
    assert len(found["times"]) == 241
    assert (found["times"][0], found["times"][-1]) == (0.0, pytest.approx(99.9))
    assert found["panels"][0]["readings"][-1] == "999"
    place = unpacked(found["panels"][0]["layers"][0]["position"])
    np.testing.assert_allclose(place[:, 0, 0], np.asarray(found["times"]) / 99.9, atol=1e-3)


def test_large_simulations_are_thinned_further():
    drops = Discs(np.zeros((100, 20_000, 2)), 0.1)
    found = Replay("x", [Panel("x", [drops], np.zeros(2), np.ones(2))]).described()
    assert len(found["times"]) == 50  # two million numbers


def test_nothing_of_a_run_is_markup(tmp_path):
    evil = {"task": EVIL, "optimizer": '"><img src=x onerror=alert(2)>', "task_source": EVIL}
    options = {
        "options": {f"a{EVIL}": "</script><script>alert(3)</script>"},
        "packages": {EVIL: EVIL},
    }
    run = made(tmp_path / "run", notes=[f"a note </textarea>{EVIL}"], **evil, **options)
    text = report(run.path).read_text("utf-8")
    page = Page(text)
    assert "alert" not in "".join(page.scripts).replace("alertdialog", "")
    assert EVIL in page.texts and EVIL not in text
    assert not [a for a in page.attributes if a[1].startswith("on") or a[0] == "img"]


def test_only_the_page_s_own_scripts_may_run(page, study_page):
    for each in (page, study_page):
        policy = next(v for _, key, v in each.attributes if key == "content" and "-src" in v)
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["default-src"] == "'none'" and rules["style-src"] == "'unsafe-inline'"
        sums = [
            base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in each.scripts
        ]
        assert rules["script-src"].split() == [f"'sha256-{each}'" for each in sums]
        assert "connect-src" not in rules and len(sums) == 3
        outside = [a for a in each.attributes if a[1] in ("src", "href") and ":" in a[2]]
        assert outside == []


def test_a_run_s_page_says_what_it_came_to(page):
    text = " ".join(page.texts)
    for words in (
        "0.65",
        "reference solver",
        "is missed by 0.25",
        "all was made",
        "options.joints",
    ):
        assert words in text
    charts = [item["target_id"] for item in page.data["charts"]]
    assert charts == ["search-value", "search-score", "search-gradient"]


def test_a_run_that_is_not_finished_has_a_page(tmp_path):
    run = made(tmp_path / "run", finished=False)
    page = read(report(run.path))
    assert "not finished" in page.texts and "charts" in page.data and "replay-0" not in page.data


def test_a_run_of_a_family_that_is_not_installed_has_a_page(tmp_path):
    page = read(report(made(tmp_path / "run", "unheard-of", left=water).path))
    text = "".join(page.texts)
    assert "the family unheard-of is not installed here" in text and "replay-0" not in page.data


def test_a_study_s_page_compares_and_names_every_run(study, study_page, monkeypatch):
    page = study_page
    text = " ".join(page.texts)
    assert "3 finished" in text and f"the cause {EVIL}" in page.texts
    charts = ["scores-0", "along-0", "ends-0", "shares-0"]
    assert [item["target_id"] for item in page.data["charts"]] == charts
    assert next(d for k, d in page.data.items() if k.startswith("replay"))["title"].endswith(
        "from contain-lite-adam-1"
    )  # the best one
    links = [value for tag, key, value in page.attributes if key == "href"]
    assert links == []
    names = finished_runs(study)
    assert names == ["contain-lite-adam-0", "contain-lite-adam-1", "contain-lite-random-0"]
    monkeypatch.setattr(_report, "finished_runs", lambda folder: names[:1])  # one takes long enough
    page = read(report(study, runs=True))
    links = [value for tag, key, value in page.attributes if key == "href"]
    assert links == [f"{names[0]}/report.html"] and (study / links[0]).is_file()


def test_the_band_is_the_quartiles_of_the_runs(study):
    table = compare(study).tables[0]
    mine = [each for each in table.contests if each.optimizer == "adam"]
    band = _band(mine, ["charged_steps"], table.budget)
    scores = np.stack([each.history["score"] for each in mine])
    for place, column in ((0, 0), (-1, -1)):
        low, median, high = np.percentile(scores[:, column], [25, 50, 75])
        assert band["low@charged_steps"][place] == pytest.approx(low)
        assert band["y@charged_steps"][place] == pytest.approx(median)
        assert band["high@charged_steps"][place] == pytest.approx(high)
    assert band["x@charged_steps"][-1] == mine[0].history["charged_steps"][-1]


def test_medians_in_the_solver_are_of_what_all_runs_know(study):
    table = compare(study).tables[0]
    mine = [each for each in table.contests if each.optimizer == "adam"]
    points = [_judged(each, ["charged_steps"], table.budget) for each in mine]
    assert [list(one) for one in points] == [[0.25, 0.5, 1.0]] * 2
    found = _medians(points, ["charged_steps"], "adam")
    assert found["x@charged_steps"] == [300.0, 600.0, 1200.0]
    assert found["y"] == pytest.approx([0.805, 1.005, 0.755])
    del points[0][0.5]
    assert _medians(points, ["charged_steps"], "adam")["x@charged_steps"] == [300.0, 1200.0]


def test_the_command_writes_it(run, said):
    found, opened = said
    assert found["report"] == str(run / "report.html")
    assert found["bytes"] == (run / "report.html").stat().st_size < 2_000_000
    assert opened == [(run / "report.html").resolve().as_uri()]


def damage(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "name", ["history.csv", "trajectory.npz", "verification.json", "config.json"]
)
def test_a_damaged_file_is_named(run, tmp_path, name):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "report.html").unlink(missing_ok=True)
    damage(copy / name)
    said = CliRunner().invoke(app, ["report", str(copy)])
    assert said.exit_code == 2 and re.match(rf"Error: `{copy / name}`", said.stderr), said.stderr
    assert not (copy / "report.html").exists()


def test_what_is_neither_is_refused(tmp_path, run):
    said = CliRunner().invoke(app, ["report", str(run), "--runs"])
    assert said.exit_code == 2 and "is no sweep" in said.stderr
    for folder in (tmp_path, tmp_path / "none"):
        said = CliRunner().invoke(app, ["report", str(folder)])
        assert said.exit_code == 2 and "run directory" in said.stderr


def test_without_bokeh_it_says_how_to_get_it(run, tmp_path, monkeypatch, capsys):
    run = shutil.copytree(run, tmp_path / "copy")
    (run / "report.html").unlink(missing_ok=True)
    monkeypatch.setitem(sys.modules, "bokeh", None)
    said = CliRunner().invoke(app, ["report", str(run)])
    assert said.exit_code == 2
    assert said.stderr == (
        "Error: `bokeh` is not installed; `pip install 'invdesign[report]'` brings it.\n"
    )
    assert last_page(run) is None
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and err.startswith("Note: there is no report") and "pip" in err
    assert not (run / "report.html").exists()


def test_a_page_that_is_newer_stays(tmp_path):
    (tmp_path / "verification.json").touch()
    page = tmp_path / "report.html"
    page.write_text("mine")
    assert last_page(tmp_path, since="verification.json") == str(page)
    assert page.read_text() == "mine"


def test_the_citation_is_of_this_version():
    assert f"version: {_page.__version__}\n" in _page._citation()["file"]
