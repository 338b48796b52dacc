"""Messages along edges and their sums at nodes, with a reverse pass of their own."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import Array, Float
from ..graphs._bits import num_words, pack_bits, unpack_bits
from ..graphs._edges import EdgeList, add_rows, gather, take_rows
from ._blocks import block_size, end_of, for_blocks, part_of, put
from ._edge_map import map_edges
from ._mlp import MLP, LayerNorm


def sum_messages(
    mlp: MLP,
    graph: EdgeList,
    rows: Float[Array, "edge feature"],
    weight: Float[Array, " edge"],
    num_nodes: int,
    *,
    nodes: Float[Array, "node latent"] | None = None,
    residual: bool = False,
) -> tuple[Float[Array, "node latent"], Float[Array, "edge latent"]]:
    r"""Messages $m_{ij} = \mathrm{MLP}(e_{ij}, h_j, h_i)$ and their sums $\sum_j w_{ij} m_{ij}$.

    The first matrix acts on senders and receivers before they are gathered, once a node instead
    of once an edge, which leaves the result the same. On a CPU the work goes over blocks of edges
    that stay in the cache, and ends with the last slot in use: spare capacity costs memory but
    hardly any time. The reverse pass keeps which hidden units were on and the standardized
    output; where there are no nodes, it computes them again from the rows. With any other
    activation than `jax.nn.relu`, whose slope is a bit, it computes everything again.

    Differentiable once in reverse mode (and forward over that), under `vmap` on either side;
    neither by `jax.jvp` directly nor twice in reverse.

    **Arguments:**

    - `mlp`: of edge rows, or of edge rows, senders and receivers if there are `nodes`.
    - `rows`: $e_{ij}$; `nodes`: $h$.
    - `weight`: $w_{ij}$, zero in empty slots.
    - `residual`: return $e_{ij} + m_{ij}$ in place of $m_{ij}$.

    **Returns:** sums at the receivers, and messages; zeros where nothing arrives and in slots
    beyond the block of the last real edge (`rows` there, if `residual`).
    """
    width = rows.shape[1]
    first = mlp.layers[0].weight
    sent = received = None
    if nodes is not None:
        size = nodes.shape[1]
        sent, received = nodes @ first[width : width + size], nodes @ first[width + size :]
    if mlp.activation is not jax.nn.relu:
        shared = (mlp, sent, received)
        messages, total = map_edges(_plain, shared, graph, (rows, weight), num_nodes)
        return total, rows + messages if residual else messages
    given = _Given(
        matrices=(first[:width], *(layer.weight for layer in mlp.layers[1:])),
        biases=tuple(layer.bias for layer in mlp.layers),
        norm=mlp.norm,
        rows=rows,
        sent=sent,
        received=received,
        weight=weight,
    )
    return _sum_messages(given, graph, num_nodes, residual, block_size(rows.shape[0]))


def _plain(shared: Any, graph: EdgeList, rows: Any) -> tuple[Array, Array]:
    """Messages of a block, and what of them arrives."""
    (mlp, sent, received), (given, weight) = shared, rows
    first = mlp.layers[0]
    hidden = given @ first.weight[: given.shape[1]] + first.bias[None]
    if sent is not None:
        hidden = hidden + gather(sent, graph.senders) + gather(received, graph.receivers)
    message = mlp.finish(hidden)
    return message, weight[:, None] * message


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
def _sum_messages(given: _Given, graph: EdgeList, num_nodes: int, residual: bool, block: int):
    total, messages, _ = _forward(given, graph, num_nodes, residual, block, ())
    return total, messages


@_sum_messages.def_fwd
def _sum_messages_fwd(perturbed, given, graph, num_nodes, residual, block):
    # Weights that learn need the activations; otherwise it is enough to know which were on.
    learns = any(jax.tree.leaves((perturbed.matrices, perturbed.biases)))
    kept = _room(given, bits=not learns)
    if given.sent is None and not learns:
        kept = ()  # narrow rows: the way through memory costs more than the first layer again
    total, messages, kept = _forward(given, graph, num_nodes, residual, block, kept)
    return (total, messages), kept


def _forward(given, graph, num_nodes, residual, block, kept):
    def body(start, carry):
        total, messages, kept = carry
        part = part_of(start, block)
        outputs = _layers(given, graph, part)
        message = _message(given, outputs)
        total = add_rows(total, part(graph.receivers), part(given.weight)[:, None] * message)
        kept = tuple(
            put(k, row if k.dtype == row.dtype else pack_bits(row > 0), start)
            for k, row in zip(kept, outputs, strict=bool(kept))
        )
        if residual:
            message = part(messages) + message
        return total, put(messages, message, start), kept

    messages = given.rows if residual else _blank(given, given.matrices[-1].shape[1])
    total = jnp.zeros_like(messages, shape=(num_nodes, messages.shape[1]))
    return for_blocks(
        body, (total, messages, kept), end=end_of(graph.mask), num_edges=len(messages), size=block
    )


def _layers(given: _Given, graph: EdgeList, part: Callable) -> list[Array]:
    """Activations of the hidden layers and the output; of a norm's, both that it returns."""
    rows = part(given.rows) @ given.matrices[0] + given.biases[0][None]
    if given.sent is not None:
        rows = rows + take_rows(given.sent, part(graph.senders))
    if given.received is not None:
        rows = rows + take_rows(given.received, part(graph.receivers))
    outputs = []
    for matrix, bias in zip(given.matrices[1:], given.biases[1:], strict=True):
        outputs.append(jax.nn.relu(rows))
        rows = outputs[-1] @ matrix + bias[None]
    last = [rows] if given.norm is None else given.norm.standardize(rows)
    return [*outputs, *last]


