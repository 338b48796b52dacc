"""The notebooks run at toy size, and are stored without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path):
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_first_cell_makes_the_claim(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.count("**Claim:**") == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of the notebook machinery, which is not ours
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_at_toy_size(path):
    before = path.read_bytes()
    notebook = read(path)
    for module in notebook.metadata.get("requires", ()):
        pytest.importorskip(module)
    search = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {
        "INVDESIGN_TOY": "1",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": search,
        "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".pytest_cache" / "jax" / path.stem),
    }
    client = NotebookClient(notebook, timeout=600, kernel_name="python3")
    client.execute(cwd=str(ROOT), env=environment)  # raises where a cell does
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert not [o for o in outputs if o.output_type == "error"]
    assert any("image/png" in o.get("data", {}) for o in outputs), "no figure was drawn"
    assert path.read_bytes() == before
