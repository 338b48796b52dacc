"""`invdesign train CONFIG`: train a simulator, as often interrupted as need be."""

import signal
from pathlib import Path
from typing import Annotated, Any

import jax
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..families._registry import load_config
from ..io._manifest import unknown_name
from ..io._resources import pretrained_dir
from ..studies._resolve import load_simulator
from ..training import TrainingConfig, TrainingRun
from ..training._shards import data_notes, is_imported
from ._errors import plain_errors
from ._options import as_config, as_folder
from ._output import AsJson, number, remark, report, stderr, table
from .data import simulations


def find_config(name: str) -> Path:
    """A configuration file, or the shipped one of a model's name.

    **Raises:** `ValueError` with the nearest names if there is neither.
    """
    if name.endswith(".toml"):
        return Path(name)
    shipped = {path.stem: path for path in (pretrained_dir() / "configs").glob("*.toml")}
    if name not in shipped:
        raise ValueError(unknown_name("training configuration", name, shipped))
    return shipped[name]


def default_data(config: TrainingConfig) -> Path:
    """Where a configuration's data set lives: configurations of the same data share it."""
    return Path("data") / config.world.folder(config.data)


def use_two_host_devices() -> None:
    """Spread batches over two devices on a CPU; only possible before JAX has started."""
    try:
        jax.config.update("jax_num_cpu_devices", 2)
    except RuntimeError:
        if jax.default_backend() != "cpu":
            return
        stderr.print(f"JAX has started already: {jax.local_device_count()} devices train.")


class Stopper:
    """Ctrl-C and SIGTERM end a training at the next row of metrics, where its state can be kept."""

    def __init__(self) -> None:
        self.asked = self.aligned = False

    def __enter__(self) -> "Stopper":
        signals = (signal.SIGINT, signal.SIGTERM)
        self.before = {each: signal.signal(each, self._ask) for each in signals}
        return self

    def __exit__(self, *_: Any) -> None:
        for each, handler in self.before.items():
            signal.signal(each, handler)

    def _ask(self, *_: Any) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        stderr.print("Stopping at the next row of metrics; Ctrl-C again stops at once.")

    def __call__(self) -> bool:
        stop, self.aligned = self.asked and self.aligned, False
        return stop


def make_data(config: TrainingConfig, out: Path) -> None:
    """Make a configuration's data, or what is missing of them, with a bar on stderr.

    Data that were imported are what they are, whatever the configuration says of data.
    """
    if is_imported(out):
        return
    with simulations(config.world.name) as progress:
        config.world.generate(config.data, out, progress)


def _train(run: TrainingRun, config: TrainingConfig, until: int | None, stopper: Stopper) -> None:
    total = config.num_steps if until is None else min(until, config.num_steps)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed}/{task.total}  {task.fields[numbers]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal) as bar:
        start = int(run.state.step)
        line = bar.add_task(config.name, total=total, completed=start, numbers="")

        criterion = run.course.criterion

        def show(row: dict[str, Any]) -> None:
            stopper.aligned = True
            numbers = f"loss {number(row['loss'])}"
            if row[criterion] is not None:
                numbers += f"  held-out {criterion} {number(row[criterion])}"
            bar.update(line, completed=row["step"], numbers=numbers)
            if not stderr.is_terminal:
                stderr.print(f"{row['step']}/{total}  {numbers}  {row['seconds']:.0f} s")

        run.run(until=until, progress=show, stop=stopper)


@plain_errors
def train(
    config: Annotated[
        str,
        typer.Argument(
            parser=as_config, metavar="CONFIG", help="A .toml file, or a shipped name: water2d."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder,
            metavar="PATH",
            help="Data set of the configuration, made if absent; a folder of data/.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=as_folder, metavar="PATH", help="training/<name> by default."),
    ] = None,
    until: Annotated[
        int | None,
        typer.Option(min=1, max=10**9, help="Stop at this step; the same command goes on."),
    ] = None,
    steps_now: Annotated[
        int | None, typer.Option(min=1, max=10**9, help="Take this many steps now, then stop.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a simulator; naming the folder again goes on exactly where it stopped."""
    if until is not None and steps_now is not None:
        raise ValueError("`--until` has no effect beside `--steps-now`; leave one of them out.")
    wanted = load_config(find_config(config))
    use_two_host_devices()
    folder = out or Path("training") / wanted.name
    source = data or default_data(wanted)
    again = f"`invdesign train {config} --data {source} --out {folder}` goes on."
    try:
        make_data(wanted, source)
        start = load_simulator(wanted.start)[0] if wanted.start else None
        run = TrainingRun(wanted, source, folder, start=start)
        if steps_now is not None:
            until = int(run.state.step) + steps_now
        with Stopper() as stopper:
            _train(run, wanted, until, stopper)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(again) from None
    if stopper.asked and int(run.state.step) < wanted.num_steps:
        raise KeyboardInterrupt(again)
    payload = {**_summary(run, wanted, folder), "notes": data_notes(source)}
    remark(payload["notes"])
    if not payload["finished"]:
        stderr.print(again)
    shown = {key: value for key, value in payload.items() if key != "notes"}
    report(payload, table(list(shown), [list(shown.values())]), as_json=as_json)


def _summary(run: TrainingRun, config: TrainingConfig, folder: Path) -> dict[str, Any]:
    criterion = run.course.criterion
    judged = [row for row in run.rows if row[criterion] is not None]
    best = max((row[criterion] for row in judged), default=None)
    return {
        "name": config.name,
        "step": int(run.state.step),
        "steps": config.num_steps,
        "finished": int(run.state.step) >= config.num_steps,
        "loss": run.rows[-1]["loss"] if run.rows else None,
        f"best_{criterion}": best,
        "best": str(folder / "best.safetensors") if judged else None,
        "seconds": run.rows[-1]["seconds"] if run.rows else None,
        "out": str(folder),
    }