def _message(given: _Given, outputs: Sequence[Array]) -> Array:
    return outputs[-1] if given.norm is None else given.norm.rescale(outputs[-2])


@_sum_messages.def_bwd
def _sum_messages_bwd(kept, grad, perturbed, given, graph, num_nodes, residual, block):
    def body(start, grads):
        return _pull(part_of(start, block), start, grads, kept, grad, given, graph)

    # `None` marks what needs no gradient, here and in every block.
    grads = jax.tree.map(lambda x, wanted: jnp.zeros_like(x) if wanted else None, given, perturbed)
    if residual and grads.rows is not None and grad[1] is not None:
        grads = eqx.tree_at(lambda g: g.rows, grads, grad[1])
    size = given.rows.shape[0]
    return for_blocks(body, grads, end=end_of(graph.mask), num_edges=size, size=block)


def _pull(part, start, grads: _Given, kept, grad, given: _Given, graph: EdgeList) -> _Given:
    """`grads` with what one block adds to them."""
    outputs = part(kept) if kept else _layers(given, graph, part)
    if given.norm is None:
        down = _block_of(part, grad[1], outputs[-1])
        by_weight, down = _pull_sum(part, outputs[-1], grad[0], down, given, graph)
        norm = None
    else:
        norm, by_weight, down = _pull_norm(part, grads.norm, outputs, grad, given, graph)
    matrices, biases = list(grads.matrices), list(grads.biases)
    for layer in range(len(matrices) - 1, -1, -1):
        row = outputs[layer - 1] if layer else part(given.rows)
        matrices[layer] = _maybe(matrices[layer], lambda m, x=row, d=down: m + x.T @ d)
        biases[layer] = _maybe(biases[layer], lambda b, d=down: b + d.sum(axis=0))
        if layer:
            down = down @ given.matrices[layer].T
            packed = row.dtype != down.dtype
            on = unpack_bits(row, down.shape[1]) if packed else row > 0
            down = jnp.where(on, down, 0.0)
    return _Given(
        matrices=tuple(matrices),
        biases=tuple(biases),
        norm=norm,
        rows=_maybe(grads.rows, lambda r: put(r, part(r) + down @ given.matrices[0].T, start)),
        sent=_maybe(grads.sent, lambda s: add_rows(s, part(graph.senders), down)),
        received=_maybe(grads.received, lambda r: add_rows(r, part(graph.receivers), down)),
        weight=_maybe(grads.weight, lambda w: put(w, by_weight, start)),
    )


