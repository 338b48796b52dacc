"""How many slots a list of edges has, and into how many equal blocks it parts."""

BLOCK = 4000  # slots a block at most; the best of 700 to 8000 on one core and on two
_FEWEST = 4  # blocks of a shorter list, most of whose slots may be spare
_SHORT = 256  # slots up to which it does not matter


def num_blocks(num_edges: int, largest: int = BLOCK) -> int:
    """Blocks that a list parts into: few of at most `largest` slots; 1 if no such part fits."""
    fewest = _fewest(num_edges, largest)
    parts = (count for count in range(fewest, 2 * fewest + 1) if num_edges % count == 0)
    return next(parts, 1)


def whole_blocks(num_edges: int) -> int:
    """The least number of slots from `num_edges` on that parts into blocks.

    A list of 17,158 slots does not, so that all of them would be worked on, in use or not.
    """
    if num_edges <= _SHORT or num_blocks(num_edges) > 1:
        return num_edges
    fewest = _fewest(num_edges, BLOCK)
    return fewest * -(-num_edges // fewest)


def _fewest(num_edges: int, largest: int) -> int:
    return max(_FEWEST, -(-num_edges // largest))
