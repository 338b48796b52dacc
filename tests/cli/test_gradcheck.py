"""`gradcheck` on a task of a few particles, through the solver and an untrained model."""

import json
import sys

import jax
import jax.numpy as jnp
import pytest

from invdesign import ClippedAdjoint
from invdesign.studies._gradcheck import GradientCheck

KEYS = {"horizon", "cosine", "relative_error", "gradient_norm"}


@pytest.fixture(scope="module")
def checked(place, tiny, invoke):
    """A check through the solver: its folder, and the result of the command."""
    out = place / "gradcheck"
    arguments = ("gradcheck", tiny, "--simulator", "reference", "--horizons", "1,4", "--out", out)
    return out, arguments, invoke(*arguments, "--json")


def test_through_the_solver(checked, last_json):
    out, _, result = checked
    said = last_json(result)
    assert [row["horizon"] for row in said["rows"]] == [1, 4, 6]
    assert all(row.keys() >= KEYS for row in said["rows"])
    assert [row["contact"] for row in said["rows"]] == [True, True, False]
    for row in said["rows"][:2]:
        assert row["cosine"] > 0.99 and row["relative_error"] < 0.1
        assert 0.9 < row["cosine_coarse"] <= 1
    assert said["directions"] == 16 and said["scenes"] == 2 and said["adjoint"] == "exact"
    assert said["first_nonfinite"] is None
    assert json.loads((out / "gradcheck.json").read_text())["rows"] == said["rows"]
    assert (out / "gradcheck.png").read_bytes().startswith(b"\x89PNG")
    for text in ("float64, exact gradient", "recorded states", "horizon 4"):
        assert text in result.stderr


def test_float64_ends_with_the_command(checked):
    assert jnp.zeros(()).dtype == jnp.float32 and not jax.config.read("jax_enable_x64")


def test_a_check_is_reported_again(checked, invoke, last_json, refused):
    out, arguments, result = checked
    stamp = (out / "gradcheck.json").stat().st_mtime_ns
    again = invoke(*arguments)
    assert "cosine at 0.01" in again.stdout and "horizon 4" not in again.stderr
    assert last_json(invoke(*arguments, "--json")) == last_json(result)
    assert "seed = 0, not 3" in refused(invoke(*arguments, "--seed", 3))
    assert (out / "gradcheck.json").stat().st_mtime_ns == stamp


@pytest.mark.slow  # compiles for long
def test_through_a_model_from_a_design(place, tiny, weights, invoke, last_json):
    design = place / "gradcheck-design.json"
    design.write_text(json.dumps({"parameters": [0.1, -0.2, 0.2, -0.1]}))
    few = ("--horizons", 3, "--directions", 4, "--scenes", 1, "--out", place / "gradcheck-model")
    said = last_json(
        invoke("gradcheck", tiny, "--model", weights, "--init", design, *few, "--json")
    )
    assert said["model"] == str(weights) and said["rows"][0]["contact"]
    assert said["rows"][0]["relative_error"] < 1e-4


def test_what_is_not_finite_is_said(place, tiny, invoke, last_json, monkeypatch):
    asked = []
    nothing = dict.fromkeys(("cosine", "relative_error", "gradient_norm", "growth", "value"))
    nothing |= dict.fromkeys(("cosine_coarse", "relative_error_coarse"))
    row = {"horizon": 6, "start": 0, "contact": False, "step": 1e-3, "sweep": [], **nothing}

    def fake(problem, **options):
        asked.append((problem, options))
        return GradientCheck([row], 5, 1, 0)

    monkeypatch.setattr(sys.modules["invdesign.cli.gradcheck"], "check_gradient", fake)
    out = place / "gradcheck-fake"
    clipped = ("--simulator", "reference", "--gradient-limit", 0.25, "--seed", 7, "--out", out)
    said = last_json(invoke("gradcheck", tiny, *clipped, "--json"))
    assert said["rows"] == [row] and said["first_nonfinite"] == 5 and said["scenes"] == 1
    assert said["adjoint"] == "clipped at 0.25 a particle and step"
    assert asked[0][0].adjoint == ClippedAdjoint(0.25) and asked[0][1]["seed"] == 7
    shown = " ".join(invoke("gradcheck", tiny, *clipped).stdout.split())
    assert "not finite from horizon 5 on" in shown and len(asked) == 1


