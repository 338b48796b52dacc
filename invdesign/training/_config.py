"""A training run as one file: model, data, schedule, perhaps a start and further stages."""

import dataclasses
import itertools
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..io._reading import read_toml
from ..io._schema import Number, Positive, Seed, as_record
from ._world import AbstractTraining

Stage = TypeVar("Stage")
_NAME = ("family", "kind")  # of the world; the second is the older key


@dataclass(frozen=True)
class CommonConfig:
    """What holds for all stages; `held_out` trajectories judge what is best."""

    clip: Positive
    seed: Seed
    held_out: Number


@dataclass(frozen=True)
class TrainingConfig:
    """All of it; read from a TOML file by `read_config`.

    **Arguments:**

    - `model`, `data`: tables of the world's kinds.
    - `stages`: in the order in which they are trained, each of one of the world's kinds.
    - `world`: what the training is composed of.
    - `start`: the name of the model whose weights and units a run begins with; fresh ones if it is
      empty.
    """

    name: str
    model: Any
    data: Any
    training: CommonConfig
    stages: tuple[Any, ...]
    world: AbstractTraining = dataclasses.field(compare=False, repr=False)
    start: str = ""

    @property
    def ends(self) -> tuple[int, ...]:
        """Updates after which each stage is over."""
        return tuple(itertools.accumulate(stage.steps for stage in self.stages))

    @property
    def num_steps(self) -> int:
        """Updates of all stages together."""
        return self.ends[-1]

    def stage(self, kind: type[Stage]) -> Stage:
        """The first stage of a kind.

        **Raises:** `ValueError` if there is none.
        """
        for stage in self.stages:
            if isinstance(stage, kind):
                return stage
        raise ValueError(f"`{self.name}` has no table {_shown(kind)}.")

    def as_dict(self) -> dict[str, Any]:
        """What `config.json` holds: the tables, as the TOML file has them."""
        tables = {key: asdict(getattr(self, key)) for key in ("model", "data", "training")}
        for stage in self.stages:
            if _is_repeated(type(stage)):
                tables.setdefault(stage.table, []).append(asdict(stage))  # type: ignore[union-attr]
            else:
                tables[stage.table] = asdict(stage)
        return {"name": self.name, "start": self.start, **tables}

    def goes_on_from(self, found: Mapping[str, Any]) -> bool:
        """Whether tables of a file are these, perhaps but for further repeated stages at the end.

        What a file leaves out has its default; older files leave out other things than this one.
        """
        wanted, found = self._complete(self.as_dict()), self._complete(found)
        repeated = {stage.table for stage in self.stages if _is_repeated(type(stage))}
        for table in repeated:
            given = found.setdefault(table, [])
            wanted[table] = wanted[table][: len(given)]
        return wanted == found

    def _complete(self, tables: Mapping[str, Any]) -> dict[str, Any]:
        """The same with every default written out, and without what is empty."""
        kinds = {"model": type(self.model), "data": type(self.data), "training": CommonConfig}
        kinds |= {kind.table: kind for kind in self.world.stages}
        filled = {}
        for key, table in tables.items():
            defaults = _defaults(kinds[key]) if key in kinds else {}
            if isinstance(table, dict):
                filled[key] = {**defaults, **table}
            elif isinstance(table, list):
                filled[key] = [{**defaults, **each} for each in table]
            else:
                filled[key] = table
        return {key: table for key, table in filled.items() if table}


