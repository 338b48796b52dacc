"""Files that were damaged or made to deceive: refused in one sentence, or still what they were."""

import json
import math
import os
import resource
import shutil
import signal
import warnings
import zipfile
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from invdesign import io
from invdesign._solve import load_history
from invdesign.families._registry import load_config
from invdesign.families.airfoil._data import load_foils
from invdesign.families.elastic._data import load_elastic
from invdesign.families.water._data import load_water
from invdesign.io._manifest import read_manifest
from invdesign.io._npz import read_npz
from invdesign.io._reading import read_json
from invdesign.io._resources import pretrained_dir
from invdesign.io._sealed import fingerprint, write_sealed
from invdesign.io._weights import read_hyperparameters
from invdesign.studies._champions import read_champions
from invdesign.studies._result import read_result, read_settings

OLD = Path(__file__).resolve().parents[1] / "fixtures" / "0.1"
_ROOM = 2**31  # bytes that a reader may ask for besides what the process has already
_SECONDS = 30


def read_run(folder):
    run = io.read_run_directory(folder)
    design = io.read_design(run / "design.json")
    trajectory = io.read_trajectory(run / "trajectory.npz")
    history = load_history(run / "history.csv").columns
    champions = read_champions(run, np.zeros(len(design.parameters)))
    found = [run.configuration, read_result(run), vars(read_settings_of(run))]
    return [*found, vars(design), vars(trajectory), history, champions]


def read_settings_of(run):
    found = read_settings(run)
    return type("Settings", (), {name: getattr(found, name) for name in found.__struct_fields__})()


def read_weights(folder):
    return [read_hyperparameters(folder / "model.safetensors")]


def read_shipped(folder):
    return [vars(entry) for entry in read_manifest(folder / "manifest.toml").values()]


def read_training(folder):
    return [load_config(folder / "config.toml").as_dict(), read_npz(folder / "state.npz")]


