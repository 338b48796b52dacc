"""Messages along edges and their sums at nodes, with a reverse pass of their own."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from .._types import Array, Float
from ..graphs import EdgeList, add_rows, take_rows
from ._blocks import block_size, end_of, for_blocks
from ._mlp import MLP, LayerNorm


def sum_messages(
    mlp: MLP,
    graph: EdgeList,
    rows: Float[Array, "edge feature"],
    weight: Float[Array, " edge"],
    num_nodes: int,
    *,
    nodes: Float[Array, "node latent"] | None = None,
) -> tuple[Float[Array, "node latent"], Float[Array, "edge latent"]]:
    r"""Messages $m_{ij} = \mathrm{MLP}(e_{ij}, h_j, h_i)$ and their sums $\sum_j w_{ij} m_{ij}$.

    The first matrix acts on senders and receivers before they are gathered, once a node instead
    of once an edge, which leaves the result the same. On a CPU the work goes over blocks of edges
    that stay in the cache, and ends with the last slot in use: spare capacity costs memory but
    hardly any time. The reverse pass keeps which hidden units were on and the output before the
    norm, nothing else.

    Differentiable once in reverse mode (and forward over that), under `vmap` on either side;
    neither by `jax.jvp` directly nor twice in reverse.

    **Arguments:**

    - `mlp`: of edge rows, or of edge rows, senders and receivers if there are `nodes`.
    - `rows`: $e_{ij}$; `nodes`: $h$.
    - `weight`: $w_{ij}$, zero in empty slots.

    **Returns:** sums at the receivers, and messages; zeros where nothing arrives and in slots
    beyond the block of the last real edge.
    """
    width = rows.shape[1]
    first = mlp.layers[0].weight
    sent = received = None
    if nodes is not None:
        size = nodes.shape[1]
        sent, received = nodes @ first[width : width + size], nodes @ first[width + size :]
    given = _Given(
        matrices=(first[:width], *(layer.weight for layer in mlp.layers[1:])),
        biases=tuple(layer.bias for layer in mlp.layers),
        norm=mlp.norm,
        rows=rows,
        sent=sent,
        received=received,
        weight=weight,
    )
    return _sum_messages(given, graph, num_nodes, block_size(rows.shape[0]))


class _Given(eqx.Module):
    """All that messages can be differentiated by, or the gradient, with `None` where none is asked.

    `rows` is (edge, feature) and `weight` (edge,); `sent` and `received`, (node, hidden), are added
    to the first layer's output at each edge's ends.
    """

    matrices: tuple[Any, ...]
    biases: tuple[Any, ...]
    norm: LayerNorm | None
    rows: Any
    sent: Any
    received: Any
    weight: Any


@eqx.filter_custom_vjp
def _sum_messages(given: _Given, graph: EdgeList, num_nodes: int, block: int):
    total, messages, _ = _forward(given, graph, num_nodes, block, ())
    return total, messages


@_sum_messages.def_fwd
def _sum_messages_fwd(perturbed, given, graph, num_nodes, block):
    # Weights that learn need the activations; otherwise it is enough to know which were on.
    learns = any(jax.tree.leaves((perturbed.matrices, perturbed.biases)))
    kind = given.rows.dtype if learns else jnp.dtype(bool)
    hidden = tuple(_blank(given, m.shape[0], kind) for m in given.matrices[1:])
    last = _blank(given, given.matrices[-1].shape[1])
    total, messages, kept = _forward(given, graph, num_nodes, block, (*hidden, last))
    return (total, messages), kept


def _forward(given, graph, num_nodes, block, kept):
    def body(start, carry):
        total, messages, kept = carry
        part = _part(start, block)
        outputs = _layers(given, graph, part)
        message = outputs[-1] if given.norm is None else given.norm(outputs[-1])
        total = add_rows(total, part(graph.receivers), part(given.weight)[:, None] * message)
        kept = tuple(
            _put(k, row if k.dtype == row.dtype else row > 0, start)
            for k, row in zip(kept, outputs, strict=bool(kept))
        )
        return total, _put(messages, message, start), kept

    messages = _blank(given, given.matrices[-1].shape[1])
    total = jnp.zeros_like(messages, shape=(num_nodes, messages.shape[1]))
    return for_blocks(
        body, (total, messages, kept), end=end_of(graph.mask), num_edges=len(messages), size=block
    )


def _layers(given: _Given, graph: EdgeList, part: Callable) -> list[Array]:
    """Activations of the hidden layers and, last, the output before the norm."""
    rows = part(given.rows) @ given.matrices[0] + given.biases[0][None]
    if given.sent is not None:
        rows = rows + take_rows(given.sent, part(graph.senders))
    if given.received is not None:
        rows = rows + take_rows(given.received, part(graph.receivers))
    outputs = []
    for matrix, bias in zip(given.matrices[1:], given.biases[1:], strict=True):
        outputs.append(jax.nn.relu(rows))
        rows = outputs[-1] @ matrix + bias[None]
    return [*outputs, rows]


@_sum_messages.def_bwd
def _sum_messages_bwd(kept, grad, perturbed, given, graph, num_nodes, block):
    def body(start, grads):
        return _pull(_part(start, block), start, grads, kept, grad, given, graph)

    # `None` marks what needs no gradient, here and in every block.
    grads = jax.tree.map(lambda x, wanted: jnp.zeros_like(x) if wanted else None, given, perturbed)
    size = given.rows.shape[0]
    return for_blocks(body, grads, end=end_of(graph.mask), num_edges=size, size=block)


def _pull(part, start, grads: _Given, kept, grad, given: _Given, graph: EdgeList) -> _Given:
    """`grads` with what one block adds to them."""
    *hidden, last = (part(k) for k in kept)
    message, pull_norm = _normalize(given.norm, last)
    grad_total, grad_messages = grad
    down = jnp.zeros_like(last) if grad_messages is None else part(grad_messages)
    weight = grads.weight
    if grad_total is not None:
        arrived = take_rows(grad_total, part(graph.receivers))
        down = down + part(given.weight)[:, None] * arrived
        weight = _maybe(weight, lambda w: _put(w, jnp.sum(message * arrived, axis=1), start))
    grad_norm, down = pull_norm(down)
    matrices, biases = list(grads.matrices), list(grads.biases)
    for layer in range(len(matrices) - 1, -1, -1):
        row = hidden[layer - 1] if layer else part(given.rows)
        matrices[layer] = _maybe(matrices[layer], lambda m, x=row, d=down: m + x.T @ d)
        biases[layer] = _maybe(biases[layer], lambda b, d=down: b + d.sum(axis=0))
        if layer:
            on = row if row.dtype == bool else row > 0
            down = jnp.where(on, down @ given.matrices[layer].T, 0.0)
    return _Given(
        matrices=tuple(matrices),
        biases=tuple(biases),
        norm=jax.tree.map(
            lambda n, g: _maybe(n, lambda n: n + g), grads.norm, grad_norm, is_leaf=_is_none
        ),
        rows=_maybe(grads.rows, lambda r: _put(r, down @ given.matrices[0].T, start)),
        sent=_maybe(grads.sent, lambda s: add_rows(s, part(graph.senders), down)),
        received=_maybe(grads.received, lambda r: add_rows(r, part(graph.receivers), down)),
        weight=weight,
    )


def _normalize(norm: LayerNorm | None, rows: Array) -> tuple[Array, Callable]:
    if norm is None:
        return rows, lambda down: (None, down)
    return jax.vjp(lambda n, r: n(r), norm, rows)


def _maybe(value: Any, function: Callable[[Any], Any]) -> Any:
    return None if value is None else function(value)


def _is_none(value: Any) -> bool:
    return value is None


def _blank(given: _Given, width: int, dtype: Any = None) -> Array:
    return jnp.zeros_like(given.rows, shape=(given.rows.shape[0], width), dtype=dtype)


def _part(start: Any, size: int) -> Callable[[Array], Array]:
    return lambda array: lax.dynamic_slice_in_dim(array, start, size)


def _put(array: Array, block: Array, start: Any) -> Array:
    return lax.dynamic_update_slice_in_dim(array, block, start, 0)
