"""`invdesign tasks`: what there is to design."""

import ast
from typing import Annotated, Any

import jax
import typer

from .._options import declared
from ..families._registry import family_of
from ..io._resources import tasks_dir
from ..studies import best_known
from ..studies._registry import find_task, load_task, task_names
from ._errors import plain_errors
from ._options import as_task
from ._output import AsJson, report, table


def describe(name: str) -> dict[str, Any]:
    """The size of a registered task, and its family's first sentence."""
    task, known = load_task(name), best_known(name)
    water = jax.tree.leaves(task.conditions)[0].shape
    return {
        "task": name,
        "parameters": task.space.size,
        "particles": water[1] if len(water) > 1 else None,
        "steps": task.num_steps,
        "conditions": water[0],
        "unseen": jax.tree.leaves(task.unseen)[0].shape[0],
        "best_known": None if known is None else known.score,
        "description": _description(name),
    }


def _description(name: str) -> str:
    for path in sorted(tasks_dir().glob("*/task.py")):
        if name.split("-")[0] == path.parent.name:
            text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            return text.partition(":")[2].strip() or text
    return ""


def _options(name: str) -> list[dict[str, Any]]:
    """What can be chosen of a task and of a search for its designs."""
    found = find_task(name)
    known = [*found.declared.values(), *declared(family_of(found.task).descent).values()]
    return [
        {
            "option": each.flag,
            "default": each.default,
            "range": each.option.range,
            "help": each.option.help,
        }
        for each in known
    ]


@plain_errors
def tasks(
    task: Annotated[
        str | None,
        typer.Argument(
            parser=as_task, metavar="[TASK]", help="One of them, or FILE.py:OBJECT: its options."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the registered tasks, or the options of one."""
    if task is not None:
        options = _options(task)
        cells = [[value if value is not None else "" for value in row.values()] for row in options]
        shown = table(["option", "default", "range", "help"], cells, title=f"{task}: options")
        report({"task": task, "options": options}, shown, as_json=as_json)
        return
    rows = [describe(name) for name in task_names()]
    shown = table(
        list(rows[0]),
        [
            [*list(row.values())[:-1], "" if "-" in row["task"] else row["description"]]
            for row in rows
        ],
    )
    report({"tasks": rows}, shown, as_json=as_json)
