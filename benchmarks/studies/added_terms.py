"""Terms that no data have shown, under the shipped models, beside MuJoCo.

Ropes of 9 nodes are let go at rest: their middle stays where it was (`FixedNode`), their end keeps
its distance from the held one (`Distance`), or both. MuJoCo has a held node and a further link in
their place. Balls stay in their box and do not overlap (`KeepInBox`, `NonOverlap`). A rope goes
into a picture, `rope-terms.png`.

    python -m benchmarks.studies.added_terms
"""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import arguments, publish, show
from invdesign import load, rollout
from invdesign.families._boxed_evaluate import held_out_scenes
from invdesign.families._staged_showing import standing_still
from invdesign.families.balls._world import WORLD as BALLS
from invdesign.families.rope._data import simulated_rope
from invdesign.families.rope._drawing import RopeStage
from invdesign.families.rope._rollouts import ROPES, rope_errors
from invdesign.families.rope._ropes import RandomRopes
from invdesign.scenes import Distance, FixedNode, KeepInBox, NodeKind, NonOverlap
from invdesign.simulators import HardContact, SoftContact
from invdesign.training.constraint._course import rollout_errors
from invdesign.viz import save_figure
from invdesign.viz._stage import moments_figure

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--images", {"type": Path, "default": Path("docs/images"), "help": "folder of the figure"}),
)
_NODES, _MIDDLE, _END = 9, 4, 8
_SEED = 2**31 + 2**21  # no training draws from it
_WAYS = {"hard": HardContact(), "soft": SoftContact()}


def nothing(scene: Any) -> tuple[Any, ...]:
    """Nothing is asked."""
    return ()


def fixed(scene: Any) -> tuple[Any, ...]:
    """The middle stays where it is."""
    return (FixedNode(_MIDDLE, scene.position[_MIDDLE]),)


def tied(scene: Any) -> tuple[Any, ...]:
    """The end keeps its distance from the held one."""
    return (Distance(0, _END, jnp.linalg.norm(scene.position[_END] - scene.position[0])),)


def both(scene: Any) -> tuple[Any, ...]:
    """The one and the other."""
    return (*fixed(scene), *tied(scene))


def boxed(scene: Any) -> tuple[Any, ...]:
    """Balls stay in their box, and out of each other."""
    return (KeepInBox(scene.lower, scene.upper), NonOverlap())


CASES = {"free": nothing, "middle stays": fixed, "end is tied": tied, "both": both}


def ropes_at_rest(number: int) -> dict[str, np.ndarray]:
    """Ropes that are bent and do not move."""
    random = RandomRopes(nodes=(_NODES, _NODES), padded=_NODES, rate=0.0, whip=0.0)
    rows = [random.sample(np.random.default_rng([_SEED, index])) for index in range(number)]
    return {key: np.stack([row[key] for row in rows]) for key in rows[0]}


def in_mujoco(ropes: dict[str, np.ndarray], name: str, frames: int) -> np.ndarray:
    """Positions with a held node and a further link in the place of terms."""
    found = []
    for index in range(len(ropes["kind"])):
        rope = {key: rows[index] for key, rows in ropes.items()}
        if name in ("middle stays", "both"):
            kind = rope["kind"].copy()
            kind[_MIDDLE] = NodeKind.HELD
            rope["kind"] = kind
        if name in ("end is tied", "both"):
            rope["links"] = np.concatenate([rope["links"], [[0, _END]]]).astype(np.int32)
        found.append(simulated_rope(rope, frames)["positions"])
    return np.stack(found)


@eqx.filter_jit
def played(model: Any, scenes: Any, scene: Any, terms: Any, frames: int) -> Any:
    """Positions after each frame, `(scene, time, node, 2)`. **Arguments:** `terms`: of a scene."""

    def one(arrays: dict[str, Any]) -> Any:
        start = scene(arrays)
        asked = dataclasses.replace(start, terms=terms(start))
        found = rollout(model, asked, num_steps=frames, throw=False)
        return jnp.where(found.result == 0, found.frames.position, jnp.nan)

    return jax.vmap(one)(scenes)


def missed(positions: np.ndarray, ropes: dict[str, np.ndarray], case: Any) -> float:
    """The most that a term is off, in metres, over ropes and frames that are finite."""
    off = 0.0
    for run, start in zip(positions, ropes["position"], strict=True):
        for term in case(SimpleNamespace(position=jnp.asarray(start))):
            gap = jax.vmap(lambda each, term=term: term.gap(each, jnp.zeros(len(each))))
            off = max(off, float(np.nanmax(np.abs(gap(jnp.asarray(run))))))
    return off


