"""Designs that are tools of segments, which several worlds have."""

from typing import Any

from ..io import export_tool
from ..io._design_file import write_design
from ..io._run_directory import RunDirectory


def write_tool(run: RunDirectory, task: str, design: Any) -> None:
    """Write `design.json` of a tool, and its files for cutting and printing if it is plane."""
    tool = {"segments": design.segments, "segment_radius": design.segment_radius}
    write_design(run / "design.json", design.parameters, task=task, **tool)
    if design.segments.shape[-1] == 2:
        export_tool(run.path, **tool)
