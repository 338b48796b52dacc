"""Task files and the modules beside them: always from their source, never mixed, last in line."""

import os
import sys
import warnings

import pytest

from invdesign.studies._registry import find_task, load_task
from invdesign.studies._sources import read_sources

TASK = """
import invdesign as inv
from invdesign.objectives import GaussianReward, RegionFraction
from invdesign.spaces import JointChain
{imports}

blocks = inv.jittered_blocks(1, seed=0, center=(0.5, 0.6), counts=(2, 2))
task = inv.Task("own", JointChain({joints}, 0.4, (0.5, 0.4)), inv.BuildWater(), blocks, blocks,
                GaussianReward((0.5, 0.5), (0.1, 0.1)), RegionFraction((0, 0), (1, 1)), 5)
"""


def write(folder, imports="", joints="4", **beside):
    folder.mkdir(exist_ok=True)
    (folder / "own.py").write_text(TASK.format(imports=imports, joints=joints))
    for name, text in beside.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return f"{folder / 'own.py'}:task"


def test_a_file_rewritten_at_once_is_the_new_file(tmp_path):
    """The same second and as many bytes: what a cache of bytecode goes by."""
    for joints in ("3", "7", "5"):
        source = write(tmp_path, "from helper import *", joints, helper=f"NUMBER = {joints}")
        for path in tmp_path.glob("*.py"):
            os.utime(path, (1e9, 1e9))
        task = load_task(source)
        assert task.space.size == int(joints)
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.mark.parametrize(
    ("imports", "joints"),
    [
        ("import helper", "helper.NUMBER"),
        ("import helper as other", "other.NUMBER"),
        ("from helper import NUMBER as N", "N"),
        ("from . import helper", "helper.NUMBER"),
        ("from .helper import NUMBER", "NUMBER"),
        ("import parts.deep", "parts.deep.NUMBER"),
        ("import parts.deep as deep", "deep.NUMBER"),
        ("from parts import deep", "deep.NUMBER"),
        ("from parts.deep import NUMBER", "NUMBER"),
        ("def lazy():\n    from helper import NUMBER\n    return NUMBER", "lazy()"),
    ],
)
def test_every_way_to_import_what_lies_beside(imports, joints, tmp_path):
    source = write(
        tmp_path,
        imports,
        joints,
        helper="from parts.deep import NUMBER",
        unused="1 / 0",
        **{
            "parts/__init__": "",
            "parts/deep": "from .number import NUMBER",
            "parts/number": "NUMBER = 6",
        },
    )
    found = find_task(source)
    assert found.task.space.size == 6
    files = set(found.sources.contents)
    assert {"own.py", "parts/__init__.py", "parts/deep.py", "parts/number.py"} <= files
    assert "unused.py" not in files
    assert not {"helper", "parts", "own"} & set(sys.modules)
    assert str(tmp_path) not in sys.path


def test_two_folders_never_mix(tmp_path):
    """Also not when a function of the first one imports after the second one was loaded."""
    lazy = "def lazy():\n    import helper\n    return helper.NUMBER"
    sources = [
        write(tmp_path / name, lazy, "lazy()", helper=f"NUMBER = {name[-1]}")
        for name in ("a3", "b5")
    ]
    modules = [read_sources(tmp_path / name / "own.py").run() for name in ("a3", "b5")]
    assert [load_task(source).space.size for source in sources] == [3, 5]
    assert [module.lazy() for module in modules] == [3, 5]


def test_installed_modules_come_first_and_a_clash_is_said(tmp_path):
    text = "raise RuntimeError('this is not what you mean')"
    source = write(
        tmp_path, "import json\nimport numpy", "int(numpy.int64(4))", json=text, numpy=text
    )
    with pytest.warns(UserWarning) as caught:
        load_task(source)
    said = [str(warning.message) for warning in caught]
    for name in ("json", "numpy"):
        assert any(
            f"`{name}.py` beside `own.py` is not what `import {name}` finds" in s for s in said
        )


def test_a_folder_on_the_path_is_searched_last_all_the_same(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    source = write(tmp_path, "import helper", "helper.NUMBER", helper="NUMBER = 3")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_task(source).space.size == 3
    assert "helper" not in sys.modules and not list(tmp_path.rglob("__pycache__"))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("def broken(:", "SyntaxError.*helper.py"),
        ("1 / 0", "ZeroDivisionError.*helper.py"),
        ("from nowhere_to_be_found import x", "ModuleNotFoundError"),
        ("x = 1\0", "null bytes"),
    ],
)
def test_a_broken_module_beside_is_refused_by_name(text, match, tmp_path):
    source, before = write(tmp_path, "import helper", helper=text), set(sys.modules)
    with pytest.raises(ValueError, match=match) as caught:
        load_task(source)
    assert "own.py" in str(caught.value)
    assert not {name for name in set(sys.modules) - before if name.startswith("_invdesign")}
