"""Runs on machines without the head's disk: what travels there, and what comes back."""

import dataclasses
import os
import sys
from pathlib import Path

import msgspec
import pytest

from invdesign.studies import RayWorkers, RunConfig, resolve, sweep
from invdesign.studies._sweep._executors import _outpost, _slot
from invdesign.studies._sweep._executors._inputs import (
    as_said,
    inputs_of,
    localized,
    unpack_inputs,
)
from invdesign.studies._sweep._executors._messages import Event, Finished, Order
from invdesign.studies._sweep._executors._outpost import Outpost
from invdesign.studies._sweep._executors._parcel import Parcel, packed, unpack

TASK = """
from pieces import shaped

from invdesign import load_task

def task():
    return shaped(load_task("contain-lite"))
"""
PIECES = """
import dataclasses

def shaped(task):
    return dataclasses.replace(task, name="shaped")
"""


def test_parcels_hold_what_was_written_since_in_its_order(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "inner").mkdir(parents=True)
    for time, (name, text) in enumerate({"b": "1", "a": "2", "inner/c": "3"}.items()):
        (here / name).write_text(text)
        os.utime(here / name, (time, time))
    for unsent in ("status.json", ".half.partial"):
        (here / unsent).write_text("mine")
    first, known = packed(here, {})
    assert list(first.files.items()) == [("b", b"1"), ("a", b"2"), ("inner/c", b"3")]
    unpack(there, first)
    assert packed(here, known)[0] == Parcel({})
    (here / "a").write_text("4")
    (here / "b").unlink()
    second, _ = packed(here, known)
    assert second == Parcel({"a": b"4"}, gone=("b",))
    unpack(there, second)
    assert {p.name: p.read_text() for p in there.rglob("*") if p.is_file()} == {"a": "4", "c": "3"}


def test_a_folder_that_changes_while_it_is_read_is_left_for_later(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("")
    read = Path.read_bytes

    def written(path):
        data = read(path)
        path.write_bytes(data + b"x")
        return data

    monkeypatch.setattr(Path, "read_bytes", written)
    with pytest.raises(BlockingIOError, match="all the time"):
        packed(tmp_path, {})


@pytest.mark.parametrize("name", ["../other", "/etc/passwd", "a/../../b"])
def test_a_worker_writes_nowhere_but_into_its_run(tmp_path, name):
    with pytest.raises(ValueError, match="not one of its run"):
        unpack(tmp_path / "run", Parcel({name: b"x"}))
    assert not list(tmp_path.rglob("*"))


def test_runs_remember_files_by_the_names_that_the_head_has_for_them(tmp_path):
    own, far = tmp_path / "own", tmp_path / "far"
    own.mkdir()
    (own / "mine.py").write_text(TASK)
    (own / "pieces.py").write_text(PIECES)
    config = RunConfig(f"{own / 'mine.py'}:task", simulator="reference", steps=1)
    contents = inputs_of(dataclasses.asdict(config))
    assert {name: list(files) for name, files in contents.items()} == {
        str(own / "mine.py"): ["mine.py", "pieces.py"]
    }
    places = unpack_inputs(far, contents)
    expected = resolve(config)
    for path in own.iterdir():
        path.unlink()  # the other machine does not have them
    found = as_said(resolve(localized(config, places)), config, places)
    assert found.configuration(found.player()) == expected.configuration(expected.player())
    assert localized(config, {}) is config


def test_weights_travel_too(tmp_path):
    weights = tmp_path / "own.safetensors"
    weights.write_bytes(b"numbers")
    config = RunConfig("contain", model=f"water2d,{weights}")
    contents = inputs_of(dataclasses.asdict(config))
    assert contents == {str(weights): {"own.safetensors": b"numbers"}}
    places = unpack_inputs(tmp_path / "far", contents)
    name, other = str(localized(config, places).model).split(",")
    assert name == "water2d" and Path(other).read_bytes() == b"numbers"
    with pytest.raises(ValueError, match=r"gone\.safetensors` cannot be read"):
        inputs_of({"task": "contain", "model": "gone.safetensors"})


@pytest.fixture
def outpost(monkeypatch):
    """An outpost whose worker starts at once."""
    program = (sys.executable, str(Path(__file__).parent / "worker.py"))
    monkeypatch.setattr(_slot, "_PROGRAM", program)
    made = Outpost()
    made.settle((min(os.sched_getaffinity(0)),), 100, 0.5)
    yield made
    made.close()
    assert not made.home.exists()


def said(outpost):
    """All that becomes of an order."""
    told, parcels = [], []
    while not told or type(told[-1]).__name__ not in ("Finished", "Failed", "Died"):
        events, parcel = outpost.poll(5.0)
        told += [msgspec.json.decode(event, type=Event) for event in events]
        parcels += [] if parcel is None else [parcel]
    return told, parcels


def order(task, **more):
    return msgspec.json.encode(Order(f"{task}-0", "", {"task": task}, **more))


def test_an_outpost_sends_what_a_run_has_left_when_its_worker_dies_too(outpost):
    outpost.submit(order("crash-twice"), Parcel({"solve.npz": b"so far"}), {})
    told, parcels = said(outpost)
    assert told[-1].reason == "its process ended with exit code 7" and told[-1].begun
    (parcel,) = parcels
    assert list(parcel.files) == ["tries"]  # what the head has is not sent back
    # On another machine it goes on from what was sent.
    outpost.submit(order("crash-twice"), Parcel({"tries": b"1\n2\n"}), {})
    told, (parcel,) = said(outpost)
    assert isinstance(told[-1], Finished) and len(parcel.files["tries"].split()) == 3


def test_an_outpost_sends_every_half_minute(outpost, monkeypatch):
    monkeypatch.setattr(_outpost, "_SEND_EVERY", 0.1)
    outpost.submit(order("hang"), Parcel({}), {})
    told, parcel = [], None
    while parcel is None and len(told) < 2:  # it begins, and that is all
        events, parcel = outpost.poll(0.2)
        told += events
    assert parcel is not None and list(parcel.files) == ["tries"]


def test_folders_of_killed_outposts_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(_outpost.tempfile, "tempdir", str(tmp_path))
    gone, lives = tmp_path / "invdesign-outpost-4194304-x", tmp_path / "invdesign-outpost-1-x"
    gone.mkdir()
    lives.mkdir()
    Outpost().close()
    assert [path.name for path in tmp_path.iterdir()] == [lives.name]


@pytest.mark.parametrize(
    "address, said",
    [
        ("nowhere", "is no address of a Ray cluster"),
        ("localhost:port", "is no address of a Ray cluster"),
        ("127.0.0.1:1", r"There is no Ray cluster at `127\.0\.0\.1:1`"),
        ("localhost:99999999", "There is no Ray cluster at"),
    ],
)
def test_an_address_without_a_cluster_is_refused_and_nothing_written(
    tmp_path, monkeypatch, address, said
):
    module = type(sys)("ray")
    module.is_initialized = lambda: False
    monkeypatch.setitem(sys.modules, "ray", module)
    with pytest.raises(ValueError, match=said):
        sweep({"tasks": ["contain-lite"]}, tmp_path / "out", executor=RayWorkers(address))
    assert not (tmp_path / "out").exists()


def test_without_ray_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match=r"pip install 'invdesign\[ray\]'"):
        sweep({"tasks": ["contain-lite"]}, tmp_path / "out", executor=RayWorkers())
    with pytest.raises(ValueError, match="devices"):
        RayWorkers(devices=-1.0)
