"""What a moving mesh's network learns, and what edges of the world are worth.

Elastic strips that meet a disk, simulated by `Springs`. The configuration `elastic` is trained as
it is, and with edges of the world never found: same weights, data, draws and updates. Both are
judged on scenes that neither training nor the choice of its best state has seen, beside what
needs no training: free flight, flight without gravity at the first velocity, and standing still.
Trainings go on where they stopped.

    python -m benchmarks.studies.mesh_transient [--steps 9000] [--folder runs/mesh-transient]
"""

import dataclasses
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import CONFIGS, arguments, interleaved, milliseconds, publish, show
from invdesign.families._registry import build_simulator, load_config
from invdesign.families.elastic._data import generate_elastic, load_elastic
from invdesign.families.elastic._strips import RandomStrips
from invdesign.io import load_model
from invdesign.reference import Springs
from invdesign.scenes import NodeKind, elastic_scene
from invdesign.simulators.mesh._springs_features import SpringState
from invdesign.training import TrainingRun
from invdesign.training.mesh._springs_course import in_flight, played, position_errors
from invdesign.training.mesh._springs_samples import all_samples

NEVER = 1e-6  # metres: a radius within which no two nodes ever are
FRAMES = (10, 30, 100)
UNSEEN = 1  # seed of the scenes that judge


def trained(name, config, data, folder):
    """The best state of a training by its held-out scenes, and what it cost."""
    run = TrainingRun(config, data, folder / name)
    run.run(progress=lambda row: print(name, row["step"], row["loss"], row["skill"], flush=True))
    seconds = run.rows[-1]["seconds"]
    return load_model(folder / name / "best.safetensors", build_simulator), seconds


@eqx.filter_jit
def accelerations(simulator, scene, frames):
    """What a simulator adds to gravity in each of a trajectory's frames, and results."""
    context, _ = simulator.init(scene)

    def one(frame):
        state = SpringState(*frame)
        after, code = simulator.step(context, state)
        return (after.velocity - state.velocity) / simulator.dt - context.gravity[None], code

    return jax.lax.map(one, frames)


@eqx.filter_jit
def touching(simulator, scene, frames):
    """Nodes that an edge of the world reaches, in each frame."""
    context, _ = simulator.init(scene)

    def one(frame):
        world, _ = simulator.world(frame[0], context.mesh, context.support.is_free)
        reached = jnp.zeros(context.support.kind.shape, bool)
        return reached.at[world.receivers].max(world.mask)

    return jax.lax.map(one, frames)


def one_step(simulators, eyes, arrays, dt):
    """Squared errors of accelerations of free nodes: all, and those that something is near."""
    samples = all_samples(arrays, dt)
    names = (*simulators, "flight", "constant velocity")
    squared = {name: {"all": [], "near": []} for name in names}
    for index, true in enumerate(samples.acceleration):
        scene = elastic_scene({key: values[index] for key, values in samples.scene.items()})
        parts = (samples.position, samples.velocity, samples.time)
        frames = tuple(jnp.asarray(x[index]) for x in parts)
        free = np.broadcast_to(np.asarray(scene.kind) == NodeKind.FREE, true.shape[:2])
        near = free & np.asarray(touching(eyes, scene, frames))
        against = np.broadcast_to(-np.asarray(scene.gravity), true.shape)
        found = {"flight": np.zeros_like(true), "constant velocity": against}
        for name, simulator in simulators.items():
            values, codes = accelerations(simulator, scene, frames)
            assert not np.asarray(codes).any(), name
            found[name] = np.asarray(values)
        for name, values in found.items():
            error = np.sum((values - true) ** 2, axis=-1)
            squared[name]["all"].append(error[free])
            squared[name]["near"].append(error[near])
    return {
        name: {part: float(np.sqrt(np.concatenate(rows).mean())) for part, rows in parts.items()}
        for name, parts in squared.items()
    }


