"""Designs whose scores are published: what the leaderboard is made of, and how it is held true."""

from ._measure import Measured as Measured, measure as measure
from ._record import (
    Published as Published,
    best_known as best_known,
    published_designs as published_designs,
)
from ._rescore import Rescored as Rescored, rescore as rescore, tolerance as tolerance
from ._submit import published as published, submitted as submitted
from ._write import enter as enter, write_reference as write_reference
