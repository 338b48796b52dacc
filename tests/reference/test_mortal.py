"""Programs outlive nobody who started them."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from invdesign.reference.openfoam._mortal import mortal


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="util-linux has it")
def test_a_program_ends_with_a_parent_that_is_killed():
    script = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    command = mortal(["sh", "-c", "echo $$; exec sleep 600"])
    with subprocess.Popen([sys.executable, "-c", script, *command], stdout=-1) as parent:
        assert parent.stdout is not None
        child = Path(f"/proc/{int(parent.stdout.readline())}")
        assert child.exists()
        parent.kill()
    for _ in range(100):
        if not child.exists():
            break
        time.sleep(0.1)
    assert not child.exists()


def test_without_the_program_it_is_the_command(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert mortal(["simpleFoam", "-case", "x"]) == ["simpleFoam", "-case", "x"]
