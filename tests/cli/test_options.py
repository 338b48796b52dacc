"""Every option of every command with values that nobody means, from the commands' declarations.

The work behind a command is replaced, so that huge values which are legal pass at once.
"""

import math
import random
import re
import time
from typing import get_type_hints

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from invdesign.cli import app
from invdesign.cli._options import number
from invdesign.io._run_directory import open_run_directory
from invdesign.studies._run import write_design_files


def leaves(group):
    """Commands by the words that call them; those of a group have two."""
    found = {}
    for name, command in group.commands.items():
        inner = leaves(command) if hasattr(command, "commands") else {"": command}
        found |= {f"{name} {rest}".strip(): each for rest, each in inner.items()}
    return found


COMMANDS = leaves(typer.main.get_command(app))
# The function that a command hands over to once it has checked and loaded what it was given.
WORK = {
    "run": ("invdesign.studies._run_resolved.run_design",),
    "sweep": ("sweep.sweep_runs", "sweep.forecast"),
    "status": ("status.read_status",),
    "compare": ("compare.make_runs", "compare.compare_folder"),
    "refine": ("refine.refine_model",),
    "gradcheck": ("gradcheck.check_gradient",),
    "grids": ("invdesign.families.airfoil._grids_command.drags",),
    "polar": ("invdesign.families.airfoil._polar_command.polar",),
    "scan": ("scan.scan_slices",),
    "data": ("data.generate",),
    "train": ("train.make_data",),
    "evaluate": ("evaluate.judged",),
    "verify": ("verify.verify_design",),
    "figures": ("figures.draw_outputs",),
    "tasks": ("tasks.task_names",),
    "simulators": ("simulators.read_manifest",),
    "report": ("report.write_report",),
    "submit": ("submit.submitted",),
    "import data": ("imports.open_particles",),
    "import weights": ("imports.save_network",),
}
VALUES = [
    "0",
    "-1",
    "nan",
    "inf",
    "-inf",
    "1e-300",
    "1e30",
    str(2**63),
    str(10**30),
    "9" * 5000,
    "",
    " ",
    ",",
    "é漢字🚀",
    "x" * 5000,
    "x" * 5000 + ".safetensors",
    "x" * 5000 + ".py:task",
    "/dev/null/x",
    "\udcff",
    "a\0b",
]
NOT_FINITE = {"nan", "inf", "-inf"}


def parameters(command):
    """Its arguments and the options that take a value."""
    return [
        p for p in COMMANDS[command].params if p.nargs == 1 and not getattr(p, "is_flag", False)
    ]


CASES = [
    (command, parameter.name, value)
    for command in COMMANDS
    for parameter in parameters(command)
    for value in VALUES
]
SAMPLE = random.Random(0).sample(CASES, 100)


def shown(case):
    command, name, value = case
    return f"{command}-{name}-{value[:12]!a}"


class Work:
    """What stands in for the work: remembers what it was called with, and ends the command."""

    def __init__(self):
        self.calls = []

    def __call__(self, *args, **kwargs):
        self.calls.append((args, kwargs))
        raise typer.Exit(0)


@pytest.fixture
def work(monkeypatch, tmp_path):
    """The commands in an empty folder, with nothing behind them."""
    stub = Work()
    for names in WORK.values():
        for name in names:
            inside = name.startswith("invdesign.")
            monkeypatch.setattr(name if inside else f"invdesign.cli.{name}", stub)
    monkeypatch.chdir(tmp_path)
    return stub


@pytest.fixture(scope="module")
def made(place, tiny, weights):
    """The directory of a run that has a design, as if it had been searched for."""
    stub, path = Work(), place / "made"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("invdesign.studies._run_resolved.run_design", stub)
        CliRunner().invoke(app, ["run", tiny, "--model", str(weights), "--steps", "1"])
    ((_, configuration, problem, *_), _) = stub.calls[0]
    design = problem.task.space.decode(problem.task.space.initial())
    write_design_files(open_run_directory(path, configuration), problem.task, design)
    return path


@pytest.fixture(scope="module")
def study(place, tiny):
    path = place / "of_options.toml"
    path.write_text(f"tasks = ['{tiny}']\n")
    return path


