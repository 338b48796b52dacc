"""Training of simulators: the runner, its files, data sets in shards."""

from ._config import (
    CommonConfig as CommonConfig,
    TrainingConfig as TrainingConfig,
    read_config as read_config,
)
from ._course import AbstractCourse as AbstractCourse, Stage as Stage
from ._lessons import AbstractLearner as AbstractLearner, Lesson as Lesson
from ._shards import (
    Metadata as Metadata,
    check_size as check_size,
    data_notes as data_notes,
    generate_shards as generate_shards,
    has_metadata as has_metadata,
    is_complete as is_complete,
    joined as joined,
    load_shards as load_shards,
    read_metadata as read_metadata,
    read_shard as read_shard,
    shard_path as shard_path,
    sizes as sizes,
    write_rows as write_rows,
)
from ._split import split as split
from ._train import TrainingRun as TrainingRun
from ._update import make_update as make_update, per_device as per_device
from ._world import AbstractTraining as AbstractTraining, Progress as Progress
