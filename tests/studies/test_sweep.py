"""Sweeps whose runs do nothing: who makes them, what becomes of them, what is on disk."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from invdesign.io import _atomic
from invdesign.studies import InProcess, LocalWorkers, status, sweep
from invdesign.studies._sweep._executors import _slot
from invdesign.studies._sweep._executors._messages import Began, Failed, Finished, Moved
from invdesign.studies._sweep._forecast import forecast
from invdesign.studies._sweep._run_status import Place, read_status
from invdesign.studies._sweep._study import Study

ROOT = Path(__file__).resolve().parents[2]
STUDY = {"tasks": ["one", "two"], "seeds": [0, 1, 2], "steps": 4}
TOTAL = 6


class Nothing:
    """A run that does nothing but say that it is done, and remembers what it was asked for."""

    def __init__(self, failing=()):
        self.failing, self.made, self.orders = set(failing), [], []

    def __call__(self, order, tell):
        tell(Began(order.name, Place("none", 1)))
        if order.check:
            tell(Finished(order.name, {}))
            return
        self.made.append(order.name)
        self.orders.append(order)
        tell(Moved(order.name, "search", 2, 0.5))
        if order.name in self.failing:
            tell(Failed(order.name, "the cause", "Traceback ..."))
        else:
            tell(Finished(order.name, {"score": 0.5, "iterations": 4}))


def make(out, nothing, study=STUDY, **options):
    return sweep(study, out, executor=InProcess(nothing), **options)


def test_finished_runs_are_skipped_and_new_ones_added(tmp_path):
    nothing = Nothing()
    found = make(tmp_path / "out", nothing)
    assert found.counts["finished"] == len(found.runs) == len(nothing.made) == TOTAL
    assert found.runs["one-0"].result == {"score": 0.5, "iterations": 4}
    assert not found.running and found.runs["one-0"].places == [Place("none", 1)]
    make(tmp_path / "out", nothing)
    assert len(nothing.made) == TOTAL
    # A directory keeps its name where the study now varies more.
    wider = {**STUDY, "product": {"steps": [4, 8]}}
    del wider["steps"]
    found = make(tmp_path / "out", nothing, wider)
    assert len(nothing.made) == len(found.runs) == 2 * TOTAL
    assert {"one-0", "one-steps=8-0"} <= found.runs.keys()
    found = make(tmp_path / "out", nothing)
    assert len(nothing.made) == 2 * TOTAL and len(found.left) == TOTAL
    assert set(make(tmp_path / "out", nothing, wider).runs) == {*found.runs, *found.left}
    assert len(nothing.made) == 2 * TOTAL


def test_changed_runs_are_refused_by_name_or_moved_aside(tmp_path):
    out, nothing = tmp_path / "out", Nothing()
    make(out, nothing)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    changed = {**STUDY, "steps": 8, "seeds": [0, 1, 2, 3]}
    with pytest.raises(ValueError, match=r"`one-0` \(steps = 4, not 8\).* and 2 more.*--aside"):
        make(out, nothing, changed)
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    seen = forecast(Study(changed), out, at_once=1)
    assert (seen.total, len(seen.names), len(seen.changed)) == (8, 8, 6)
    found = make(out, nothing, changed, aside=True)
    assert found.counts["finished"] == 8 and len(nothing.made) == TOTAL + 8
    assert read_status(out / "one-0~1").state == "finished"


def test_a_run_that_fails_stops_nothing_and_is_made_again(tmp_path):
    out, nothing, said = tmp_path / "out", Nothing(["one-1"]), []
    found = make(out, nothing, look=lambda overview: said.extend(overview.news))
    assert found.failed == {"one-1": "the cause"} and said == ["one-1 failed: the cause"]
    assert found.runs["one-1"].detail == "Traceback ..."
    assert found.counts["finished"] == TOTAL - 1
    make(out, nothing)  # it would fail again
    assert len(nothing.made) == TOTAL
    nothing.failing.clear()
    others = {path: path.stat().st_mtime_ns for path in out.glob("*/status.json")}
    found = make(out, nothing, only="failed")
    assert found.counts["finished"] == TOTAL and nothing.made[TOTAL:] == ["one-1"]
    assert nothing.orders[-1].renew and not nothing.orders[0].renew
    touched = {path for path, then in others.items() if path.stat().st_mtime_ns != then}
    assert touched == {out / "one-1" / "status.json"}
    with pytest.raises(ValueError, match='only="failed"'):
        make(out, nothing, only="new")


class Killed(BaseException):
    """The end of a process: nothing that follows is written."""


def test_a_head_killed_before_any_write_is_succeeded(tmp_path, monkeypatch):
    """Each in a folder of its own; the last of them meets no death."""
    rename, left = os.replace, [0]

    def replace(*paths):
        left[0] -= 1
        if left[0] <= 0:  # from here on: who is dead writes no farewell
            raise Killed
        rename(*paths)

    monkeypatch.setattr(_atomic.os, "replace", replace)
    for fatal in range(1, 100):
        out = tmp_path / f"{fatal}"
        left[0] = fatal
        try:
            make(out, Nothing())
            break
        except Killed:
            left[0] = 1_000
        for path in out.glob("head.json"):
            path.unlink()  # in one process, the head that died seems to live
        seen = []
        found = make(out, Nothing(), look=seen.append)
        assert seen[0].counts["running"] == 0
        assert found.counts["finished"] == TOTAL
        assert not list(out.rglob("*.partial"))
    assert fatal > 2 * TOTAL


def test_ctrl_c_leaves_what_can_go_on(tmp_path):
    class Interrupted(Nothing):
        def __call__(self, order, tell):
            if order.name == "two-1":
                tell(Began(order.name, Place("none", 1)))
                raise KeyboardInterrupt
            super().__call__(order, tell)

    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "out", Interrupted())
    found = status(tmp_path / "out")
    assert found.counts == {
        "finished": 4, "running": 0, "waiting": 1, "interrupted": 1, "failed": 0,
    }  # fmt: skip
    nothing = Nothing()
    make(tmp_path / "out", nothing)
    assert nothing.made == ["two-1", "two-2"]


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    for call in (lambda: make(tmp_path, Nothing()), lambda: status(tmp_path)):
        with pytest.raises(ValueError, match="is not empty and holds no study"):
            call()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(ValueError, match="holds no sweep"):
        status(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_damaged_file_is_named(tmp_path):
    out = tmp_path / "out"
    make(out, Nothing())
    (out / "one-0" / "status.json").write_text('{"state": "asleep"}')
    with pytest.raises(ValueError, match=r"one-0/status\.json`: at `\$\.state`"):
        status(out)
    text = (out / "study.json").read_text()
    (out / "study.json").write_text(text.replace('"steps": 4', '"steps": 5'))
    with pytest.raises(ValueError, match=r"study\.json` was altered"):
        make(out, Nothing())


def test_time_is_told_from_what_has_been_measured(tmp_path):
    out = tmp_path / "out"
    assert forecast(Study(STUDY), out, at_once=1).seconds is None
    assert not out.exists()
    make(out, Nothing(), {**STUDY, "seeds": [0]})
    for name, seconds in (("one-0", 10.0), ("two-0", 30.0)):
        known = json.loads((out / name / "status.json").read_text())
        known["seconds"] = seconds
        (out / name / "status.json").write_text(json.dumps(known))
    wider = {**STUDY, "tasks": ["one", "two", "three"]}
    seen = forecast(Study(wider), out, at_once=2)
    assert seen.seconds == pytest.approx((2 * 10 + 2 * 30 + 3 * 20) / 2)


@pytest.fixture
def workers(monkeypatch):
    """Sweeps by workers that start at once."""
    program = (sys.executable, str(Path(__file__).parent / "worker.py"))
    monkeypatch.setattr(_slot, "_PROGRAM", program)

    def made(out, tasks, seeds=(0,), look=lambda overview: None, **options):
        study = {"tasks": tasks, "seeds": seeds}
        executor = LocalWorkers(**{"threads": 1, **options})
        return sweep(study, out, executor=executor, look=look)

    return made


def pids(out, name):
    return (out / name / "tries").read_text().split()


def test_workers_serve_many_runs_and_are_replaced_after_some_programs(tmp_path, workers):
    found = workers(tmp_path / "out", ["good"], range(6), programs=3)
    assert found.counts["finished"] == 6
    served = [pids(tmp_path / "out", f"good-{seed}")[0] for seed in range(6)]
    assert [served.count(pid) for pid in dict.fromkeys(served)] == [3, 3]
    assert found.runs["good-0"].places == [Place("none", 1)]
    assert "a simulator says" in (tmp_path / "out" / "logs" / "worker-0.log").read_text()


def test_a_run_that_kills_its_workers_is_given_up_with_its_reason(tmp_path, workers):
    out = tmp_path / "out"
    found = workers(out, ["crash", "crash-twice", "crash-on", "good", "fail"])
    assert found.counts == {
        "finished": 3, "running": 0, "waiting": 0, "interrupted": 0, "failed": 2,
    }  # fmt: skip
    assert found.failed == {
        "crash-0": "given up after 3 tries without progress: its process was killed by SIGSEGV",
        "fail-0": "the cause",
    }
    assert "Segmentation fault" in found.runs["crash-0"].detail
    tries = {name: len(pids(out, f"{name}-0")) for name in ("crash", "crash-twice", "crash-on")}
    assert tries == {"crash": 3, "crash-twice": 3, "crash-on": 6}


def test_a_worker_that_takes_all_memory_costs_its_run_alone(tmp_path, workers, monkeypatch):
    monkeypatch.setattr("invdesign.studies._sweep._executors._local.total_memory", lambda: 2**28)
    monkeypatch.setattr("invdesign.studies._sweep._executors._local._LOOK_EVERY", 0.05)
    found = workers(tmp_path / "out", ["eat", "good"], memory=0.5)
    assert found.counts["finished"] == 1
    (reason,) = found.failed.values()
    assert "GiB of memory, more than the 0.1 GiB that a worker may hold" in reason


def test_a_configuration_that_cannot_be_run_is_refused_before_anything_is_written(
    tmp_path, workers
):
    with pytest.raises(ValueError, match=r"run `unknown-0` cannot be made: There is no such task"):
        workers(tmp_path / "out", ["good", "unknown"])
    assert not (tmp_path / "out").exists()


def test_workers_that_cannot_begin_end_the_sweep(tmp_path, workers):
    with pytest.raises(ValueError, match=r"Workers cannot begin: .* code 3"):
        workers(tmp_path / "out", ["stillborn"])
    assert status(tmp_path / "out").counts["interrupted"] == 1


def test_more_threads_than_cores_are_refused(tmp_path):
    cores = len(os.sched_getaffinity(0))
    with pytest.raises(ValueError, match=f"a core for every thread: {cores + 1} workers of 1"):
        sweep(STUDY, tmp_path / "out", executor=LocalWorkers(cores + 1))
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match="memory"):
        LocalWorkers(memory=0.0)


HEAD = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from invdesign.studies import LocalWorkers, sweep
from invdesign.studies._sweep._executors import _slot
_slot._PROGRAM = (sys.executable, {str(Path(__file__).parent / "worker.py")!r})
sweep({{"tasks": ["good", "hang"]}}, sys.argv[1], executor=LocalWorkers(threads=1))
"""


