"""A training run as one file: model, data, schedule, perhaps a start and further stages."""

import dataclasses
import itertools
import typing
from dataclasses import MISSING, asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from ..io import Count, Positive, as_record, read_toml

# Far beyond what anybody trains, and small enough to build and to count.
Size = Annotated[int, Meta(ge=1, le=10_000)]
Depth = Annotated[int, Meta(ge=1, le=1_000)]
Number = Annotated[int, Meta(ge=1, le=10**9)]
Seed = Annotated[int, Meta(ge=0, lt=2**32)]
Rate = Annotated[float, Meta(gt=0, le=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(ge=0)]
Average = Annotated[float, Meta(ge=0, lt=1)]


@dataclass(frozen=True)
class ModelConfig:
    """Hyper-parameters of a `ParticleSimulator`; lengths in metres.

    `symmetric`: a `ParticleNetwork`; a `PlainNetwork` otherwise. `mixing`: as the simulator's.
    """

    latent: Size
    num_steps: Depth
    depth: Depth
    normalize: bool
    radius: Positive
    reach: Positive
    symmetric: bool = True
    mixing: Share = 0.0


@dataclass(frozen=True)
class DataConfig:
    """Which data set: how many trajectories, from which seed, what share of them cluttered."""

    num_trajectories: Number
    seed: Seed
    clutter: Share


@dataclass(frozen=True)
class FoilModelConfig:
    """Hyper-parameters of a `FoilSimulator`, as `MeshNetwork` has them."""

    latent: Size
    num_steps: Depth
    depth: Depth
    num_levels: Depth


@dataclass(frozen=True)
class FoilDataConfig:
    """Which data set: how many cases, from which seed."""

    num_cases: Number
    seed: Seed


@dataclass(frozen=True)
class ElasticModelConfig:
    """Hyper-parameters of an `ElasticSimulator`, as `ElasticNetwork` has them.

    `radius`: of edges of the world, in metres.
    """

    latent: Size
    num_steps: Depth
    depth: Depth
    radius: Positive


@dataclass(frozen=True)
class ElasticDataConfig:
    """Which data set: how many trajectories, from which seed."""

    num_trajectories: Number
    seed: Seed


@dataclass(frozen=True)
class CommonConfig:
    """What holds for all stages; `held_out` trajectories judge what is best."""

    clip: Positive
    seed: Seed
    held_out: Number


@dataclass(frozen=True)
class OneStepConfig:
    """How to train on single frames.

    `noise` is that of velocities, in metres a frame; `position_noise` that of positions, in
    metres.
    """

    steps: Number
    graphs_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    position_noise: Weight
    ema: Average
    evaluate_every: Number


@dataclass(frozen=True)
class UnrollConfig:
    """How to go on after the stages before: by rollouts of `frames` frames.

    Noise on the start as in `OneStepConfig`. `through_time`: whether gradients pass through the
    frames. `growth`: weight of the penalty on what small differences grow by.
    """

    steps: Number
    frames: Number
    through_time: bool
    windows_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    position_noise: Weight
    ema: Average
    evaluate_every: Number
    growth: Weight = 0.0


@dataclass(frozen=True)
class SteadyConfig:
    """How to train on steady flows.

    `wall`, `forces`: weights of the errors at the wall and of lift and drag beside those of the
    fields; `lift_unit`, `drag_unit`: errors of the coefficients that weigh 1. `further_per_batch`:
    how many of a batch's cases are from data sets besides the first, where there are any; with 0
    all cases are drawn alike.
    """

    steps: Number
    cases_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    wall: Weight
    forces: Weight
    lift_unit: Positive
    drag_unit: Positive
    ema: Average
    evaluate_every: Number
    further_per_batch: Count = 0


@dataclass(frozen=True)
class TransientConfig:
    """How to train on single frames of meshes that move.

    `noise`: of positions in metres; `gamma`: its share that the next positions make up for, the
    rest being made up for by the next velocities.
    """

    steps: Number
    graphs_per_batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    noise: Weight
    gamma: Share
    ema: Average
    evaluate_every: Number


AnyStage = OneStepConfig | UnrollConfig | SteadyConfig | TransientConfig
AnyModel = ModelConfig | FoilModelConfig | ElasticModelConfig
AnyData = DataConfig | FoilDataConfig | ElasticDataConfig


@dataclass(frozen=True)
class TrainingConfig:
    """All of it; read from a TOML file by `load_config`.

    Water has the stages `one_step` and `unroll`, sections have `steady`, elastic bodies
    `transient`. `start` names the model whose weights and units a run begins with; fresh ones if
    it is empty.
    """

    name: str
    model: AnyModel
    data: AnyData
    training: CommonConfig
    one_step: OneStepConfig | None = None
    unroll: tuple[UnrollConfig, ...] = ()
    start: str = ""
    steady: SteadyConfig | None = None
    transient: TransientConfig | None = None

    @property
    def stages(self) -> tuple[AnyStage, ...]:
        """One frame at a time, then the stages of rollouts; or steady flows; or meshes."""
        single = (self.steady, self.transient, self.one_step)
        first = [stage for stage in single if stage is not None]
        return (*first, *self.unroll)

    @property
    def ends(self) -> tuple[int, ...]:
        """Updates after which each stage is over."""
        return tuple(itertools.accumulate(stage.steps for stage in self.stages))

    @property
    def num_steps(self) -> int:
        """Updates of all stages together."""
        return self.ends[-1]

    def as_dict(self) -> dict[str, Any]:
        """What `config.json` holds: the tables that are there."""
        tables = asdict(self)
        if self.steady is None:
            del tables["steady"]
        elif not self.steady.further_per_batch:
            del tables["steady"]["further_per_batch"]
        if self.transient is None:
            del tables["transient"]
        if isinstance(self.model, ModelConfig) and not self.model.mixing:
            del tables["model"]["mixing"]
        tables["unroll"] = list(tables["unroll"])
        for unroll in tables["unroll"]:
            if not unroll["growth"]:
                del unroll["growth"]
        return tables


_WATER = {
    "model": ModelConfig,
    "data": DataConfig,
    "one_step": OneStepConfig,
    "unroll": UnrollConfig,
}
_SECTIONS = {"model": FoilModelConfig, "data": FoilDataConfig, "steady": SteadyConfig}
_ELASTIC = {"model": ElasticModelConfig, "data": ElasticDataConfig, "transient": TransientConfig}
_KINDS: dict[str, dict[str, type]] = {"water": _WATER, "airfoil": _SECTIONS, "elastic": _ELASTIC}


def load_config(path: str | Path) -> TrainingConfig:
    """Read a training configuration.

    **Raises:** `ValueError` naming the file and the key if one is missing, unknown or malformed,
    or if there is no stage, or none on single frames and no model to start from.
    """
    path = Path(path)
    raw = read_toml(path)
    if not all(isinstance(raw.get(key, ""), str) for key in ("kind", "name", "start")):
        raise ValueError(f"`{path}` needs `kind`, `name` and `start` to be text.")
    if raw.get("kind", "water") not in _KINDS:
        allowed = ", ".join(f'"{kind}"' for kind in _KINDS)
        raise ValueError(f"`{path}` needs `kind` to be one of {allowed}, got {raw['kind']!r}.")
    kinds = _KINDS[raw.get("kind", "water")]
    unknown = raw.keys() - {"name", "kind", "start", "training", *kinds}
    if unknown:
        raise ValueError(f"`{path}` has an unknown key `{sorted(unknown)[0]}`.")
    config = TrainingConfig(
        name=str(_take(path, raw, "name")),
        start=str(raw.get("start", "")),
        model=_table(path, raw, "model", kinds["model"]),
        data=_table(path, raw, "data", kinds["data"]),
        training=_table(path, raw, "training", CommonConfig),
        one_step=_table(path, raw, "one_step", OneStepConfig) if "one_step" in raw else None,
        unroll=_tables(path, raw, "unroll", UnrollConfig) if kinds is _WATER else (),
        steady=_table(path, raw, "steady", SteadyConfig) if "steady" in raw else None,
        transient=_table(path, raw, "transient", TransientConfig) if "transient" in raw else None,
    )
    if not config.stages:
        stages = {"airfoil": "`steady`", "elastic": "`transient`"}
        wanted = stages.get(raw.get("kind", "water"), "`one_step` or `[[unroll]]`")
        raise ValueError(f"`{path}` needs a stage to train: a table {wanted}.")
    if config.unroll and config.one_step is None and not config.start:
        raise ValueError(f"`{path}` needs `start`, a model to go on from, or a table `one_step`.")
    return config


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
    fields = typing.get_type_hints(kind)
    unknown = table.keys() - fields.keys()
    if unknown:
        raise ValueError(f"`{path}` has an unknown key `{key}.{sorted(unknown)[0]}`.")
    optional = {field.name for field in dataclasses.fields(kind) if field.default is not MISSING}
    values = {
        name: _take(path, table, name) for name in fields if name in table or name not in optional
    }
    for name in values:
        wanted = fields[name]
        allowed = (int, float) if wanted is float else (wanted,)
        if type(values[name]) not in allowed:
            raise ValueError(
                f"`{path}` needs `{key}.{name}` to be of type {wanted.__name__}, "
                f"got {values[name]!r}."
            )
    return as_record(values, kind, path=path, at=f"$.{key}")  # every number finite