def read_config(path: str | Path, worlds: Mapping[str, AbstractTraining]) -> TrainingConfig:
    """Read a training configuration.

    **Arguments:** `worlds`: what can be trained, by the name that the file has to give.

    **Raises:** `ValueError` naming the file and the key if one is missing, unknown or malformed,
    or if there is no stage, or none that can begin and no model to start from.
    """
    path = Path(path)
    raw = read_toml(path)
    if not all(isinstance(raw.get(key, ""), str) for key in (*_NAME, "name", "start")):
        raise ValueError(f"`{path}` needs `family`, `name` and `start` to be text.")
    world = _world(path, raw, worlds)
    tables = {"model": world.model, "data": world.data, "training": CommonConfig}
    stages = {kind.table: kind for kind in world.stages}
    unknown = raw.keys() - {*_NAME, "name", "start", *tables, *stages}
    if unknown:
        raise ValueError(f"`{path}` has an unknown key `{sorted(unknown)[0]}`.")
    config = TrainingConfig(
        name=str(_take(path, raw, "name")),
        start=str(raw.get("start", "")),
        stages=tuple(stage for kind in world.stages for stage in _stages(path, raw, kind)),
        world=world,
        **{key: _table(path, raw, key, kind) for key, kind in tables.items()},
    )
    _check_stages(path, config)
    return config


def _world(
    path: Path, raw: dict[str, Any], worlds: Mapping[str, AbstractTraining]
) -> AbstractTraining:
    name = next((raw[key] for key in _NAME if key in raw), None)
    if not isinstance(name, str) or name not in worlds:
        names = dict.fromkeys(world.name for world in worlds.values())  # older ones left out
        allowed = ", ".join(f'"{each}"' for each in names)
        said = "nothing" if name is None else repr(name)
        raise ValueError(f"`{path}` needs `family` to be one of {allowed}, got {said}.")
    return worlds[name]


def _check_stages(path: Path, config: TrainingConfig) -> None:
    kinds = config.world.stages
    if not config.stages:
        wanted = " or ".join(map(_shown, kinds))
        raise ValueError(f"`{path}` needs a stage to train: a table {wanted}.")
    if _is_repeated(type(config.stages[0])) and not config.start:
        first = " or ".join(_shown(kind) for kind in kinds if not _is_repeated(kind))
        raise ValueError(f"`{path}` needs `start`, a model to go on from, or a table {first}.")


def _is_repeated(kind: type) -> bool:
    """Whether stages of a kind are a list of tables, each of which goes on from the one before."""
    return getattr(kind, "repeated", False)


def _shown(kind: Any) -> str:
    return f"`[[{kind.table}]]`" if _is_repeated(kind) else f"`{kind.table}`"


def _defaults(kind: Any) -> dict[str, Any]:
    fields = dataclasses.fields(kind)
    return {field.name: field.default for field in fields if field.default is not MISSING}


def _stages(path: Path, raw: dict[str, Any], kind: Any) -> tuple[Any, ...]:
    if _is_repeated(kind):
        return _tables(path, raw, kind.table, kind)
    return (_table(path, raw, kind.table, kind),) if kind.table in raw else ()


def _take(path: Path, table: dict[str, Any], key: str) -> Any:
    if key not in table:
        raise ValueError(f"`{path}` lacks the key `{key}`.")
    return table[key]


def _tables(path: Path, raw: dict[str, Any], key: str, kind: type) -> tuple[Any, ...]:
    tables = raw.get(key, [])
    if not isinstance(tables, list):
        raise ValueError(f"`{path}` needs `{key}` to be a list of tables: write `[[{key}]]`.")
    return tuple(_table(path, {key: table}, key, kind) for table in tables)


def _table(path: Path, raw: dict[str, Any], key: str, kind: type) -> Any:
    table = _take(path, raw, key)
    if not isinstance(table, dict):
        raise ValueError(f"`{path}` needs `{key}` to be a table.")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = table.keys() - fields.keys()
    if unknown:
        raise ValueError(f"`{path}` has an unknown key `{key}.{sorted(unknown)[0]}`.")
    optional = _defaults(kind)
    values = {
        name: _take(path, table, name) for name in fields if name in table or name not in optional
    }
    wanted = typing.get_type_hints(kind)
    for name in values:
        allowed = (int, float) if wanted[name] is float else (wanted[name],)
        if type(values[name]) not in allowed:
            raise ValueError(
                f"`{path}` needs `{key}.{name}` to be of type {wanted[name].__name__}, "
                f"got {values[name]!r}."
            )
    return as_record(values, kind, path=path, at=f"$.{key}")  # every number finite