def of_ropes(frames: int, number: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A row a case and way, and trajectories of the median rope whose middle stays."""
    model, ropes, rows, shown = load("rope"), ropes_at_rest(number), [], {}
    scenes = {key: jnp.asarray(ropes[key]) for key in ROPES.keys}
    alone = np.asarray(played(model, scenes, ROPES.scene, nothing, frames))
    for name, case in CASES.items():
        truth = {**ropes, "positions": in_mujoco(ropes, name, frames)}
        found = {"none": alone}
        for way, contact in _WAYS.items() if case is not nothing else ():
            told = dataclasses.replace(model, contact=contact)
            found[way] = np.asarray(played(told, scenes, ROPES.scene, case, frames))
        errors = {way: rope_errors(run, truth) for way, run in found.items()}
        for way, run in found.items():
            rows.append(
                {
                    "ropes": name,
                    "terms": way,
                    "error (m)": float(np.median(errors[way])),
                    "lost": int(np.isinf(errors[way]).sum()),
                    "missed by (m)": missed(run, ropes, case),
                }
            )
        if case is fixed:
            index = int(np.argsort(errors["hard"], kind="stable")[(number - 1) // 2])
            start = ropes["position"][index][None]
            shown = {"MuJoCo": truth["positions"][index], "error": errors["hard"][index]}
            for said, way in (("model", "hard"), ("without", "none")):
                shown[said] = np.concatenate([start, found[way][index]])
    return rows, shown


def of_balls(frames: int, number: int) -> list[dict[str, Any]]:
    """The deepest overlap over all frames in radii, and errors, with terms and without."""
    model, rows = load("balls").grow(2.0), []
    truth = held_out_scenes(BALLS, BALLS.scenes, 0, number, frames)
    scenes = {key: jnp.asarray(truth[key]) for key in BALLS.examples.keys}
    for way, terms in (("none", nothing), ("hard", boxed)):
        found = np.asarray(played(model, scenes, BALLS.examples.scene, terms, frames))
        free, horizon = BALLS.examples.free(truth), min(BALLS.horizon, frames)
        errors = rollout_errors(found[:, :horizon], truth["positions"][:, : horizon + 1], free)
        rows.append(
            {
                "balls": way,
                "error (m)": float(np.median(errors)),
                "lost": int(np.isinf(errors).sum()),
                "deepest (radii)": _deepest(found, truth, free),
                "MuJoCo's (radii)": _deepest(truth["positions"], truth, free),
            }
        )
    return rows


def _deepest(positions: np.ndarray, scenes: dict[str, np.ndarray], free: np.ndarray) -> float:
    deepest = 0.0
    for index, run in enumerate(positions):
        scene = {key: rows[index] for key, rows in scenes.items()}
        radius = jnp.asarray(np.where(free[index], scene["radius"], -1e3), jnp.float32)
        terms = (KeepInBox(scene["lower"], scene["upper"]), NonOverlap())
        for term in terms:
            gap = jax.vmap(lambda each, term=term, radius=radius: term.gap(each, radius).min())
            deepest = max(deepest, float(-np.nanmin(gap(jnp.asarray(run, jnp.float32)))))
    return deepest / float(scenes["radius"].min())


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    frames = 6 if given.quick else 160
    rows, shown = of_ropes(frames, 2 if given.quick else 20)
    publish(__file__, given, {"frames": frames, "ropes": rows})
    show("Ropes let go at rest", rows)
    figure = moments_figure(
        RopeStage(),
        [(key, standing_still(shown[key])) for key in ("MuJoCo", "model", "without")],
        dt=0.01,
        title="A rope of nine nodes whose middle stays where it was",
        subtitle="a term that no data have shown, hard in `rope`; without it in the last row; off "
        f"by {shown['error']:.3f} m over all frames, the median of 20",
    )
    images = Path("/tmp") if given.quick else given.images
    save_figure(images / "rope-terms.png", figure)
    balls = of_balls(frames, 2 if given.quick else 10)
    publish(__file__, given, {"frames": frames, "ropes": rows, "balls": balls})
    show("Balls in a box", balls)


if __name__ == "__main__":
    main()
