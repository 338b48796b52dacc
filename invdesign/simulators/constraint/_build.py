"""Simulators by constraints from hyper-parameters."""

import dataclasses
from typing import Annotated, Any

import jax
from msgspec import Meta

from ..._types import PRNGKeyArray
from ...io._schema import Depth, Positive, Size, as_record
from ._inner import AbstractSteps, FastProjections, GradientSteps, Updates
from ._mirrored import MirroredNetwork
from ._network import ConstraintNetwork
from ._ranges import AbstractRanges
from ._simulator import ConstraintSimulator, MotionStatistics
from ._views import VIEWS, AbstractView, Links

_GRADIENT, _PROJECTIONS, _UPDATES = "gradient", "projections", "updates"
_Solver = Annotated[str, Meta(pattern=f"^({_GRADIENT}|{_PROJECTIONS}|{_UPDATES})$")]
_DIM = 2  # of space
_OLDEST = "links"
_LINKS = Links()


@dataclasses.dataclass(frozen=True)
class ConstraintModelConfig:
    """Hyper-parameters of a `ConstraintSimulator`.

    `num_steps`: of message passing; `num_past`: frames whose motion it sees; `solver`: "gradient"
    (`GradientSteps`), "projections" (`FastProjections`) or "updates" (`Updates`: the network gives
    the step itself, an ordinary graph network simulator where `iterations` is 1); `iterations`: of
    an inner solve; `step_size`: of one; `residuals`: numbers a node whose squares are the
    constraint; `rollout_iterations`: of an inner solve once it is trained, 0 for as many as in
    training; `mirrored`: whether rollouts, not training, see the mirror image of each frame, too
    (`MirroredNetwork`).
    """

    latent: Size
    num_steps: Depth
    num_past: Depth
    solver: _Solver
    iterations: Depth
    step_size: Positive
    residuals: Size = 8
    rollout_iterations: Annotated[int, Meta(ge=0, le=1_000)] = 0
    mirrored: bool = False


def build_constraint_network(
    model: ConstraintModelConfig, *, view: AbstractView = _LINKS, key: PRNGKeyArray
) -> ConstraintNetwork:
    """A network with fresh weights."""
    return ConstraintNetwork(
        _DIM * model.num_past + view.num_traits + 2 * view.num_places + _DIM,
        2 * view.num_relations,
        _DIM if model.solver == _UPDATES else model.residuals,
        latent=model.latent,
        num_steps=model.num_steps,
        key=key,
    )


def build_solver(model: ConstraintModelConfig, *, iterations: int) -> AbstractSteps:
    """The inner solver of a model, with that many iterations."""
    if model.solver == _UPDATES:
        return Updates(iterations)
    kind = GradientSteps if model.solver == _GRADIENT else FastProjections
    return kind(iterations, model.step_size)


def constraint_header(
    model: ConstraintModelConfig,
    statistics: MotionStatistics,
    *,
    dt: float,
    ranges: AbstractRanges,
    view: AbstractView = _LINKS,
) -> dict[str, Any]:
    """What the header of a weights file has to say to build its simulator again."""
    (kind,) = [name for name, each in VIEWS.items() if type(view) is each]
    return {
        "model": dataclasses.asdict(model),
        "view": kind,
        "statistics": dataclasses.asdict(statistics),
        "dt": dt,
        "ranges": dataclasses.asdict(ranges),
    }


def make_constraint_simulator(
    network: ConstraintNetwork, header: dict[str, Any]
) -> ConstraintSimulator:
    """A simulator around a network; `header` as `constraint_header` writes it."""
    model = as_record(header["model"], ConstraintModelConfig, path="header", at="$.model")
    view = _view(header)
    is_step = model.solver == _UPDATES
    seen = MirroredNetwork(network, view, num_past=model.num_past, is_step=is_step)
    return ConstraintSimulator(
        network=seen if model.mirrored else network,
        solver=build_solver(model, iterations=model.rollout_iterations or model.iterations),
        statistics=MotionStatistics(**header["statistics"]),
        num_past=model.num_past,
        dt=header["dt"],
        view=view,
        ranges=view.ranges.from_header(header["ranges"]),
    )


def build_constraint_simulator(header: dict[str, Any]) -> ConstraintSimulator:
    """A simulator with the shapes that a weights file's header describes, untrained."""
    model = as_record(header["model"], ConstraintModelConfig, path="header", at="$.model")
    network = build_constraint_network(model, view=_view(header), key=jax.random.key(0))
    return make_constraint_simulator(network, header)


def _view(header: dict[str, Any]) -> AbstractView:
    """How a model sees scenes; older files are of ropes and do not say."""
    kind = header.get("view", _OLDEST)
    if kind not in VIEWS:
        raise ValueError(f"The model sees scenes in an unknown way: {kind!r}.")
    return VIEWS[kind]()
