"""Run directories and sweeps made by hand: small, and without a simulation."""

import msgspec
import numpy as np

from invdesign._version import __version__
from invdesign.families.ks._fields_file import StoredFields, write_fields
from invdesign.io._design_file import write_design
from invdesign.io._history import write_history
from invdesign.io._npz import write_npz
from invdesign.io._run_directory import open_run_directory
from invdesign.io._sealed import write_sealed
from invdesign.io._trajectory_file import StoredTrajectory, write_trajectory
from invdesign.studies import InProcess, RunConfig, sweep
from invdesign.studies._champions import write_champions
from invdesign.studies._result import write_result
from invdesign.studies._sweep._executors._messages import Began, Failed, Finished
from invdesign.studies._sweep._run_status import Place

EVIL = "<script>alert(1)</script>"
STUDY = {"tasks": ["contain-lite"], "optimizers": ["adam", "random"], "seeds": [0, 1], "steps": 4}


def water(run, side=5, frames=41, noise=0.0):
    """Drops that fall past a bar; the solver fails after three quarters of the frames.

    `noise`: of every drop from frame to frame, in meters.
    """
    time = np.arange(frames)[:, None, None] / (frames - 1)
    start = np.stack(np.meshgrid(*[0.4 + np.arange(side) / 80] * 2, indexing="ij"), -1).reshape(
        1, -1, 2
    )
    path = start + np.asarray([0.1, -0.3]) * time
    path = path + np.cumsum(noise * np.random.default_rng(0).normal(size=path.shape), axis=0)
    bar, radius = np.asarray([[[0.3, 0.3], [0.5, 0.25]]]), np.full(1, 0.015)
    failed = path.copy()
    failed[3 * frames // 4 :] = np.nan
    stored = StoredTrajectory(
        lower=np.zeros(2), upper=np.ones(2), region=np.asarray([[0.4, 0.1], [0.6, 0.3]]),
        spacing=1 / 80, dt=0.01, tool_segments=bar, tool_radius=radius,
        initial_tool_segments=bar + 0.1, initial_tool_radius=radius,
        obstacle_segments=bar + 0.3, obstacle_radius=radius,
        initial=path, simulated=path + 0.01, reference=failed,
    )  # fmt: skip
    write_trajectory(run / "trajectory.npz", stored)


def strips(run):
    """Three nodes in a row that turn for 21 frames; no reference, no goal."""
    turn = np.linspace(0, 1, 21)[:, None]
    arm = np.stack([np.cos(turn), np.sin(turn)], -1) * np.arange(3)[None, :, None]
    arrays = {name: arm.astype(np.float32) for name in ("initial", "simulated")}
    write_npz(
        run / "strips.npz", edges=np.asarray([[0, 1], [1, 2]], np.int32),
        kind=np.asarray([1, 0, 0], np.int32), dt=np.float32(0.05), **arrays,
    )  # fmt: skip


def fields(run):
    """A wave that travels for 11 frames."""
    place = 2 * np.pi * np.arange(16) / 16
    wave = np.sin(place[None] - 0.2 * np.arange(11)[:, None])
    stored = StoredFields(0 * wave, wave, wave, wave[-1], dt=0.5, length=2 * np.pi)
    write_fields(run / "fields.npz", stored)


def flows(run):
    """Circles in a uniform stream, which get thicker in three iterations; the solver failed."""
    turn = 2 * np.pi * np.arange(24) / 24
    surface = np.stack([0.5 + 0.5 * np.cos(turn), 0.1 * np.sin(turn)], -1)
    middle = np.asarray([0.5, 0.0])
    nodes = np.stack([middle + (1 + r) * (surface - middle) for r in range(4)])
    arrays = {"shapes": np.stack([surface * [1, 1 + 0.1 * k] for k in range(3)])}
    for name, value in (("initial", 0.1), ("simulated", 0.2), ("reference", np.nan)):
        flow = {
            "nodes": nodes, "velocity": np.full((3, 24, 2), value),
            "shear": np.full((24, 2), value),
            "pressure": value * np.cos(turn)[None] * np.ones((3, 1)),
            "eddy_viscosity": np.full((3, 24), value), "stream": np.asarray([1.0, 0.0]),
        }  # fmt: skip
        arrays |= {f"{name}_{key}": array for key, array in flow.items()}
        arrays[f"{name}_polar"] = np.stack([np.arange(3.0)] + [np.full(3, value)] * 3, 1)
    write_npz(run / "flows.npz", **{k: np.asarray(v, np.float32) for k, v in arrays.items()})


# What a family's run leaves, by its name.
LEFT = {"water2d": water, "elastic": strips, "ks": fields, "airfoil": flows}


def rows(iterations, *, best=0.8, grad=0.5):
    """A history that comes closer to a score by a half each iteration."""
    found = []
    for k in range(iterations):
        value = 0.5**k
        found.append(
            {
                "iteration": k, "value": value + 0.1 * (k % 2), "best_value": value,
                "score": best * (1 - value), "violation": 0.0, "gradient_norm": grad,
                "simulator_steps": 100 * (k + 1), "gradient_steps": 100 * (k + 1),
                "charged_steps": 300.0 * (k + 1), "seconds": 1.5 * (k + 1), "num_failed": 0,
                "result": 0, "outcome": "successful",
            }
        )  # fmt: skip
    return found


def result_of(known, history, *, score, notes=()):
    return {
        **{key: known[key] for key in ("task", "optimizer", "seed", "simulator")},
        "score_initial": 0.1, "score": score, "reference_score_mean": score - 0.05,
        "reference_score_std": 0.01, "gap": 0.05, "reference_scores": [score - 0.06, score - 0.04],
        "scores": [score, score], "num_failed": 0, "distance_initial": 2.0, "distance": 1.0,
        "reference_distance": 1.1, "violations": {}, "reference_violations": {"lift": 0.25},
        "value": 0.1, "iterations": len(history), "simulator_steps": 100 * len(history),
        "gradient_steps": 0, "charged_steps": 300.0 * len(history), "seconds": 12.0,
        "seconds_by_phase": {"search": 10.0, "scores": 2.0}, "reason": "all was made",
        "notes": list(notes),
    }  # fmt: skip


def made(
    out, family="water2d", *, finished=True, iterations=4, score=0.7, notes=(), left=None, **known
):
    """A run directory of a family with its frames."""
    known = {
        "task": "contain-lite", "optimizer": "adam", "seed": 0, "simulator": "learned",
        "family": family, "steps": iterations, "budget": None, "task_digest": "2:00",
        "packages": {"invdesign": __version__}, "options": {"joints": 8},
        "task_source": "contain-lite", **known,
    }  # fmt: skip
    run = open_run_directory(out, known)
    history = rows(iterations, best=score)
    write_history(run / "history.csv", history)
    write_champions(run, np.cumsum(np.ones((iterations, 2)), axis=0))
    write_design(run / "design.json", np.asarray([0.1, -0.2]), task=known["task"])
    if finished:
        (left or LEFT[family])(run)
        write_result(run, result_of(known, history, score=score, notes=notes))
    return run


def perform(order, tell):
    """Carry out an order of a sweep by hand; the last run fails."""
    tell(Began(order.name, Place("none", 1)))
    if order.check:
        tell(Finished(order.name, {}))
        return
    config = msgspec.convert(order.config, RunConfig)
    if order.name.endswith("random-1"):
        tell(Failed(order.name, f"the cause {EVIL}", ""))
        return
    score = (0.8 if config.optimizer == "adam" else 0.4) + 0.01 * config.seed
    run = made(order.folder, score=score, optimizer=config.optimizer, seed=config.seed)
    if config.optimizer == "adam":
        early = {str(k): {"score": 0.1 * k, "reference_score": 0.2 * k + score} for k in (0, 1)}
        write_sealed(run / "judged.json", {"scores": early})
    tell(Finished(order.name, {"score": score, "reference_score_mean": score - 0.05}))


def swept(out):
    """A sweep of four runs, one of which failed."""
    return sweep(STUDY, out, executor=InProcess(perform))
