"""What is wrong or doubtful about a scene of particles, found on the host before a simulation."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial import KDTree

from .scenes import ParticleScene

LEAST_RADIUS = 1e-4  # metres; single precision cannot tell the sides of a thinner wall apart
_LEVEL = 0.02  # relative scatter of the nearest distances up to which particles are a lattice
_distances = jax.jit(lambda obstacles, points: obstacles.by_axis(points)[1])


def check_particles(scene: ParticleScene) -> tuple[str, ...]:
    """Sentences on what may be poor about a scene, whoever simulates it.

    **Raises:** `ValueError` for numbers that are not finite, a box without a size, obstacles
    thinner than `LEAST_RADIUS`, and water that starts outside of the box.
    """
    arrays = {name: value for name, value in vars(scene).items() if name != "spacing"}
    host: dict[str, Any] = jax.device_get(arrays)
    for name, values in host.items():
        if not all(np.isfinite(x).all() for x in jax.tree.leaves(values)):
            raise ValueError(f"Every number of a scene must be finite; one of `{name}` is not.")
    lower, upper, position = host["lower"], host["upper"], host["position"]
    if not (upper > lower).all():
        raise ValueError(
            "A scene's box needs `upper` above `lower` along every axis, got "
            f"{_listed(lower)} and {_listed(upper)} m."
        )
    radius = np.asarray(host["segment_radius"])
    if (radius < LEAST_RADIUS).any():
        thin = int(radius.argmin())
        raise ValueError(
            f"Obstacles need a radius of at least {LEAST_RADIUS:g} m, got {radius[thin]:g} m for "
            f"segment {thin}; make it thicker or leave it out."
        )
    slack = 1e-5 * np.abs(upper - lower).max()
    outside = ((position < lower - slack) | (position > upper + slack)).any(axis=1)
    if outside.any():
        raise ValueError(
            f"{outside.sum()} of {len(position)} particles start outside of the box from "
            f"{_listed(lower)} to {_listed(upper)} m; move the water or widen the box."
        )
    return _within_obstacles(scene)


def _within_obstacles(scene: ParticleScene) -> tuple[str, ...]:
    obstacles = jax.tree.map(jnp.asarray, scene).obstacles
    thickness = np.asarray(obstacles.thickness)
    if 0 in (len(thickness), len(scene.position)):
        return ()
    distance = np.asarray(_distances(obstacles, jnp.asarray(scene.position)))
    within = int((distance < 0.9 * thickness[:, None]).any(axis=0).sum())
    if not within:
        return ()
    return (
        f"{within} of {len(scene.position)} particles start within an obstacle, from where they "
        "are pushed out at once",
    )


def _listed(corner: np.ndarray) -> str:
    return f"({', '.join(f'{x:g}' for x in corner)})"


def check_spacing(scene: ParticleScene, own: float, owner: str, remedy: str) -> None:
    """Refuse water whose particles are not `own` metres apart at rest.

    Each particle carries the volume of a square, or cube, of its spacing: read with another
    spacing, water has another volume. Where a scene does not tell its spacing, that of a lattice is
    measured; of water in disorder only what can be no such spacing is refused.

    **Arguments:** `owner`, `remedy`: who needs the spacing, and what to do about another one.

    **Raises:** `ValueError` naming both spacings.
    """
    given = scene.spacing
    measured, is_lattice = None, False
    if scene.inflow is None:  # those that wait may lie in one place
        measured, is_lattice = _measured(scene.position)
    if measured is not None and is_lattice:
        if given is not None and abs(measured - given) > _LEVEL * given:
            raise ValueError(
                f"The scene's `spacing` is {given:.4g} m, its particles lie "
                f"{measured:.4g} m apart; give it the spacing of its particles."
            )
        given = measured if given is None else given
    if given is not None:
        alike = abs(given - own) <= _LEVEL * own
    else:  # of particles in disorder the nearest one is mostly nearer than the spacing
        alike = measured is None or 0.4 * own < measured < 1.15 * own
    if not alike:
        told = f"{given:.4g} m" if given is not None else f"about {measured:.4g} m"
        raise ValueError(
            f"The scene's particles are {told} apart, {owner} knows {own:.4g} m: it would take the "
            f"water for another volume; {remedy}."
        )


def _measured(position: np.ndarray | jax.Array) -> tuple[float | None, bool]:
    """Median distance to the nearest particle in metres, if any; and whether all are about it."""
    if len(position) < 4:
        return None, False
    low, median, high = np.quantile(nearest_distances(position), [0.1, 0.5, 0.9])
    return float(median), bool(high - low <= _LEVEL * median)


def nearest_distances(position: np.ndarray | jax.Array) -> np.ndarray:
    """Distance of each particle `(node, dim)`, at least two, to the nearest other one in metres."""
    return KDTree(np.asarray(position)).query(np.asarray(position), k=2)[0][:, 1]