def weightless(dt):
    """Positions of nodes that keep the velocity they start with."""

    def play(scene, num_steps):
        return in_flight(dt)(dataclasses.replace(scene, gravity=0 * scene.gravity), num_steps)

    return play


def main() -> None:
    given = arguments(
        __doc__,
        ("--steps", {"type": int, "help": "updates instead of the configuration's"}),
        ("--folder", {"type": Path, "default": Path("runs/mesh-transient")}),
    )
    config = load_config(CONFIGS / "elastic.toml")
    steps = 40 if given.quick else given.steps or config.stages[0].steps
    number, unseen = (8, 2) if given.quick else (config.data.num_trajectories, 40)
    stage = dataclasses.replace(
        config.stages[0],
        steps=steps,
        warmup=min(config.stages[0].warmup, steps // 10),
        evaluate_every=max(1, steps // 3),
    )
    common = dataclasses.replace(config.training, held_out=2 if given.quick else 20)
    config = dataclasses.replace(config, stages=(stage,), training=common)
    data = generate_elastic(given.folder / f"data-{number}", num_trajectories=number, seed=0)
    judge = generate_elastic(given.folder / f"judge-{unseen}", num_trajectories=unseen, seed=UNSEEN)
    arrays, described = load_elastic(judge)
    blind = dataclasses.replace(config.model, radius=NEVER)
    contenders = {
        "world edges": config,
        "no world edges": dataclasses.replace(config, model=blind),
    }
    simulators, seconds = {}, {}
    for name, wanted in contenders.items():
        folder = given.folder / f"steps-{steps}"
        simulators[name], seconds[name] = trained(name.replace(" ", "-"), wanted, data, folder)
    dt = described["dt"]
    frames = one_step(simulators, simulators["world edges"], arrays, dt)
    plays = {
        **{name: played(simulator) for name, simulator in simulators.items()},
        "flight": in_flight(dt),
        "constant velocity": weightless(dt),
        "standing still": lambda scene, num_steps: scene.position[None],
    }
    results, rows = {}, []
    for name, play in plays.items():
        errors = position_errors(play, arrays)
        found = {
            "acceleration_rmse": frames.get(name, {}).get("all"),
            "acceleration_rmse_near": frames.get(name, {}).get("near"),
            "position_rmse": float(np.sqrt(np.mean(errors**2))),
            "position_rmse_median_scene": float(np.median(np.sqrt(np.mean(errors**2, axis=1)))),
            "position_rmse_at": {n: float(np.sqrt(np.mean(errors[:, n - 1] ** 2))) for n in FRAMES},
            "seconds_of_training": seconds.get(name, 0.0),
        }
        results[name] = found
        at = {f"at {n} (m)": found["position_rmse_at"][n] for n in FRAMES}
        rows.append(
            {
                "": name,
                "acceleration (m/s²)": found["acceleration_rmse"],
                "near something": found["acceleration_rmse_near"],
                **at,
                "training (min)": found["seconds_of_training"] / 60,
            }
        )
    show(f"{unseen} unseen scenes, root mean square errors after {steps} updates", rows)
    results["speed"] = speed(simulators["world edges"], quick=given.quick)
    results["sizes"] = {
        "updates": steps,
        "trajectories": number,
        "unseen": unseen,
        "parameters": sum(x.size for x in jax.tree.leaves(simulators["world edges"].network)),
        "model": dataclasses.asdict(config.model),
    }
    publish(__file__, given, results, note="one seed of training; scenes of seed 1 judge")


def speed(simulator, *, quick):
    """Times of a frame by the network and by the solver."""
    scene = elastic_scene(RandomStrips().sample(np.random.default_rng(0)))
    calls = {}
    for name, each in {"network": simulator, "springs": Springs()}.items():
        step = eqx.filter_jit(type(each).step)
        calls[name] = eqx.Partial(step, each, *each.init(scene))
    times = interleaved(calls, repeats=3 if quick else 30)
    show("a frame", [{"": name, "ms": milliseconds(value)} for name, value in times.items()])
    return times


if __name__ == "__main__":
    main()
