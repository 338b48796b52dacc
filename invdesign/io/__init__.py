"""Files: atomic writes, checked reads, weights, run directories, shapes and grids to take along."""

from ._design_file import read_design as read_design
from ._export import export_tool as export_tool
from ._export_section import export_section as export_section
from ._grid_file import write_grid as write_grid
from ._history import read_history as read_history
from ._run_directory import read_run_directory as read_run_directory
from ._section_file import (
    StoredSection as StoredSection,
    read_section as read_section,
    write_section as write_section,
)
from ._trajectory_file import read_trajectory as read_trajectory
from ._weights import (
    load_model as load_model,
    load_pretrained as load_pretrained,
    save_weights as save_weights,
)
