"""Sweeps on a Ray cluster of two nodes, of which the second does not see the head's disk.

A node hides folders from itself by a mount of its own, which takes root.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from invdesign.studies import status

from .test_sweep_kills import PROGRAM, assert_same, start

pytest.importorskip("ray", reason="`pip install 'invdesign[ray]'`")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="a node that hides folders takes root"),
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two workers need two cores"),
]
TASK = """
from pieces import named

from invdesign import load_task

def mine():
    return named(load_task("contain-lite"))
"""
PIECES = """
import dataclasses

def named(task):
    return dataclasses.replace(task, name="mine")
"""
STUDY = """
tasks = ["ramp-lite", "mine.py:mine"]
optimizers = ["adam", "cmaes"]
seeds = [0, 1]
steps = 3
population = 4
simulator = "reference"
"""
PORT = 6399
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
    "RAY_AUTH_MODE": "disabled",  # nobody else can reach it
}


def node(place, *words, hidden=None):
    """A node of one CPU that lives until it is ended."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=1"]
    command += words
    if hidden is not None:
        script = 'mount -t tmpfs none "$1"; shift; exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, "sh", str(hidden), *command]
    with open(place, "wb") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True, env=os.environ | ENVIRONMENT
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """What the second node does not see: the study, its task, and where runs go."""
    place = tmp_path_factory.mktemp("head")
    (place / "mine.py").write_text(TASK)
    (place / "pieces.py").write_text(PIECES)
    (place / "study.toml").write_text(STUDY)
    return place


@pytest.fixture(scope="module")
def cluster(place, tmp_path_factory):
    import ray

    os.environ.update(ENVIRONMENT)
    logs = tmp_path_factory.mktemp("nodes")
    address = f"127.0.0.1:{PORT}"
    nodes = [node(logs / "0", "--head", f"--port={PORT}", "--include-dashboard=false")]
    try:
        wait(lambda: joined(ray, address, 1))
        nodes.append(node(logs / "1", f"--address={address}", hidden=place))
        wait(lambda: joined(ray, address, 2))
        yield address
    finally:
        for each in nodes:
            os.killpg(each.pid, signal.SIGTERM)
        for each in nodes:
            each.wait(60)
        for name in ENVIRONMENT:
            del os.environ[name]


def joined(ray, address, number):
    """Whether a cluster has so many CPUs."""
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError):
        return False
    try:
        return ray.cluster_resources().get("CPU", 0) == number
    finally:
        ray.shutdown()


def wait(condition, seconds=180):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.5)


def on_ray(place, out, cluster, *more):
    words = ["sweep", place / "study.toml", "--out", out, "--ray", cluster, "--no-pictures", *more]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"INVDESIGN_CACHE": str(place / "cache")},
    )


@pytest.fixture(scope="module")
def local(place):
    """The same study by two local workers."""
    assert start(place / "study.toml", place / "local", place / "cache").wait() == 0
    return place / "local"


def workers():
    """Processes of this machine that make runs, and the cluster's around them."""
    found = {"worker": [], "actor": []}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        pid = int(path.parent.name)
        if "-m invdesign_worker" in line:
            found["worker"].append(pid)
        elif line.startswith("ray::Outpost"):
            found["actor"].append(pid)
    return found


def test_runs_on_a_cluster_are_those_of_local_workers(place, cluster, local):
    assert on_ray(place, place / "far", cluster).wait() == 0
    assert_same(local, place / "far")
    wait(lambda: not any(workers().values()), 30)  # nothing is left on the nodes
    assert not list(Path("/tmp").glob("invdesign-outpost-*"))


def test_runs_on_a_cluster_survive_the_end_of_workers_and_heads(place, cluster, local):
    out = place / "killed"
    head = on_ray(place, out, cluster)

    def searching():
        found = status(out) if (out / "study.json").exists() else None
        return found is not None and any(r.iterations for r in found.runs.values() if
                                         r.state == "running")  # fmt: skip

    for victim in ("worker", "actor", "head"):
        wait(lambda: searching() or head.poll() is not None, 300)
        assert head.poll() is None, victim
        os.kill(head.pid if victim == "head" else workers()[victim][0], signal.SIGKILL)
        if victim == "head":
            assert head.wait() == -signal.SIGKILL
            wait(lambda: not any(workers().values()), 60)
        else:
            time.sleep(1.0)
    assert on_ray(place, out, cluster).wait() == 0
    assert_same(local, out)
    reasons = [status(out).runs[name].attempts for name in status(out).runs]
    assert max(reasons) > 1
