"""A page for a run or a study that needs nothing but itself."""

from ._report import FILE as FILE, report as report
