"""The loss of short rollouts through the simulator itself."""

from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from ..._adjoint import AbstractAdjoint, CheckpointAdjoint, TruncatedAdjoint
from ..._rollout import Trajectory, rollout
from ..._types import Array, Bool, Float, Scalar
from ...graphs import RadiusGraph
from ...scenes import ParticleFrame, ParticleScene
from ...simulators import ParticleSimulator
from .._rollout_errors import mean_of_windows, motion_errors
from ._windows import Windows

_PROBE = 3e-5  # m and m a frame: small beside a particle, large beside single precision


def unrolled_loss(
    simulator: ParticleSimulator,
    windows: Windows,
    *,
    scene: Callable[[Mapping[str, Any]], ParticleScene],
    through_time: bool = True,
    growth: float = 0.0,
) -> tuple[Scalar, Scalar]:
    r"""Mean squared errors of positions and velocities along rollouts from the windows' starts.

    $$\frac{1}{k} \sum_{j=1}^{k} \left\langle \frac{|x_j - x_j^*|^2}{(j\,u_x)^2}
        + \frac{|v_j - v_j^*|^2}{u_v^2} \right\rangle$$

    with the means over particles and windows, and $u$ the spread of what a frame adds to free
    flight. An error of velocity moves particles further off with every frame, hence the $j$. One
    frame is the one-step loss but for contact, which a rollout sweeps once more.

    With `growth` $w > 0$ a second rollout begins beside each window's start, at a distance
    $d_0$ so small that it shows what the simulator does to differences, and
    $w \max(0, \log(d_k / d_{k/2}))^2$ is added: by how much the distance has grown in the second
    half of the window, when the differences that grow fastest have come to the fore. Where water
    comes to rest a solver lets differences fade; a simulator that blows them up has no gradient
    worth the name over a long rollout.

    A window whose edges outgrow the capacity in any frame, or that becomes non-finite, does not
    count. One window at a time is rolled out on a CPU, where that is faster, all at once on a GPU.

    Source: Um et al. (2020), section 3, for training through the unrolled solver; List et al.
    (2024), section 3, for what the gradient in time is worth.

    **Arguments:** `scene`: that a moment begins; `through_time`: differentiate through all frames;
    otherwise each frame's start is taken as given (the network still meets its own errors).

    **Returns:** the loss, and the share of windows left out.
    """
    adjoint = CheckpointAdjoint(segment=1) if through_time else TruncatedAdjoint(window=1)

    def errors(window: Windows) -> tuple[Scalar, Bool[Array, ""]]:
        return _window_error(simulator, window, scene, adjoint, growth)

    return mean_of_windows(errors, windows)


def _window_error(
    simulator: ParticleSimulator,
    window: Windows,
    make_scene: Callable[[Mapping[str, Any]], ParticleScene],
    adjoint: AbstractAdjoint,
    growth: float,
) -> tuple[Scalar, Bool[Array, ""]]:
    num_frames = window.positions.shape[0]

    def unroll(window: Windows) -> Trajectory:
        sample = {
            "position": window.position,
            "velocity": window.velocity,
            "segments": window.segments,
        }
        scene = make_scene(sample)
        return rollout(simulator, scene, num_steps=num_frames, adjoint=adjoint, throw=False)

    trajectory = unroll(window)
    units = simulator.statistics
    drift = (trajectory.frames.position - window.positions) / units.position_change
    push = (trajectory.frames.velocity - window.velocities) * simulator.dt / units.velocity_change
    error = motion_errors(drift, push).mean()
    counts = trajectory.result == 0
    if growth:
        shift, turn = _PROBE * window.probe
        beside = window._replace(
            position=window.position + shift, velocity=window.velocity + turn / simulator.dt
        )
        other = unroll(beside)
        apart = _apart(trajectory.frames, other.frames, simulator.dt)
        grown = 0.5 * jnp.log(apart[-1] / apart[num_frames // 2 - 1])
        error = error + growth * jnp.maximum(grown, 0.0) ** 2
        counts = counts & (other.result == 0)
    return error, counts


def _apart(first: ParticleFrame, second: ParticleFrame, dt: float) -> Float[Array, " frame"]:
    """Squared distance of two rollouts after each frame; velocities in metres a frame."""
    offset = first.position - second.position
    relative = dt * (first.velocity - second.velocity)
    return jnp.sum(offset**2 + relative**2, axis=(1, 2))


def with_capacity(simulator: ParticleSimulator, edges_per_node: float) -> ParticleSimulator:
    """The simulator with room for `edges_per_node` edges between particles."""
    return eqx.tree_at(
        lambda s: s.connectivity,
        simulator,
        RadiusGraph(simulator.connectivity.radius, edges_per_node),
        is_leaf=lambda x: isinstance(x, RadiusGraph),
    )
