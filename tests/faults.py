"""Faults of one line each, set into a copy of the package: the named tests have to catch them.

    python -m tests.faults [NUMBER ...]

A net beneath changes of the suite: whoever moves tests, or makes them faster, sees whether they
still catch what they caught. `faults.toml` holds the faults; their order is their number. The tests
that it names have to pass on the copy as it is. Exit code 1 if they do not, if a line does not
stand exactly once in its file, or if a fault survives.
"""

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_name("faults.toml")
_COPIED = ("invdesign", "tests", "pyproject.toml", "CITATION.cff")
_HIDDEN = (".git", ".venv", ".pytest_cache")


@dataclasses.dataclass(frozen=True)
class Fault:
    """A line of the package, what it becomes, and who catches that.

    **Arguments:**

    - `what`: in one sentence.
    - `file`: from the root of the repository.
    - `line`, `fault`: the line as it is, and with the fault, without indentation.
    - `tests`: files of tests, or tests in them, as pytest takes them.
    """

    what: str
    file: str
    line: str
    fault: str
    tests: list[str]

    def changed(self, text: str) -> str:
        """The content of the file with the fault in place of the line.

        **Raises:** `ValueError` unless the line stands there exactly once.
        """
        lines = text.splitlines(keepends=True)
        found = [index for index, line in enumerate(lines) if line.strip() == self.line.strip()]
        if len(found) != 1:
            raise ValueError(f"the line stands {len(found)} times in {self.file}")
        old = lines[found[0]]
        lines[found[0]] = old.replace(self.line.strip(), self.fault.strip())
        return "".join(lines)


def read_faults() -> dict[int, Fault]:
    """All faults by number, from one."""
    entries = tomllib.loads(LIST.read_text())["fault"]
    return {number: Fault(**entry) for number, entry in enumerate(entries, start=1)}


def copy_of(root: Path, place: Path) -> Path:
    """A copy of what is changed and of the tests, beside links to the rest."""
    for path in root.iterdir():
        if path.name in _COPIED and path.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(path, place / path.name, ignore=ignored)
        elif path.name in _COPIED:
            shutil.copy(path, place / path.name)
        elif path.name not in _HIDDEN:
            (place / path.name).symlink_to(path)
    return place


def passes(place: Path, tests: list[str], *, bytecode: bool = False) -> tuple[bool, str]:
    """Whether tests pass on the copy, and the last line that pytest said.

    **Arguments:** `bytecode`: whether to keep it, which a file changed twice within a second could
    be taken for.
    """
    environment = os.environ | {"PYTHONPATH": str(place)}
    environment |= {} if bytecode else {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):  # neither passed nor failed: nothing was tested
        raise RuntimeError(f"pytest {' '.join(tests)}\n{done.stdout}\n{done.stderr}")
    return done.returncode == 0, done.stdout.strip().splitlines()[-1]


def try_fault(place: Path, fault: Fault) -> str | None:
    """What is wrong with the net at this place, or `None` if the fault is caught."""
    path = place / fault.file
    whole = path.read_text()
    try:
        path.write_text(fault.changed(whole))
        survived, _ = passes(place, fault.tests)
    except ValueError as error:
        return str(error)
    finally:
        path.write_text(whole)
    return "survives" if survived else None


def main(arguments: list[str]) -> int:
    faults = read_faults()
    chosen = [int(number) for number in arguments] or list(faults)
    troubles = 0
    with tempfile.TemporaryDirectory(prefix="invdesign-faults-") as folder:
        place = copy_of(ROOT, Path(folder))
        named = {test: None for number in chosen for test in faults[number].tests}
        fine, said = passes(place, list(named), bytecode=True)
        print(f"as it is: {said}", flush=True)
        if not fine:
            return 1
        for number in chosen:
            began = time.monotonic()
            trouble = try_fault(place, faults[number])
            troubles += trouble is not None
            seconds = time.monotonic() - began
            print(
                f"{number:3}  {trouble or 'caught':10} {seconds:5.0f} s  {faults[number].what}",
                flush=True,
            )
    print(f"{len(chosen) - troubles} of {len(chosen)} faults caught")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
