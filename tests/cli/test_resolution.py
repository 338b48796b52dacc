"""`invdesign run --resolution`: the usual solver judges what a finer one was searched for."""

import jax.numpy as jnp
import pytest

from invdesign import judge
from invdesign._verify import judge_finer
from invdesign.io import read_design
from invdesign.io._reading import read_json
from invdesign.studies import RunConfig, resolve


@pytest.fixture(scope="module")
def finer(invoke, tiny, tmp_path_factory):
    """The directory of a short search at twice the resolution, and what it said."""
    out = tmp_path_factory.mktemp("finer") / "out"
    said = invoke(
        "run", tiny, "--simulator", "reference", "--resolution", 2, "--optimizer", "random",
        "--steps", 1, "--population", 2, "--out", out,
    )  # fmt: skip
    assert said.exit_code == 0, said.stderr
    return out, said.stdout


def test_both_solvers_score_a_search_through_the_finer_one(finer, tiny):
    out, said = finer
    result = read_json(out / "verification.json")
    usual = resolve(RunConfig(task=tiny, simulator="reference"))
    latent = usual.task.space.encode(jnp.asarray(read_design(out / "design.json").parameters))
    fine, coarse = (each(latent, usual.task, usual.solver) for each in (judge_finer, judge))
    assert result["resolution"] == 2 and result["simulator"] == "reference"
    # A particle is 1/64 of the water there and 1/16 here: parameters went through a file.
    assert result["scores"] == pytest.approx(fine.scores.tolist(), abs=1.5 / 64)
    assert result["reference_scores"] == pytest.approx(coarse.scores.tolist(), abs=1.5 / 16)
    assert "score after (searched, 2 times as fine)" in said


def test_verification_goes_through_the_same_two_solvers(finer, tiny, invoke, last_json):
    out, _ = finer
    result = read_json(out / "verification.json")
    again = last_json(invoke("verify", out, "--task", tiny, "--json"))
    assert again["scores"] == pytest.approx(result["scores"], abs=1.5 / 64)
    assert again["reference_scores"] == pytest.approx(result["reference_scores"], abs=1.5 / 16)


def test_a_search_elsewhere_does_not_go_on_in_its_directory(finer, invoke, tiny):
    out, _ = finer
    said = invoke(
        "run", tiny, "--simulator", "reference", "--optimizer", "random", "--steps", 1,
        "--population", 2, "--out", out,
    )  # fmt: skip
    assert said.exit_code == 2 and "resolution" in said.stderr


def test_what_has_no_finer_solver_is_refused(invoke, tiny, weights):
    through_a_model = invoke("run", tiny, "--model", weights, "--resolution", 2)
    assert through_a_model.exit_code == 2
    assert "add `--simulator reference`" in through_a_model.stderr
    with pytest.raises(ValueError, match="resolution <= 4"):
        RunConfig(task=tiny, resolution=5)
