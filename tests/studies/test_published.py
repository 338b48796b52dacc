"""Published designs: readable, complete, and true in the reference solver."""

import dataclasses
import shutil

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import judge
from invdesign.io._reading import read_toml
from invdesign.studies import best_known
from invdesign.studies._identity import task_digest
from invdesign.studies._published import (
    Published,
    _record,
    enter,
    published_designs,
    tolerance,
    write_reference,
)
from invdesign.studies._registry import load_task
from invdesign.studies._resolve import reference_for

DESIGNS = published_designs()
BEST = [best_known(name) for name in dict.fromkeys(design.task for design in DESIGNS)]
NEW = Published("contain", "2:0", (0.1, -1e-7), 0.9, 0.05, 'c"m\\a', "reference", "A. B. é")


def label(design):
    return f"{design.task}-{design.optimizer}-{design.through}"


def test_every_family_has_a_design():
    assert {"contain", "ramp", "maze", "airfoil", "flick", "ks-steer"} <= {b.task for b in BEST}
    assert best_known("no such task") is None


def test_the_best_comes_first():
    for best in BEST:
        mine = [design for design in DESIGNS if design.task == best.task]
        assert mine[0] == best == min(mine, key=lambda design: (bool(design.missed), -design.score))


@pytest.mark.parametrize("design", DESIGNS, ids=label)
def test_a_record_is_a_design_of_its_task(design):
    task = load_task(design.task)
    # Shares of the water, or lift over drag.
    low, high = (20.0, 45.0) if design.task.startswith("airfoil") else (0.2, 1.0)
    assert low < design.score <= high
    latent = task.space.encode(jnp.asarray(design.parameters))
    assert latent.shape == (task.space.size,)
    again = np.asarray(task.space.decode(latent).parameters)
    np.testing.assert_allclose(again, design.parameters, atol=2e-5)


@pytest.mark.parametrize("best", BEST, ids=lambda best: best.task)
def test_a_record_is_of_the_task_as_it_is(best):
    """Tasks hold no code of their own, so that their checksums are the same everywhere."""
    assert best.task_digest == task_digest(load_task(best.task))


@pytest.mark.slow
@pytest.mark.parametrize("best", BEST, ids=lambda best: best.task)
def test_the_solver_says_the_same_again(best):
    if best.task.startswith("airfoil") and shutil.which("simpleFoam") is None:
        pytest.skip("OpenFOAM is not installed")
    task = load_task(best.task)
    latent = task.space.encode(jnp.asarray(best.parameters))
    score = judge(latent, task, reference_for(task)).score
    assert abs(score - best.score) <= tolerance(best.score, best.spread)


def test_a_design_that_is_entered_is_read_again(tmp_path):
    path = tmp_path / "contain" / "reference.toml"
    path.parent.mkdir()
    path.write_text("# One.\n# Two.\n\n[[found]]\noptimizer = 'a'\nseeds = 3\nx = 1e-9\n")
    missed = dataclasses.replace(NEW, score=0.99, missed={"lift": 1e-3}, by="C")
    worse, better = (dataclasses.replace(NEW, score=score) for score in (0.8, 0.95))
    other = dataclasses.replace(NEW, task="contain-48", seed=3, model="m", fine_score=0.5)
    for design in (NEW, missed, other):
        assert enter(path, design) is None
    before = path.read_bytes()
    assert enter(path, worse) == NEW and enter(path, NEW) == NEW
    assert path.read_bytes() == before
    assert published_designs(tmp_path) == [NEW, missed, other]
    assert enter(path, better) is None
    assert published_designs(tmp_path) == [better, missed, other]
    assert path.read_text().startswith("# One.\n# Two.\n\n[[designs]]\n")
    assert read_toml(path)["found"] == [{"optimizer": "a", "seeds": 3, "x": 1e-9}]
    write_reference(path, found=[{"name": "b", "drag": 0.5}], head="# Three.")
    assert path.read_text().startswith("# Three.\n")
    assert published_designs(tmp_path) == [better, missed, other]
    assert read_toml(path)["found"] == [{"name": "b", "drag": 0.5}]


TEXT = (
    "[[designs]]\nparameters=[1]\nscore=1\nspread=0\noptimizer='a'\nthrough='learned'\nby='b'\n"
    "task_digest='2:0'\n"
)


def test_of_designs_that_score_alike_the_finer_solver_says_which_leads():
    scores = [None, 0.7, 0.9]
    alike = [dataclasses.replace(NEW, fine_score=fine, by=str(fine)) for fine in scores]
    better = dataclasses.replace(NEW, score=NEW.score + 0.01, fine_score=0.1)
    ranked = sorted([*alike, better], key=lambda design: design.rank)
    assert [design.fine_score for design in ranked] == [0.1, 0.9, 0.7, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[designs]]\ntask = 'contain'\n", "missing required field"),
        ("designs = 3", r"`\$.designs`: expected `array`"),
        (TEXT + "task = 3", r"`\$.designs\[0\].task`: expected `str`"),
        (
            TEXT.replace("[1]", "[nan]") + "task = 'a'",
            r"parameters\[0\]`: expected a finite number",
        ),
        (TEXT + "task = 'a'\nseed = -1", "expected `int` >= 0"),
        (TEXT.replace("spread=0", "spread=-1") + "task = 'a'", "expected `float` >= 0"),
        (TEXT.replace("'learned'", "'luck'") + "task = 'a'", "invalid enum value 'luck'"),
    ],
)
def test_a_malformed_record_is_refused(tmp_path, monkeypatch, text, message):
    (tmp_path / "contain").mkdir()
    (tmp_path / "contain" / "reference.toml").write_text(text)
    monkeypatch.setattr(_record, "tasks_dir", lambda: tmp_path)
    with pytest.raises(ValueError, match=rf"reference\.toml`.*{message}"):
        best_known("contain")


@pytest.mark.parametrize(("spread", "within"), [(None, 0.02), (0.0, 0.02), (0.1, 0.1), (1.5, 0.2)])
def test_a_number_may_be_off_by_its_spread(spread, within):
    assert tolerance(2.0, spread) == tolerance(-2.0, spread) == pytest.approx(within)
