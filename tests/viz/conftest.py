import matplotlib
import numpy as np
import pytest

from invdesign.io._trajectory_file import StoredTrajectory


@pytest.fixture(autouse=True)
def nothing_global():
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before


@pytest.fixture
def trajectory():
    """Two fountains of 256 particles for 101 frames, which only a test could take for water."""
    rng = np.random.default_rng(0)
    start = np.stack(np.meshgrid(*[0.4 + np.arange(16) / 80] * 2, indexing="ij"), -1)
    time = 0.01 * np.arange(101)[:, None, None]
    velocity = rng.normal(0, 1.0, (256, 2)) + np.array([0.0, 3.0])
    path = start.reshape(1, -1, 2) + time * velocity[None] - np.array([0, 4.9]) * time**2
    path = np.clip(path, 0.0, 1.0)
    bar = np.array([[[0.3, 0.3], [0.5, 0.25]], [[0.5, 0.25], [0.7, 0.3]]])
    return StoredTrajectory(
        lower=np.zeros(2),
        upper=np.ones(2),
        region=np.array([[0.4, 0.3], [0.6, 0.5]]),
        spacing=1 / 80,
        dt=0.01,
        tool_segments=bar,
        tool_radius=np.full(2, 0.015),
        initial_tool_segments=bar + 0.1,
        initial_tool_radius=np.full(2, 0.015),
        obstacle_segments=np.zeros((0, 2, 2)),
        obstacle_radius=np.zeros(0),
        initial=path[::-1],
        simulated=path,
        reference=path[:, ::-1] * [[[0.9, 1.0]]],
    )


@pytest.fixture
def rows():
    return [
        {
            "iteration": k,
            "value": float("inf") if k == 3 else -0.1 * k,
            "best_value": -0.1 * k,
            "score": float("nan") if k == 0 else 0.1 * k,
            "gradient_norm": 10.0 ** (k % 4),
            "simulator_steps": 200 * k,
        }
        for k in range(8)
    ]
