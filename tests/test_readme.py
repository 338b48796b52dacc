"""The README is short, and its Python runs."""

import re
from pathlib import Path

import pytest

import invdesign as inv

from .families import toy

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Fenced code of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def run(**shorter: str) -> dict:
    """What the README's Python leaves, each text replaced by what it is at toy size."""
    (code,) = blocks("python")
    for said, toy_sized in shorter.items():
        assert said in code
        code = code.replace(said, toy_sized)
    scope: dict = {}
    exec(compile(code, "README.md", "exec"), scope)
    return scope


def test_the_readme_is_short():
    assert len(README.split()) <= 550


def test_the_two_commands_are_there():
    run, tests = blocks("bash")
    assert run.rstrip().endswith("invdesign run contain")
    assert tests.rstrip().endswith("-m pytest -n 2")


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)|src=\"(.*?)\"", README))
def test_links_lead_somewhere(target):
    assert (ROOT / "".join(target)).exists()


def test_the_python_runs_in_a_toy_world(monkeypatch, capsys):
    load, load_task, reference_for = inv.load, inv.load_task, inv.reference_for
    spring, loaded = toy.Spring(), []

    def instead(call, other):
        return lambda name: (loaded.append(call(name)), other)[1]

    monkeypatch.setattr(inv, "load", instead(load, spring))
    monkeypatch.setattr(inv, "load_task", instead(load_task, toy.throw()))
    trusted = inv.reference.Simulated(spring)
    monkeypatch.setattr(
        inv, "reference_for", instead(lambda task: reference_for(loaded[0]), trusted)
    )
    scope = run()
    task, strip, reference = loaded
    assert task.name == "flick" and reference.simulator.dt == strip.dt
    assert scope["solution"].reason and scope["checked"].gap == pytest.approx(0.0, abs=1e-6)
    assert scope["checked"].reference_score_mean > 0.9
    assert "learned model:" in capsys.readouterr().out


@pytest.mark.slow
def test_the_python_runs_through_the_model():
    scope = run(**{"max_steps=40": "max_steps=2"})
    checked = scope["checked"]
    assert checked.gap == pytest.approx(checked.score - checked.reference_score_mean)
    assert scope["solution"].design.parameters.shape == (scope["task"].space.size,)
