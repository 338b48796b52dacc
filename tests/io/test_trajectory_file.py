import dataclasses

import numpy as np
import pytest

from invdesign import io
from invdesign.io._npz import read_npz, write_npz
from invdesign.io._trajectory_file import StoredTrajectory, known_frames, write_trajectory

BAR = {"segments": np.array([[[0.1, 0.2], [0.4, 0.2]]]), "radius": np.array([0.015])}
FRAMES = np.random.default_rng(0).uniform(size=(4, 5, 2)).astype(np.float32)
TRAJECTORY = StoredTrajectory(
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
    [TRAJECTORY, dataclasses.replace(TRAJECTORY, reference=FRAMES, region=np.eye(4)[:, :2])],
    ids=["least", "most"],
)
def test_round_trip(tmp_path, trajectory):
    back = io.read_trajectory(write_trajectory(tmp_path / "trajectory.npz", trajectory))
    for field in dataclasses.fields(trajectory):
        old, new = getattr(trajectory, field.name), getattr(back, field.name)
        if old is None:
            assert new is None
        else:
            np.testing.assert_array_equal(np.asarray(old, np.float32), np.asarray(new, np.float32))
    assert isinstance(back.dt, float)


BAD = {
    "missing": ({"simulated": None}, "lacks the array `simulated`"),
    "axes": ({"simulated": np.zeros(3, np.float32)}, r"`simulated` .* \(time node 2\)"),
    "kind": ({"dt": np.asarray(1)}, "`dt` has to hold floating-point numbers, got int64"),
    "length": ({"simulated": FRAMES[:3]}, "`simulated` .* 4 along `time` as in `initial`"),
    "particles": ({"reference": FRAMES[:, :2]}, "`reference` .* 5 along `node` as in `initial`"),
    "no frames": ({"initial": FRAMES[:0], "simulated": FRAMES[:0]}, "`initial` is empty"),
    "no time": ({"dt": np.float32(0)}, "`dt` goes from 0 to 0; it has to be above 0"),
    "unknown time": ({"dt": np.float32(np.nan)}, "`dt` is not finite"),
    "half a goal": ({"region": np.ones((3, 2))}, "a lower and an upper corner for each goal"),
    "no box": ({"upper": np.asarray([1.0, 0.0])}, "`upper` has to be above `lower`"),
    "negative radius": ({"tool_radius": np.asarray([-1.0])}, "`tool_radius` goes from -1"),
    "infinite tool": ({"tool_segments": np.inf * BAR["segments"]}, "`tool_segments` is not finite"),
    "one number": ({"simulated": np.where(FRAMES[1, 2, 0] == FRAMES, np.nan, FRAMES)}, "frame 1"),
    "all numbers": ({"simulated": np.nan * FRAMES}, "`simulated` is not finite at frame 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_a_trajectory_is_named(tmp_path, name):
    change, message = BAD[name]
    path = write_trajectory(tmp_path / "trajectory.npz", TRAJECTORY)
    arrays = {**read_npz(path), **change}
    write_npz(path, **{name: a for name, a in arrays.items() if a is not None})
    with pytest.raises(ValueError, match=rf"trajectory\.npz`.*{message}"):
        io.read_trajectory(path)


def test_a_simulation_that_failed_is_known_up_to_there(tmp_path):
    failed = FRAMES.copy()
    failed[2, 1] = failed[3:] = np.nan
    path = tmp_path / "trajectory.npz"
    write_trajectory(path, dataclasses.replace(TRAJECTORY, simulated=failed))
    assert known_frames(io.read_trajectory(path).simulated) == 2
