"""What the world of balls is."""

from ...simulators.constraint import Contacts
from ...training.constraint import Boxed
from .._boxed_data import BoxedWorld
from ._balls import RandomBalls

BOUNCE, DRAG = 0.6, 0.0  # of a speed; a second
WORLD = BoxedWorld(
    name="balls",
    scenes=RandomBalls(),
    larger=RandomBalls(balls=(20, 20), padded=20),
    sizes=("5 to 10 balls", "20 balls"),
    examples=Boxed(Contacts(), BOUNCE, DRAG, horizon=40),
)
