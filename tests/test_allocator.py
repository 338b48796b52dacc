"""The allocator setting: fewer page faults for the same work, where glibc is."""

import subprocess
import sys

import pytest

PROGRAM = """
import importlib.util, resource, sys
import numpy as np
spec = importlib.util.spec_from_file_location("allocator", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
if sys.argv[2] == "on":
    assert module.keep_freed_memory()
for _ in range(3):
    np.ones(9_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    np.ones(9_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(mode):
    import invdesign._allocator as allocator

    command = [sys.executable, "-c", PROGRAM, str(allocator.__file__), mode]
    environment = {"PATH": "/usr/bin:/bin", "NUMPY_MADVISE_HUGEPAGE": "0"}
    return int(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is a matter of Linux")
def test_freed_memory_does_not_fault_again():
    assert faults("on") * 5 < faults("off")