def waited(condition, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_a_killed_head_leaves_no_worker_and_is_succeeded_at_once(tmp_path, workers):
    out = tmp_path / "out"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    head = subprocess.Popen([sys.executable, "-c", HEAD, str(out)], env=environment)
    try:
        assert waited((out / "hang" / "tries").exists)
        (worker,) = pids(out, "hang")
        found = status(out)
        assert found.running and found.runs["hang"].state == "running"
        assert Path(f"/proc/{worker}/oom_score_adj").read_text().strip() == "1000"
        assert os.sched_getaffinity(int(worker)) == {min(os.sched_getaffinity(0))}
        with pytest.raises(ValueError, match=f"is being swept by process {head.pid}"):
            workers(out, ["good"])
    finally:
        head.send_signal(signal.SIGKILL)
        head.wait()
    assert waited(lambda: not Path(f"/proc/{worker}").exists())
    found = status(out)
    assert not found.running
    assert {name: run.state for name, run in found.runs.items()} == {
        "good": "finished", "hang": "interrupted",
    }  # fmt: skip
    nothing = Nothing()
    found = make(out, nothing, {"tasks": ["good", "hang"]})
    assert nothing.made == ["hang"] and found.counts["finished"] == 2


def test_another_machine_may_live(tmp_path):
    out = tmp_path / "out"
    make(out, Nothing())
    head = {"host": "elsewhere", "boot": "x", "pid": 1, "started": 1}
    (out / "head.json").write_text(json.dumps(head))
    with pytest.raises(ValueError, match=r"on `elsewhere`, or was until .*head\.json"):
        make(out, Nothing())
    assert status(out).running
