"""Networks; they know no physics."""

from ._dilated import DilatedResNet as DilatedResNet
from ._edge_map import map_edges as map_edges
from ._edge_sets import EdgeSetInteraction as EdgeSetInteraction
from ._graph_network import GraphNetwork as GraphNetwork
from ._interaction import Interaction as Interaction
from ._messages import sum_messages as sum_messages
from ._mlp import MLP as MLP
