"""The record of the best known designs: readable, complete, and true in the reference solver."""

import shutil

import jax.numpy as jnp
import pytest

from invdesign import judge
from invdesign.io._resources import tasks_dir
from invdesign.studies import _best_known, best_known, load_task, reference_for

RECORDED = sorted(path.parent.name for path in tasks_dir().glob("*/reference.toml"))


def test_there_are_records():
    assert RECORDED and best_known("no such task") is None


@pytest.mark.parametrize("name", RECORDED)
def test_a_record_is_a_design_of_its_task(name):
    task, known = load_task(name), best_known(name)
    assert known is not None and known.task == name
    # Shares of the water, or lift over drag.
    low, high = (25.0, 40.0) if name == "airfoil" else (0.5, 1.0)
    assert low < known.score <= high
    assert known.through in ("learned", "reference")
    latent = task.space.encode(jnp.asarray(known.parameters))
    assert latent.shape == (task.space.size,)


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDED)
def test_the_solver_says_the_same_again(name):
    """On another machine splashing water takes other turns: within a tenth."""
    if name == "airfoil" and shutil.which("simpleFoam") is None:
        pytest.skip("OpenFOAM is not installed")
    task, known = load_task(name), best_known(name)
    assert known is not None
    latent = task.space.encode(jnp.asarray(known.parameters))
    assert abs(judge(latent, task, reference_for(task)).score - known.score) < 0.1


BEST = "[best]\nparameters=[1]\nscore=1\noptimizer='a'\nthrough='learned'\nseed=0\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[best]\ntask = 'contain'\n", "missing required field"),
        ("best = 3", r"`\$.best`: expected `object`"),
        (BEST + "task = 3", r"`\$.best.task`: expected `str`"),
        (
            BEST.replace("[1]", "[nan]") + "task = 'a'",
            r"parameters\[0\]`: expected a finite number",
        ),
        (BEST.replace("seed=0", "seed=-1") + "task = 'a'", "expected `int` >= 0"),
        (BEST.replace("'learned'", "'luck'") + "task = 'a'", "invalid enum value 'luck'"),
    ],
)
def test_a_malformed_record_is_refused(tmp_path, monkeypatch, text, message):
    (tmp_path / "contain").mkdir()
    (tmp_path / "contain" / "reference.toml").write_text(text)
    monkeypatch.setattr(_best_known, "tasks_dir", lambda: tmp_path)
    with pytest.raises(ValueError, match=rf"reference\.toml`.*{message}"):
        best_known("contain")
