"""No polar of a section by formula is without numbers and a success."""

import json
import shutil

import numpy as np
import pytest

from ..outlines import ORDERS, as_file, random_form, random_section

NUMBERS = ("lift", "drag", "moment")


def check(invoke, refused, path, seed, *options):
    """Whether a random section's file has a polar at 4 degrees, or is refused by name."""
    rng = np.random.default_rng([11, seed])
    made, order, form = random_section(rng), str(rng.choice(list(ORDERS))), random_form(rng)
    path.write_bytes(as_file(ORDERS[order](made), form))
    said = invoke("polar", path, "--first", 4, "--last", 4, "--json", *options)
    if said.exit_code:
        assert path.name in refused(said), seed
        return False
    (row,) = json.loads(said.stdout.splitlines()[-1])["polar"]
    assert all(np.isfinite(row[name]) for name in NUMBERS) and row["failure"] is None, seed
    assert row["drag"] > 0, seed
    return True


@pytest.mark.slow
def test_through_the_model(invoke, refused, tmp_path):
    had = [check(invoke, refused, tmp_path / "x.dat", seed) for seed in range(200)]
    print(f"{sum(had)} of {len(had)} sections had a polar, the others were refused by name")
    assert np.mean(had) > 0.8


@pytest.mark.slow
def test_in_openfoam(invoke, refused, tmp_path):
    if shutil.which("simpleFoam") is None:
        pytest.skip("OpenFOAM is not installed")
    reference = ("--simulator", "reference")
    seeds = range(0, 200, 5)
    had = [check(invoke, refused, tmp_path / "x.dat", seed, *reference) for seed in seeds]
    print(f"{sum(had)} of {len(had)} sections had a polar, the others were refused by name")
    assert np.mean(had) > 0.8