READERS = {
    "run": read_run,
    "data-water": load_water,
    "data-airfoil": load_foils,
    "data-elastic": load_elastic,
    "weights": read_weights,
    "manifest": read_shipped,
    "training": read_training,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder of each kind, sealed as this version seals them."""
    place = tmp_path_factory.mktemp("mutations")
    shutil.copytree(OLD, place, dirs_exist_ok=True)
    run = place / "run"
    config, result = (read_json(run / f"{n}.json") for n in ("config", "verification"))
    write_sealed(run / "config.json", {**config, "format_version": 2})
    files = [path.name for path in run.iterdir() if path.name != "verification.json"]
    write_sealed(run / "verification.json", result, files=files)
    for name in ("water", "airfoil", "elastic"):
        path = place / f"data-{name}" / "metadata.json"
        described = {**read_json(path), "version": "0.2.0"}
        write_sealed(path, described, files=["shard-00000.npz"])
    for name in ("weights", "manifest"):
        (place / name).mkdir()
    model = {"x": np.arange(12.0, dtype=np.float32)}
    io.save_weights(place / "weights" / "model.safetensors", model, {"kind": "particle"})
    shutil.copy(pretrained_dir() / "manifest.toml", place / "manifest")
    shutil.copy(pretrained_dir() / "configs" / "water2d.toml", place / "training/config.toml")
    for name in ("config.json", "metrics.csv", "best.safetensors", "last.safetensors"):
        (place / "training" / name).unlink()
    return place


def flip(path, draw):
    data = bytearray(path.read_bytes())
    for _ in range(draw(st.integers(1, 3))):
        data[draw(st.integers(0, len(data) - 1))] ^= 1 << draw(st.integers(0, 7))
    path.write_bytes(data)


def truncate(path, draw):
    data = path.read_bytes()
    path.write_bytes(data[: draw(st.integers(0, len(data) - 1))])


def repeat(path, draw):
    path.write_bytes(path.read_bytes() * draw(st.integers(2, 4)))


def splice(path, draw):
    data = path.read_bytes()
    start = draw(st.integers(0, len(data)))
    odd = [b"", b"\0", b"NaN", b"1e999", b"1" * 5000, b"[" * 100_000, b'{"a":' * 50_000, b"\xff"]
    path.write_bytes(data[:start] + draw(st.sampled_from(odd)) + data[start + 1 :])


def swap(path, draw):
    """Another file of the folder, or of another kind."""
    others = sorted(p for p in path.parents[1].rglob("*") if p.is_file())
    path.write_bytes(draw(st.sampled_from(others)).read_bytes())


def unlink(path, draw):
    path.unlink()


def pipe(path, draw):
    path.unlink()
    os.mkfifo(path)


def folder(path, draw):
    path.unlink()
    path.mkdir()


def loop(path, draw):
    path.unlink()
    path.symlink_to(path)


def bomb(path, draw):
    """An archive that would unpack to gigabytes, or claims to."""
    path.unlink()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        head = b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }"
        text = head % draw(st.sampled_from([10, 2**28, 2**40]))
        with file.open("position.npy", "w", force_zip64=True) as member:
            member.write(text.ljust(127) + b"\n")
            member.write(bytes(draw(st.sampled_from([40, 2**22]))))


def numbers(path, draw):
    """One number of a text replaced by another one."""
    text = path.read_bytes()
    digits = [i for i, byte in enumerate(text) if chr(byte).isdigit()]
    if digits:
        at = draw(st.sampled_from(digits))
        odd = [b"nan", b"inf", b"-1", b"1e400", b"9" * 400, b"true", b"null", b"[]", b'"x"', b"-0"]
        path.write_bytes(text[:at] + draw(st.sampled_from(odd)) + text[at + 1 :])


MUTATIONS = (
    *(flip, flip, truncate, repeat, splice, swap, unlink, pipe, folder, loop, bomb),
    *(numbers, numbers),
)


def outcome(read, place):
    """What a reader says, in a process of its own that may not ask for more than 2 GB."""
    receiving, sending = os.pipe()
    with warnings.catch_warnings():
        # JAX and Python warn of threads that a child does not have; readers ask for none.
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        signal.alarm(_SECONDS)  # a reader that hangs dies, and has said nothing
        os.close(receiving)
        try:
            size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            resource.setrlimit(resource.RLIMIT_AS, (size + _ROOM, size + _ROOM))
            said = ["same", content_sum(read(place))]
        except ValueError as error:
            said = ["refused", str(error)]
        except BaseException as error:
            said = ["error", f"{type(error).__name__}: {error}"[:500]]
        os.write(sending, json.dumps(said).encode()[:4000])
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else ["error", "the process died"]


def content_sum(content):
    """A checksum of everything that was read; fails on a number that is not finite."""
    plain = jax.tree.map(_plain, content, is_leaf=lambda x: isinstance(x, np.ndarray))
    return fingerprint({"content": plain})


def _plain(x):
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        odd = ~np.isfinite(x)
        # The histories of runs may hold what is not known; here they do not.
        assert not odd.any(), "a number is not finite"
        return [str(x.dtype), list(x.shape), x.tobytes().hex()]
    if isinstance(x, np.ndarray):
        return [str(x.dtype), x.tolist()]
    assert not (isinstance(x, float) and not math.isfinite(x)), "a number is not finite"
    return x


def contents(place):
    return {p: p.read_bytes() for p in place.rglob("*") if p.is_file() and not p.is_symlink()}


def check(folders, tmp, data):
    kind = data.draw(st.sampled_from(sorted(READERS)), "kind")
    place = tmp / "place" / kind
    shutil.rmtree(tmp / "place", ignore_errors=True)
    shutil.copytree(folders / kind, place)
    path = data.draw(st.sampled_from(sorted(p for p in place.iterdir())), "file")
    mutate = data.draw(st.sampled_from(MUTATIONS), "mutation")
    _, whole = outcome(READERS[kind], folders / kind)
    mutate(path, data.draw)
    before = contents(place)
    said, what = outcome(READERS[kind], place)
    assert contents(place) == before
    if said == "refused":
        assert str(place) in what and "\n" not in what.strip()
    elif kind in ("training", "manifest"):  # without checksums another number is another number
        assert said == "same", what
    else:
        assert (said, what) == ("same", whole), (said, what)


def _settings(number):
    return settings(
        max_examples=number,
        deadline=None,
        database=None,
        derandomize=number <= 100,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )


@_settings(100)
@given(data=st.data())
def test_a_hundred_mutations(folders, tmp_path_factory, data):
    check(folders, tmp_path_factory.getbasetemp(), data)


@pytest.mark.slow
@_settings(2000)
@given(data=st.data())
def test_two_thousand_mutations(folders, tmp_path_factory, data):
    check(folders, tmp_path_factory.getbasetemp(), data)
