"""Networks; they know no physics."""

from ._interaction import Interaction as Interaction
from ._mlp import MLP as MLP, LayerNorm as LayerNorm, Linear as Linear
