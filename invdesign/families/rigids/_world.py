"""What the world of rigid bodies is."""

from ...simulators.constraint import Joined
from ...training.constraint import Boxed
from .._boxed_data import BoxedWorld
from ._rigids import RandomRigids

BOUNCE, DRAG = 0.3, 1.0  # of a speed; a second
WORLD = BoxedWorld(
    name="rigids",
    scenes=RandomRigids(),
    larger=RandomRigids(nodes=(9, 9), padded=9),
    sizes=("3 to 6 balls", "9 balls"),
    examples=Boxed(Joined(), BOUNCE, DRAG),
)