@pytest.fixture
def call(work, tiny, weights, made, study):
    """Runs a command in words that are right, but for one parameter."""
    usual_words = {
        "task": tiny,
        "run_dir": str(made),
        "section": "2412",
        "config": "water2d",
        "model": str(weights),
        "name": "water2d",
        "file": str(study),
        "folder": str(made),
        "design": str(made),
        "path": str(made),
    }
    usual = {
        "run": {"--model": str(weights), "--steps": "1"},
        "compare": {"--model": str(weights)},
        "refine": {"--model": str(weights)},
        "gradcheck": {"--model": str(weights)},
        "verify": {"--task": tiny, "--conditions": "1"},
        "submit": {"--by": "somebody"},
        "import data": {"--out": "new"},
        "import weights": {"--out": "new.safetensors"},
    }

    def invoke(command, changed=None, value=None, *more, other=None):
        other = other or {}
        positional = usual_words | other
        words, options = [], {k: other.get(k, v) for k, v in usual.get(command, {}).items()}
        for parameter in parameters(command):
            this = parameter.name == changed
            if parameter.param_type_name == "argument":
                words.append(value if this else positional[parameter.name])
            elif this:
                options.pop(parameter.opts[0], None)
                options[parameter.opts[0]] = value
        options = [f"{name}={text}" for name, text in options.items()]
        return CliRunner().invoke(
            app, ["--no-cache", *command.split(), *options, *more, "--", *words]
        )

    return invoke


def is_number(command, name):
    """Whether a parameter takes a number, by the command's annotations."""
    return get_type_hints(COMMANDS[command].callback)[name] in (
        int,
        float,
        int | None,
        float | None,
    )


def check(case, call, *more):
    command, name, value = case
    began = time.process_time()
    result = call(command, name, value, *more)
    seconds = time.process_time() - began
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 2), result.stderr
    assert seconds < 3  # of this process: what others on the machine do is not its fault
    if result.exit_code == 2:
        (line,) = result.stderr.splitlines()
        assert line.startswith("Error: ") and len(line) < 1000
        assert not result.stdout
    else:
        assert not (is_number(command, name) and not math.isfinite(float(value)))
    return result.exit_code


@pytest.mark.parametrize("case", SAMPLE, ids=shown)
def test_one_sentence_or_success(case, call):
    check(case, call, "--json")


@pytest.mark.slow  # a thousand cases
@pytest.mark.parametrize("command", COMMANDS)
def test_one_sentence_or_success_for_every_option(command, call):
    for case in (case for case in CASES if case[0] == command):
        check(case, call)


def described(call):
    """The arguments of a call as bytes: arrays by their numbers, all else by its words."""
    leaves, structure = jax.tree.flatten(call)
    words = [_words(x) for x in leaves if not callable(x)]
    return re.sub(r"0x[0-9a-f]+", "", f"{words} {structure}")


def _words(leaf):
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    return np.asarray(leaf).tobytes() if isinstance(leaf, np.ndarray | jax.Array) else repr(leaf)


# One legal value for every option that may change the work.
LEGAL = {
    ("run", "optimizer"): "adam",
    ("run", "steps"): "2",
    ("run", "budget"): "1e6",
    ("run", "patience"): "3",
    ("run", "learning_rate"): "0.5",
    ("run", "seed"): "3",
    ("run", "out"): "elsewhere",
    ("compare", "optimizers"): "adam",
    ("compare", "seeds"): "3",
    ("compare", "budget"): "1e6",
    ("compare", "learning_rate"): "0.5",
    ("compare", "out"): "elsewhere",
    ("refine", "rounds"): "3",
    ("refine", "steps"): "3",
    ("refine", "designs"): "3",
    ("refine", "updates"): "3",
    ("refine", "tolerance"): "0.5",
    ("refine", "allowance"): "0.5",
    ("refine", "optimizer"): "adam",
    ("refine", "learning_rate"): "0.5",
    ("refine", "seed"): "3",
    ("refine", "out"): "elsewhere",
    ("gradcheck", "horizons"): "2",
    ("gradcheck", "directions"): "3",
    ("gradcheck", "scenes"): "1",
    ("gradcheck", "seed"): "3",
    ("grids", "lift"): "0.3",
    ("grids", "finest"): "2",
    ("polar", "first"): "1",
    ("polar", "last"): "5",
    ("polar", "step"): "2",
    ("data", "name"): "elastic",
    ("data", "trajectories"): "3",
    ("data", "seed"): "3",
    ("data", "out"): "elsewhere",
    ("train", "data"): "elsewhere",
    ("evaluate", "seed"): "3",
    ("evaluate", "out"): "elsewhere",
    ("verify", "conditions"): "2",
    ("scan", "points"): "9",
    ("scan", "across"): "3",
    ("scan", "conditions"): "1",
}


