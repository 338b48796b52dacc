"""Files: atomic writes, checked reads, weights, run directories, shapes and grids to take along."""

from ._arrays import ArraySchema as ArraySchema, check_arrays as check_arrays
from ._atomic import (
    dump_json as dump_json,
    json_ready as json_ready,
    make_folder as make_folder,
    write_bytes as write_bytes,
    write_json as write_json,
    write_text as write_text,
)
from ._changes import changes as changes
from ._checksum import sha256 as sha256, verify_file as verify_file
from ._design_file import (
    StoredDesign as StoredDesign,
    read_design as read_design,
    write_design as write_design,
)
from ._export import export_tool as export_tool
from ._export_section import export_section as export_section
from ._grid_file import check_grid_path as check_grid_path, write_grid as write_grid
from ._history import (
    history_columns as history_columns,
    read_history as read_history,
    write_history as write_history,
)
from ._manifest import (
    ManifestEntry as ManifestEntry,
    find_model as find_model,
    nearest as nearest,
    read_manifest as read_manifest,
    register as register,
    unknown_name as unknown_name,
    write_manifest as write_manifest,
)
from ._npz import read_npz as read_npz, write_npz as write_npz
from ._outline import rings as rings, tool_outline as tool_outline
from ._reading import (
    check_regular as check_regular,
    read_bytes as read_bytes,
    read_json as read_json,
    read_text as read_text,
    read_toml as read_toml,
)
from ._resources import pretrained_dir as pretrained_dir, tasks_dir as tasks_dir
from ._run_directory import (
    RunDirectory as RunDirectory,
    open_run_directory as open_run_directory,
    read_run_directory as read_run_directory,
    set_aside as set_aside,
)
from ._schema import (
    Average as Average,
    Count as Count,
    Depth as Depth,
    Line as Line,
    NonNegative as NonNegative,
    Number as Number,
    Positive as Positive,
    Rate as Rate,
    Seed as Seed,
    Sha256 as Sha256,
    Share as Share,
    Size as Size,
    Weight as Weight,
    as_record as as_record,
    check_format as check_format,
    read_record as read_record,
    read_toml_record as read_toml_record,
)
from ._sealed import (
    fingerprint as fingerprint,
    read_sealed as read_sealed,
    write_sealed as write_sealed,
)
from ._section_file import (
    StoredSection as StoredSection,
    read_section as read_section,
    write_section as write_section,
)
from ._trajectory_file import (
    StoredTrajectory as StoredTrajectory,
    known_frames as known_frames,
    read_trajectory as read_trajectory,
    write_trajectory as write_trajectory,
)
from ._weights import (
    load_model as load_model,
    load_pretrained as load_pretrained,
    load_weights as load_weights,
    named_arrays as named_arrays,
    read_hyperparameters as read_hyperparameters,
    save_weights as save_weights,
)