def _pull_sum(part, message: Array, grad_total: Any, down: Array, given, graph: EdgeList) -> Any:
    """Gradients by a block's weights and messages; `down` is what came by the messages alone."""
    if grad_total is None:
        return jnp.zeros_like(message[:, 0]), down
    arrived = take_rows(grad_total, part(graph.receivers))
    down = down + part(given.weight)[:, None] * arrived
    return _row_sums(message * arrived), down


def _row_sums(rows: Array) -> Array:
    """Sums over the last axis, as a product: on a CPU twice as fast as a sum."""
    ones = jnp.ones_like(rows, shape=(rows.shape[1], 1))
    return jnp.matmul(rows, ones, precision="highest")[:, 0]


def _block_of(part, grad: Any, like: Array) -> Array:
    return jnp.zeros_like(like) if grad is None else part(grad)


def _pull_norm(part, grads: Any, outputs, grad: Any, given: _Given, graph: EdgeList) -> Any:
    """Gradients by the norm, by a block's weights and by its rows before the norm.

    Scale and shift are applied to nodes wherever that is the same, once a node instead of once
    an edge.
    """
    norm, standard, inverse = given.norm, outputs[-2], outputs[-1]
    assert norm is not None
    scale = norm.scale[None]
    grad_total = _maybe(grad[0], lambda g: g * scale)
    by_messages = _block_of(part, grad[1], standard)
    along, down = _pull_sum(part, standard, grad_total, by_messages * scale, given, graph)
    if grad[1] is None and grad_total is not None:
        weight = part(given.weight)[:, None]
        mean = weight * take_rows(grad_total.mean(axis=1, keepdims=True), part(graph.receivers))
        slope = weight * along[:, None] / standard.shape[1]
    else:
        mean = _row_sums(down)[:, None] / down.shape[1]
        slope = _row_sums(down * standard)[:, None] / down.shape[1]
    if grad[0] is not None:
        shifts = grad[0] @ norm.shift[:, None]
        along = along + take_rows(shifts, part(graph.receivers))[:, 0]
    if grads.scale is not None or grads.shift is not None:
        _, unscaled = _pull_sum(part, standard, grad[0], by_messages, given, graph)
        more = (
            _maybe(grads.scale, lambda s: s + (standard * unscaled).sum(axis=0)),
            _maybe(grads.shift, lambda s: s + unscaled.sum(axis=0)),
        )
        grads = eqx.tree_at(lambda n: (n.scale, n.shift), grads, more, is_leaf=_is_none)
    return grads, along, inverse * (down - mean - standard * slope)


def _maybe(value: Any, function: Callable[[Any], Any]) -> Any:
    return None if value is None else function(value)


def _is_none(value: Any) -> bool:
    return value is None


def _room(given: _Given, *, bits: bool) -> tuple[Array, ...]:
    """Room for what `_layers` returns, or for a bit of each hidden activation."""
    widths = [m.shape[0] for m in given.matrices[1:]]
    hidden = [
        _blank(given, num_words(width), jnp.uint32) if bits else _blank(given, width)
        for width in widths
    ]
    last = [given.matrices[-1].shape[1]] + ([] if given.norm is None else [1])
    return (*hidden, *(_blank(given, width) for width in last))


def _blank(given: _Given, width: int, dtype: Any = None) -> Array:
    return jnp.zeros_like(given.rows, shape=(given.rows.shape[0], width), dtype=dtype)
