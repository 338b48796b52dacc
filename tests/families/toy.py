"""A world of one ball on a spring, as somebody would add it: nothing of the package is edited."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from invdesign import AbstractSimulator, DirectAdjoint, Option, Problem, Task, rollout
from invdesign._results import RESULTS, as_code
from invdesign.families import (
    AbstractCommand,
    AbstractDescent,
    AbstractJudge,
    AbstractModels,
    AbstractShowing,
    AbstractSource,
    Candidate,
    Family,
    Report,
)
from invdesign.io import save_weights
from invdesign.io._arrays import ArraySchema
from invdesign.io._atomic import write_text
from invdesign.io._npz import read_npz, write_npz
from invdesign.io._schema import Average, Count, Number, Positive, Rate, Seed, Share
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.reference import Simulated
from invdesign.spaces import Box
from invdesign.training import (
    AbstractCourse,
    AbstractLearner,
    AbstractTraining,
    Stage,
    TrainingConfig,
    TrainingRun,
    generate_shards,
    joined,
    load_shards,
    write_rows,
)
from invdesign.training._config import CommonConfig
from invdesign.training._shards import Metadata, read_shard
from invdesign.training._split import split
from invdesign.training._update import make_update, per_device
from invdesign.viz import new_figure, save_figure

NAME, DT = "ball", 0.1
FORMAT, SHARD = 1, 2
SCHEMA = {"motion": ArraySchema("case time 2")}


# The world: a scene, a trusted solver, a learned one.


class Ball(eqx.Module):
    """Where a ball starts, and how fast."""

    start: jax.Array


class Motion(eqx.Module):
    """Place and speed."""

    ball: jax.Array


class Spring(AbstractSimulator):
    """Semi-implicit Euler on a harmonic oscillator."""

    dt: float = eqx.field(static=True, default=DT)

    def init(self, scene):
        return (), scene.start

    def step(self, context, state):
        place, speed = state
        speed = speed - self.dt * place
        moved = jnp.stack([place + self.dt * speed, speed])
        return moved, as_code(RESULTS.successful)

    def observe(self, context, state):
        return Motion(state)

    def grow(self, factor):
        raise ValueError("There is nothing to grow.")


class Learned(AbstractSimulator):
    """A matrix that takes place and speed a frame further."""

    network: jax.Array
    dt: float = eqx.field(static=True, default=DT)

    def init(self, scene):
        return (), scene.start

    def step(self, context, state):
        return self.network @ state, as_code(RESULTS.successful)

    def observe(self, context, state):
        return Motion(state)

    def grow(self, factor):
        raise ValueError("There is nothing to grow.")


def blank(size: int) -> Learned:
    return Learned(jnp.eye(2) + 0.01 * size)


# Tasks.


class Throw(eqx.Module):
    """Starts a ball as the design says, moved by the condition."""

    def __call__(self, design, condition):
        return Ball(design.parameters + condition)


class Miss(AbstractObjective):
    """Squared distance from 1 in the end."""

    def __call__(self, trajectory, design):
        return (trajectory.frames.ball[-1, 0] - 1.0) ** 2


class Hit(AbstractScore):
    """One for a hit, less for a miss."""

    def __call__(self, trajectory, design):
        return 1.0 - jnp.abs(trajectory.frames.ball[-1, 0] - 1.0)


def throw(
    frames: Annotated[int, Option("Frames to play.", least=2, most=50)] = 8,
    target: Annotated[float, Option("Unused, but there.", least=0, most=2)] = 1.0,
) -> Task:
    """Throw a ball so that it is at 1 in the end."""
    return Task(
        name="throw",
        space=Box((-2.0, -2.0), (2.0, 2.0)),
        build=Throw(),
        conditions=jnp.zeros((1, 2)),
        unseen=0.01 * jnp.arange(4.0).reshape(2, 2),
        objective=Miss(),
        score=Hit(),
        num_steps=frames,
    )


# Data.


def play(start: np.ndarray, frames: int) -> np.ndarray:
    trajectory = rollout(Spring(), Ball(jnp.asarray(start, jnp.float32)), num_steps=frames)
    return np.concatenate([np.asarray(start, np.float32)[None], trajectory.frames.ball])


def describe(number: int, seed: int, wide: float) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": NAME,
        "num_cases": number,
        "seed": seed,
        "wide": wide,
        "shard_size": SHARD,
    }


def generate(out, number, seed, wide, progress=lambda done, total: None):
    def simulate(first, last, report):
        rows = []
        for index in range(first, last):
            rng = np.random.default_rng([seed, index])
            rows.append(play(wide * rng.uniform(-1, 1, 2), 10))
            report(len(rows))
        return {"motion": np.stack(rows)}

    described = describe(number, seed, wide)
    return generate_shards(out, described, simulate, measure=complete, progress=progress)


def complete(out):
    return {"complete": True}


def read(folder, index, size):
    return read_shard(folder, index, SCHEMA)


def load(path):
    shards, described = load_shards(path, read, names=(NAME,), file_format=FORMAT, schema=Metadata)
    return joined(Path(path), shards), described


@dataclasses.dataclass(frozen=True)
class BallSource(AbstractSource):
    """Balls that start anywhere."""

    wide: Annotated[float, Option("How far off they start.", above=0, most=10)] = 1.0

    def generate(self, out, *, number, seed, progress):
        return generate(out, number, seed, self.wide, progress)


# Training.


@dataclasses.dataclass(frozen=True)
class BallModel:
    size: Number


@dataclasses.dataclass(frozen=True)
class BallData:
    number: Number
    seed: Seed


@dataclasses.dataclass(frozen=True)
class BallStage:
    table = "frames"

    steps: Number
    batch: Number
    learning_rate: Rate
    final_learning_rate: Share
    warmup: Count
    ema: Average
    evaluate_every: Number
    weight: Positive = 1.0


class Frames:
    """Draws pairs of frames."""

    def __init__(self, motion, number, seed):
        self.motion, self.number, self.seed = motion, number, seed

    def batch(self, step, device):
        rng = np.random.default_rng([self.seed, step, device])
        case = rng.integers(len(self.motion), size=self.number)
        frame = rng.integers(self.motion.shape[1] - 1, size=self.number)
        return self.motion[case, frame], self.motion[case, frame + 1]


class BallCourse(AbstractCourse):
    columns = ("agreement",)
    criterion = "agreement"

    def __init__(self, config, arrays, described, start):
        self.config, self.described, self.start = config, described, start
        self.learned, self.held = split(arrays, config.training.held_out)

    def network(self):
        fresh = blank(self.config.model.size) if self.start is None else self.start
        return jnp.copy(fresh.network)

    def stages(self):
        stage = self.config.stage(BallStage)
        sampler = Frames(self.learned["motion"], per_device("batch", stage.batch), 0)

        def loss(network, batch):
            before, after = batch
            return jnp.mean((before @ network.T - after) ** 2), jnp.zeros(())

        return (Stage(sampler, make_update(self.config, loss, stage.ema)),)

    def simulator(self, network):
        return Learned(network)

    def header(self):
        return {"model": dataclasses.asdict(self.config.model)}

    def judge(self, simulator):
        motion = self.held["motion"]
        error = np.abs(motion[:, :-1] @ np.asarray(simulator.network).T - motion[:, 1:])
        return {"agreement": float(1 - error.mean())}


class BallLearner(AbstractLearner[Learned]):
    """Goes on with a training, on lessons beside what it had."""

    training: Any = eqx.field(static=True)
    updates: int

    def check(self, scene):
        if not isinstance(scene, Ball):
            raise ValueError("Balls alone.")

    def write(self, lessons, folder):
        rows = [
            {"motion": np.concatenate([np.asarray(scene.start)[None], frames.ball])}
            for scene, frames in lessons
        ]
        write_rows(folder, rows, describe(len(rows), 0, 1.0), measure=complete)

    def learn(self, simulator, lessons, out):
        stage = BallStage(self.updates, 4, 1e-2, 1e-3, 0, 0.5, self.updates)
        common = self.training.common
        config = TrainingConfig(
            "refined", BallModel(1), BallData(4, 0), common, (stage,), self.training, "given"
        )
        run = TrainingRun(config, lessons[-1], out / "run", start=simulator)
        run.run()
        return run.simulator()

    def save(self, simulator, path):
        save_weights(path, simulator, {"family": NAME, "model": {"size": 1}})


class BallTraining(AbstractTraining):
    name, model, data, stages = NAME, BallModel, BallData, (BallStage,)
    common = CommonConfig(clip=1.0, seed=0, held_out=1)

    def folder(self, data):
        return f"{NAME}-{data.number}"

    def generate(self, data, out, progress):
        return generate(out, data.number, data.seed, 1.0, progress)

    def course(self, config, data, *, start=None, further=()):
        arrays, described = load(data)
        return BallCourse(config, arrays, described, start)

    def learner(self, simulator, header, *, data, out, updates, seed):
        return BallLearner(self, updates)


# What is shown, judged, searched through.


class BallModels(AbstractModels):
    default, dt = "none-ships", DT

    def build(self, header):
        return blank(header["model"]["size"])


@dataclasses.dataclass(frozen=True)
class BallDescent(AbstractDescent):
    price: Annotated[float, Option("What a gradient costs.", least=1, most=10)] = 2.0

    def problem(self, task, simulator, *, learned):
        return Problem(task, simulator, DirectAdjoint(), self.price)


class BallShowing(AbstractShowing):
    files = ("motion.npz",)

    def write(self, run, judged, simulator, reference):
        motion = np.asarray(judged.after.trajectory.frames.ball)
        write_npz(run / "motion.npz", motion=motion)
        return True

    def draw(self, run):
        if not (run / "motion.npz").exists():
            return []
        figure = new_figure(3, 2)
        axes = figure.add_axes((0.2, 0.2, 0.7, 0.7))
        axes.plot(read_npz(run / "motion.npz")["motion"][:, 0])
        return [save_figure(run / "figure.png", figure)]


@dataclasses.dataclass(frozen=True)
class BallJudge(AbstractJudge):
    balls: Annotated[int, Option("How many.", least=1, most=100)] = 3

    @property
    def errors(self):
        return ("error",)

    def report(self, candidate: Candidate) -> Report:
        progress = candidate.watch("balls")
        progress(self.balls, self.balls)
        starts = np.random.default_rng(self.seed).uniform(-1, 1, (self.balls, 2))
        ends = [np.asarray(candidate.simulator.network) @ start for start in starts]
        error = float(np.abs(np.stack(ends) - [play(s, 1)[1] for s in starts]).max())
        candidate.folder.mkdir(parents=True, exist_ok=True)
        card = write_text(candidate.folder / "card.md", f"error {error}")
        return Report({"error": error}, ["", "value"], [["error", error]], caption=str(card))


@dataclasses.dataclass(frozen=True)
class BallCommand(AbstractCommand):
    """Say where a ball is."""

    place: Annotated[float, Option("Where it starts.", least=-2, most=2)]
    frames: Annotated[int, Option("After so many frames.", least=1, most=50)] = 1

    def report(self, load):
        where = float(play(np.array([self.place, 0.0]), self.frames)[-1, 0])
        return Report({"place": where}, ["place"], [[where]])


BALL = Family(
    name=NAME,
    aliases=("sphere",),
    subject="balls",
    scenes=(Ball,),
    models=BallModels(),
    descent=BallDescent,
    sources={NAME: BallSource},
    training=BallTraining(),
    reference=lambda task, dt: Simulated(Spring(dt)),
    judge=BallJudge,
    showing=BallShowing(),
    commands={"where": BallCommand},
)