@pytest.fixture(scope="module")
def foreseen(place, tiny, invoke):
    """What gradients through the solver foresee: the folder, and the result of the command."""
    out = place / "foresight"
    (place / "champion.json").write_text(json.dumps({"parameters": [0.3, -0.1, 0.2, 0.4]}))
    few = ("--radii", "0.02,0.1", "--limits", "0,0.05", "--points", 2, "--directions", 4)
    arguments = ("gradcheck", tiny, "--foresight", "--simulator", "reference", *few)
    where = ("--champion", place / "champion.json", "--horizons", 3, "--out", out)
    return out, (*arguments, *where), invoke(*arguments, *where, "--json")


def test_what_gradients_foresee(foreseen, invoke, last_json):
    out, arguments, result = foreseen
    said = last_json(result)
    kinds = [(row["horizon"], row["limit"], row["radius"]) for row in said["rows"]]
    assert kinds == [(h, limit, r) for h in (3, 6) for limit in (0, 0.05) for r in (0.02, 0.1)]
    assert (said["points"], said["directions"], said["scenes"]) == (2, 4, 1)
    # Two points, half and all of the task: pairs along four directions at two radii, two gradients.
    assert said["rollouts"] == 2 * 1.5 * (2 * 4 * 2 + 2 * 6)
    assert "84 rollouts" in " ".join(result.stderr.split())
    whole = [row for row in said["rows"] if row["horizon"] == 6]
    assert all(len(row["points"]) == 2 and row["correlation"] > 0.9 for row in whole)
    assert said["advice"].startswith("Trust these gradients")
    assert (out / "foresight.png").read_bytes().startswith(b"\x89PNG")
    again = invoke(*arguments)
    assert "rollouts" not in again.stderr and "random direction" in " ".join(again.stdout.split())
    assert jnp.zeros(()).dtype == jnp.float32


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--radii", "0.1"), "no effect without `--foresight`"),
        (("--foresight", "--radii", "0.1,-1"), "`--radii` takes numbers"),
        (("--foresight", "--limits", "much"), "`--limits` takes numbers"),
        (("--foresight", "--horizons", "9"), "whole numbers from 1 to the task's 6 steps"),
    ],
)
def test_mistakes_about_foresight(tiny, invoke, refused, tmp_path, arguments, reason):
    start = ("gradcheck", tiny, "--simulator", "reference", "--out", tmp_path / "new")
    assert reason in refused(invoke(*start, *arguments))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--horizons", "1,x"), "separated by commas, got `1,x`"),
        (("--horizons", "7"), "whole numbers from 1 to the task's 6 steps"),
        (("--gradient-limit", -1), "at least 0"),
        (("--model", "water3d", "--simulator", "learned"), "model named `water3d`"),
    ],
)
def test_mistakes(tiny, invoke, refused, tmp_path, arguments, reason):
    start = ("gradcheck", tiny, "--simulator", "reference", "--out", tmp_path / "new")
    assert reason in refused(invoke(*start, *arguments))
    assert not (tmp_path / "new" / "gradcheck.json").exists()


def test_folders_and_designs_that_are_refused(tiny, invoke, refused, tmp_path):
    start = ("gradcheck", tiny, "--simulator", "reference", "--out", tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    assert "not a run directory" in refused(invoke(*start))
    (tmp_path / "design.json").write_text('{"parameters": [0.1, NaN, 0.1, 0.1]}')
    assert "not a JSON file" in refused(invoke(*start, "--init", tmp_path / "design.json"))
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert "no task named" in refused(invoke("gradcheck", "contian"))
