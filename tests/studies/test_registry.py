"""Names and files to tasks, and one sentence for everything that is neither."""

import textwrap

import pytest

from invdesign._task import Task
from invdesign.studies import _registry
from invdesign.studies._registry import load_task, task_names

OWN_TASK = """
    import equinox as eqx
    from invdesign._task import Task
    from invdesign import BuildWater, jittered_blocks
    from invdesign.objectives import GaussianReward, RegionFraction
    from invdesign.spaces import JointChain

    class Lifted(eqx.Module):
        build: BuildWater = BuildWater()
        def __call__(self, design, condition):
            return self.build(design, condition)

    def make(num_steps=5):
        blocks = jittered_blocks(2, seed=0, center=(0.5, 0.6), counts=(2, 2))
        return Task("own", JointChain(4, 0.4, (0.5, 0.4)), Lifted(), blocks, blocks,
                    GaussianReward((0.5, 0.5), (0.1, 0.1)), RegionFraction((0, 0), (1, 1)),
                    num_steps)

    task = make()
    number = 7
    def fails(): raise RuntimeError("no water today")
    def never(): return make(0)
    def other(): return "a task"
    broken = eqx.tree_at(lambda t: t.conditions, task, None)
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(textwrap.dedent(OWN_TASK))
    return path


def test_the_shipped_tasks_are_registered():
    names = task_names()
    assert names == sorted(names)
    for family in ("contain", "ramp", "maze"):
        assert {family, f"{family}-lite"} <= set(names)
    assert {"contain-4", "contain-48", "ramp-4", "ramp-48"} <= set(names)


@pytest.mark.parametrize("name", ["task", "make"])
def test_a_file_of_ones_own_gives_a_task(own, name):
    task = load_task(f"{own}:{name}")
    assert isinstance(task, Task) and task.name == "own" and task.num_steps == 5


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"no task named `contian`.*`contain`"):
        load_task("contian")


@pytest.mark.parametrize(
    ("suffix", "match"),
    [
        ("", "names no object"),
        (":missing", "defines no `missing`"),
        (":number", "must be a Task, got an object of type int"),
        (":other", "must be a Task, got an object of type str"),
        (":fails", "RuntimeError: no water today"),
        (":never", "num_steps >= 1, got 0"),
        (":broken", "cannot build its initial design"),
    ],
)
def test_what_is_no_task_is_refused_by_name(own, suffix, match):
    with pytest.raises(ValueError, match=match) as caught:
        load_task(f"{own}{suffix}")
    assert "own.py" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("def broken(:\n    pass", "SyntaxError"),
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named_with_the_reason(tmp_path, text, match):
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=match) as caught:
        load_task(f"{path}:task")
    assert "bad.py" in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no file"):
        load_task(f"{tmp_path / 'none.py'}:task")


def test_a_registered_file_must_say_what_it_registers(tmp_path, monkeypatch):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "task.py").write_text("TASKS = 3")
    monkeypatch.setattr(_registry, "tasks_dir", lambda: tmp_path)
    with pytest.raises(ValueError, match="must define TASKS"):
        task_names()