# Options that others declare: of a task's family, of data, of a report.
DECLARED = {
    "run": {"gradient_limit": "0.5", "contact": "hard"},
    "compare": {"gradient_limit": "0.5"},
    "refine": {"gradient_limit": "0.5"},
    "gradcheck": {"gradient_limit": "0.5"},
    "data": {"clutter": "0.5", "contact": "0.5", "frames": "30"},
    "evaluate": {"scenes": "3", "contact": "3", "designs": "3", "steps": "30"},
}
# Those that are not water's, with a task and a model of the family that has them.
ELSEWHERE = {("run", "contact"): {"task": "rope-drape", "--model": "rope"}}


@pytest.mark.slow
@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value[:12]!a}")
def test_one_sentence_or_success_for_what_others_declare(value, call):
    for command, options in DECLARED.items():
        for name in options:
            other = ELSEWHERE.get((command, name))
            flag = f"--{name.replace('_', '-')}={value}"
            result = call(command, None, None, flag, "--json", other=other)
            assert isinstance(result.exception, SystemExit | None), (command, name)
            assert result.exit_code in (0, 2), result.stderr
            assert result.exit_code == 0 or result.stderr.startswith("Error: ")
            assert not (value in NOT_FINITE and result.exit_code == 0)


@pytest.mark.slow
@pytest.mark.parametrize("command", DECLARED)
def test_what_others_declare_has_an_effect(command, call, work, monkeypatch, tmp_path):
    for name, value in DECLARED[command].items():
        work.calls.clear()
        for folder, words in ((f"without-{name}", []), (f"with-{name}", [f"={value}"])):
            (tmp_path / folder).mkdir()
            monkeypatch.chdir(tmp_path / folder)
            flags = [f"--{name.replace('_', '-')}{word}" for word in words]
            other = ELSEWHERE.get((command, name))
            result = call(command, None, None, *flags, other=other)
            assert result.exit_code == 0, result.stderr
        assert described(work.calls[0]) != described(work.calls[1])


@pytest.mark.slow
@pytest.mark.parametrize("option", LEGAL, ids="-".join)
def test_an_option_has_an_effect(option, call, work, monkeypatch, tmp_path):
    for folder, value in (("without", None), ("with", LEGAL[option])):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        command, name = option
        result = call(command, *(() if value is None else (name, value)))
        assert result.exit_code == 0, result.stderr
    assert described(work.calls[0]) != described(work.calls[1])


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("run", ("--population=4",), "`--population` has no effect on `coupled-adam`"),
        ("run", ("--optimizer=cmaes", "--elites=4"), "`--elites` has no effect on `cmaes`"),
        ("run", ("--std=0.1",), "`--std` has no effect on `coupled-adam`"),
        ("run", ("--optimizer=random", "--std=0.1"), "`--std` has no effect on `random`"),
        ("run", ("--optimizer=cem", "--learning-rate=0.1"), "`--learning-rate` has no effect"),
        ("run", ("--optimizer=cem", "--gradient-limit=0.1"), "`--gradient-limit` has no effect"),
        ("run", ("--simulator=reference",), "has no effect with `--simulator reference`"),
        ("run", ("--max-distance=2",), "`--max-distance` is no option of `tiny`, a task of water"),
        (
            "compare",
            ("--optimizers=cem,cmaes", "--learning-rate=0.1"),
            "no effect on `cem`, `cmaes`",
        ),
        ("refine", ("--data=somewhere",), "`--data` is for models of sections"),
        ("train", ("--until=3", "--steps-now=3"), "`--until` has no effect beside"),
        ("evaluate", ("--cases=3",), "`--cases` is no option of the report on models of water"),
    ],
)
def test_an_option_without_effect_is_refused(command, arguments, said, call, refused):
    assert said in refused(call(command, None, None, *arguments))


def test_a_number_is_finite_and_within_its_range():
    check = number(above=0, most=10)
    assert (check(10), check(1e-300), check(None)) == (10, 1e-300, None)
    for value in (0, -1, 10.001, math.inf, -math.inf, math.nan):
        with pytest.raises(typer.BadParameter, match="above 0 and at most 10, got"):
            check(value)
    assert number(least=2, most=10)(2) == 2


def test_every_command_is_covered():
    assert WORK.keys() == COMMANDS.keys()
