"""Training of simulators: the runner, its files, data sets in shards."""

from ._config import TrainingConfig as TrainingConfig, read_config as read_config
from ._course import AbstractCourse as AbstractCourse, Stage as Stage
from ._items import Items as Items
from ._lessons import AbstractLearner as AbstractLearner, Lesson as Lesson
from ._seeded import SeededData as SeededData, SeededTraining as SeededTraining
from ._shards import (
    generate_shards as generate_shards,
    joined as joined,
    load_shards as load_shards,
    open_shards as open_shards,
    stacked as stacked,
    write_rows as write_rows,
)
from ._train import TrainingRun as TrainingRun
from ._world import AbstractTraining as AbstractTraining, Progress as Progress
