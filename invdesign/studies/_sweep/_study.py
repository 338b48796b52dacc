"""A study: which runs a sweep makes, said by what they differ in."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...io._manifest import nearest
from ...io._reading import read_toml
from ...io._schema import as_record
from .._config import RunConfig
from .._identity import task_source
from .._optimizers import KNOBS, honors
from ._names import run_name

# Axes with a name of their own, and the field of a run's configuration that each varies.
AXES = {"tasks": "task", "optimizers": "optimizer", "models": "model", "seeds": "seed"}
FIELDS = tuple(field.name for field in dataclasses.fields(RunConfig))
_TABLES = ("zip", "product")
_OPTION = "options."
_MOST_RUNS = 100_000
_SUFFIX = ".safetensors"

Values = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Study:
    """The runs of a sweep: every combination of the values on its axes.

    **Arguments:**

    - `content`: what a study file holds: lists `tasks`, `optimizers`, `models` and `seeds`; tables
      `product`, of lists by a field of `RunConfig` each of which is a further axis, and `zip`, of
      lists of one length that make one axis together; any other field of `RunConfig` is the same
      in all runs. Options of a task stand in tables `options`. A setting of optimizers that is the
      same in all runs goes to those that honor it.
    - `source`: what mistakes are said to be in.
    - `folder`: where relative files of tasks and models are looked for.

    **Raises:** `ValueError` naming the field that is unknown, twice there, or empty.
    """

    content: Values
    source: str = "the study"
    folder: Path = Path()

    def __post_init__(self):
        unknown = [name for name in self.content if name not in (*AXES, *FIELDS, *_TABLES)]
        if unknown:
            raise self._mistake(_unknown(unknown[0], [*AXES, *FIELDS, *_TABLES]))
        self._check_twice()
        number = math.prod(len(axis) for axis in self._axes())
        if number > _MOST_RUNS:
            raise self._mistake(f"it comes to {number:,} runs; at most {_MOST_RUNS:,} are made")

    def _mistake(self, what: str) -> ValueError:
        return ValueError(f"`{self.source}`: {what}.")

    def _check_twice(self) -> None:
        """Refuse a field that is said in two places, in which one would be ignored."""
        said = [AXES.get(name, name) for name in self.content if name not in (*_TABLES, "options")]
        for table in ("options", *_TABLES):
            inside = self._table(table)
            said += [f"{_OPTION}{name}" for name in inside] if table == "options" else inside
        twice = next((name for name in said if said.count(name) > 1), None)
        if twice is not None:
            raise self._mistake(f"`{twice}` is said twice; say it once")

    def _table(self, name: str) -> dict[str, Any]:
        """A table of the study; what is in its `options` by their names with a prefix."""
        found = self.content.get(name, {})
        if not isinstance(found, Mapping):
            raise self._mistake(f"`{name}` is a table of values by name, not {found!r}")
        if name == "options":
            return dict(found)
        own = {key: value for key, value in found.items() if key != "options"}
        for key in own:
            if key not in FIELDS:
                raise self._mistake(_unknown(key, FIELDS, f" in `{name}`"))
        options = found.get("options", {})
        if not isinstance(options, Mapping):
            raise self._mistake(f"`options` in `{name}` is a table of lists by name")
        return own | {f"{_OPTION}{key}": value for key, value in options.items()}

    def _listed(self, name: str, values: Any) -> list[Any]:
        if isinstance(values, str | Mapping) or not isinstance(values, Sequence):
            raise self._mistake(f"`{name}` is an axis and takes a list, not {values!r}")
        if not len(values):
            raise self._mistake(f"`{name}` is empty; leave it out, or name at least one value")
        return list(values)

    def _axes(self) -> list[list[dict[str, Any]]]:
        """What the points of each axis set; the seeds vary fastest, and end a run's name."""
        axes = {field: name for name, field in AXES.items() if name in self.content}
        singles = {field: self._listed(n, self.content[n]) for field, n in axes.items()}
        seeds = {key: singles.pop(key) for key in ("seed",) if key in singles}
        singles |= {key: self._listed(key, v) for key, v in self._table("product").items()}
        found = [[{key: value} for value in values] for key, values in singles.items()]
        together = {key: self._listed(key, v) for key, v in self._table("zip").items()}
        lengths = {len(values) for values in together.values()}
        if len(lengths) > 1:
            said = ", ".join(f"`{key}` {len(values)}" for key, values in together.items())
            raise self._mistake(f"the lists in `zip` are of one length, these have {said}")
        if together:
            rows = zip(*together.values(), strict=True)
            found.append([dict(zip(together, row, strict=True)) for row in rows])
        return found + [[{key: value} for value in values] for key, values in seeds.items()]

    def runs(self) -> dict[str, RunConfig]:
        """The configuration of every run, by the name of its directory.

        **Raises:** `ValueError` naming what a configuration may not hold, or two runs that would
        share a directory.
        """
        constants = {k: v for k, v in self.content.items() if k in FIELDS}
        points = [_merged(point) for point in itertools.product(*self._axes())]
        names = {point["optimizer"] for point in points if "optimizer" in point}
        used = {knob for knob in KNOBS if any(honors(name, knob) for name in names)}
        found: dict[str, RunConfig] = {}
        for varied in points:
            rest = _fitting(constants, varied, used)
            config = self._config(rest, varied)
            name = run_name(varied)
            if name in found:
                raise self._mistake(_shared(name, found[name] == config))
            found[name] = config
        return found

    def _config(self, constants: Values, varied: Values) -> RunConfig:
        own = {key: value for key, value in varied.items() if not key.startswith(_OPTION)}
        options = {k.removeprefix(_OPTION): v for k, v in varied.items() if k.startswith(_OPTION)}
        merged = {**constants, **own}
        if options:
            merged["options"] = {**constants.get("options", {}), **options}
        if "task" not in merged:
            raise self._mistake("it names no task; give it `tasks`, a list of names")
        config = as_record(merged, RunConfig, path=self.source)
        model = config.model and ",".join(self._found(each) for each in config.model.split(","))
        task = config.task
        if task.partition(":")[0].endswith(".py"):
            task = task_source(str(self.folder / task))
        return dataclasses.replace(config, task=task, model=model)

    def _found(self, model: str) -> str:
        return str((self.folder / model).resolve()) if model.endswith(_SUFFIX) else model


def read_study(path: str | Path) -> Study:
    """The study of a TOML file; relative files in it are looked for beside it.

    **Raises:** `ValueError` naming the file and what is wrong with it.
    """
    return Study(read_toml(path), source=str(path), folder=Path(path).resolve().parent)


def _merged(parts: Sequence[Values]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}


def _fitting(constants: Values, varied: Values, used: set[str]) -> Values:
    """Constants without the settings of an optimizer that are for others of the study."""
    name = varied.get("optimizer")
    return {k: v for k, v in constants.items() if k not in used or honors(name, k)}


def _unknown(name: str, names: Sequence[str], where: str = "") -> str:
    close = nearest(name, names)
    hint = f"did you mean {' or '.join(f'`{n}`' for n in close)}? " if close else ""
    return f"there is no field `{name}`{where}; {hint}Known: {', '.join(f'`{n}`' for n in names)}"


def _shared(name: str, alike: bool) -> str:
    if alike:
        return f"the run `{name}` is in it twice; name every value of an axis once"
    return (
        f"two runs would share the directory `{name}`; give files of tasks and models other names"
    )
