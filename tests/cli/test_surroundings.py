"""Users without a home, devices that are not there, Ctrl-C before anything has begun."""

import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from invdesign import _home
from invdesign._cache import cache_dir, use_compilation_cache
from invdesign.cli._device import check_device

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import invdesign_program as p; p.main()"


@pytest.fixture
def nobody(monkeypatch):
    """A user without an entry, and no variable that says where its files would go."""

    def unknown(uid):
        raise KeyError(uid)

    for name in ("HOME", "INVDESIGN_CACHE", "XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def test_without_a_home_nothing_is_cached(nobody):
    assert not _home.has_home() and cache_dir() is None
    use_compilation_cache()


def test_without_a_home_one_is_lent(nobody, monkeypatch):
    undone = []
    monkeypatch.setattr(_home.atexit, "register", lambda *a, **k: undone.append((a, k)))
    monkeypatch.setenv("HOME", "/somewhere")
    _home.lend_home()
    assert os.environ["HOME"] == "/somewhere" and not undone
    monkeypatch.delenv("HOME")
    _home.lend_home()
    lent = Path(os.environ["HOME"])
    assert lent.is_dir() and lent.stat().st_mode & 0o077 == 0
    # What is gone at the end of the process is no place to keep programs for the next one.
    assert not _home.has_home() and cache_dir() is None
    for (function, *arguments), options in undone:
        function(*arguments, **options)
    assert not lent.exists()


def test_the_home_of_the_cache_is_spelled_out(monkeypatch, tmp_path):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("INVDESIGN_CACHE", "~/x")
    assert cache_dir() == tmp_path / "x"
    monkeypatch.setenv("INVDESIGN_CACHE", "~nobody-of-this-name/x")
    assert cache_dir() is None


def test_a_device_that_is_not_there(monkeypatch):
    def none():
        raise AssertionError

    monkeypatch.setattr(jax, "devices", none)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    check_device()
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    with pytest.raises(ValueError, match=r"`JAX_PLATFORMS=cuda`.*`JAX_PLATFORMS=cpu`"):
        check_device()


@pytest.mark.slow  # imports the package once more
def test_a_user_without_an_entry_is_told_of_a_device_that_is_not_there():
    """Some libraries look for a home as they are imported."""
    program = PROGRAM.replace("p.main()", "import pwd; pwd.getpwuid = {}.__getitem__; p.main()")
    done = subprocess.run(
        [sys.executable, "-c", program, "tasks"],
        env={"PATH": os.environ["PATH"], "JAX_PLATFORMS": "nothing"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: `JAX_PLATFORMS=nothing`")


@pytest.mark.parametrize("caught", ["", "try:\n    {}\nexcept BaseException:\n    pass"])
def test_ctrl_c_while_importing_is_one_line(caught, tmp_path):
    """Also where a module that is being imported keeps the exception for itself."""
    slow = "import time; print('importing', flush=True); time.sleep(60)"
    (tmp_path / "invdesign").mkdir()
    (tmp_path / "invdesign" / "__init__.py").write_text(caught.format(slow) or slow)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); p.main()"
    program = PROGRAM.replace("p.main()", program)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=120)[1] == "Interrupted.\n"
    assert process.returncode == 130
