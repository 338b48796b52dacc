import dataclasses

import numpy as np
import pytest

from invdesign import io

BAR = {"segments": np.array([[[0.1, 0.2], [0.4, 0.2]]]), "radius": np.array([0.015])}
FRAMES = np.random.default_rng(0).uniform(size=(4, 5, 2)).astype(np.float32)
TRAJECTORY = io.StoredTrajectory(
    lower=np.zeros(2),
    upper=np.ones(2),
    region=None,
    spacing=0.0125,
    dt=0.01,
    tool_segments=BAR["segments"],
    tool_radius=BAR["radius"],
    initial_tool_segments=BAR["segments"],
    initial_tool_radius=BAR["radius"],
    obstacle_segments=np.zeros((0, 2, 2)),
    obstacle_radius=np.zeros(0),
    initial=FRAMES,
    simulated=FRAMES + 1,
    reference=None,
)


@pytest.mark.parametrize(
    "trajectory",
    [TRAJECTORY, dataclasses.replace(TRAJECTORY, reference=FRAMES, region=np.eye(2))],
    ids=["least", "most"],
)
def test_round_trip(tmp_path, trajectory):
    back = io.read_trajectory(io.write_trajectory(tmp_path / "trajectory.npz", trajectory))
    for field in dataclasses.fields(trajectory):
        old, new = getattr(trajectory, field.name), getattr(back, field.name)
        if old is None:
            assert new is None
        else:
            np.testing.assert_array_equal(np.asarray(old, np.float32), np.asarray(new, np.float32))
    assert isinstance(back.dt, float)


@pytest.mark.parametrize("change", [{"simulated": None}, {"simulated": np.zeros(3)}])
def test_what_is_not_a_trajectory_is_named(tmp_path, change):
    path = io.write_trajectory(tmp_path / "trajectory.npz", TRAJECTORY)
    arrays = {**io.read_npz(path), **change}
    io.write_npz(path, **{name: a for name, a in arrays.items() if a is not None})
    with pytest.raises(ValueError, match=r"trajectory\.npz` is not a traj.* `simulated` with 3"):
        io.read_trajectory(path)
