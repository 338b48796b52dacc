"""Who makes the runs of a sweep: this process, or workers beside it."""

from ._base import AbstractExecutor as AbstractExecutor, AbstractPool as AbstractPool
from ._in_process import InProcess as InProcess
from ._local import LocalWorkers as LocalWorkers
from ._ray import RayWorkers as RayWorkers
