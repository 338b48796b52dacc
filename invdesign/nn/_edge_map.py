"""Functions of edges, applied where there are edges."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from ..graphs._edges import EdgeList, add_rows, take_rows
from ._blocks import block_size, end_of, for_blocks, part_of, put

EdgeFunction = Callable[[Any, EdgeList, Any], tuple[Any, Any]]


def map_edges(
    function: EdgeFunction, shared: Any, graph: EdgeList, rows: Any, num_nodes: int
) -> tuple[Any, Any]:
    """Apply a function edge by edge, in blocks that end with the last slot in use.

    Spare capacity costs memory but hardly any time. The reverse pass computes the function again,
    block by block: meant for functions that are cheap beside what they would leave in memory.
    Differentiable as `sum_messages` is: once in reverse.

    **Arguments:**

    - `function`: `(shared, graph, rows) -> (kept, summed)` for any consecutive edges; two trees
      of arrays with a leading edge axis, `summed` zero in empty slots.
    - `shared`: a tree of what all edges read, such as weights and rows of nodes.
    - `rows`: a tree of arrays with a leading edge axis.

    **Returns:** `kept`, with zeros in slots beyond the block of the last real edge, and the sums
    of `summed` at the receivers, `(node, ...)`.
    """
    given = jax.tree.map(jnp.asarray, (shared, rows))
    return _map_edges(given, graph, function, num_nodes, block_size(graph.mask.shape[0]))


@eqx.filter_custom_vjp
def _map_edges(given, graph, function, num_nodes, block):
    shared, rows = given
    num_edges = graph.mask.shape[0]

    def body(start, carry):
        kept, sums = carry
        part = part_of(start, block)
        piece = part(graph)
        new, summed = function(shared, piece, part(rows))
        kept = jax.tree.map(lambda k, n: put(k, n, start), kept, new)
        return kept, jax.tree.map(lambda s, v: _add(s, piece.receivers, v), sums, summed)

    first = part_of(0, block)
    shapes = jax.eval_shape(function, shared, first(graph), first(rows))
    kept = jax.tree.map(lambda x: jnp.zeros((num_edges, *x.shape[1:]), x.dtype), shapes[0])
    sums = jax.tree.map(lambda x: jnp.zeros((num_nodes, *x.shape[1:]), x.dtype), shapes[1])
    return for_blocks(body, (kept, sums), end=end_of(graph.mask), num_edges=num_edges, size=block)


@_map_edges.def_fwd
def _map_edges_fwd(perturbed, given, graph, function, num_nodes, block):
    return _map_edges(given, graph, function, num_nodes, block), None


@_map_edges.def_bwd
def _map_edges_bwd(residuals, grad, perturbed, given, graph, function, num_nodes, block):
    moving, fixed = eqx.partition(given, perturbed)

    def body(start, grads):
        part = part_of(start, block)
        piece = part(graph)
        constant, constant_rows = fixed

        def again(shared, rows):
            shared = eqx.combine(shared, constant)
            return function(shared, piece, eqx.combine(rows, part(constant_rows)))

        out, pull = jax.vjp(again, moving[0], part(moving[1]))
        kept = _or_zeros(grad[0], out[0], part)
        sums = _or_zeros(grad[1], out[1], lambda g: _take(g, piece.receivers))
        shared, rows = pull((kept, sums))
        return (
            jax.tree.map(jnp.add, grads[0], shared),
            jax.tree.map(lambda g, r: put(g, r, start), grads[1], rows),
        )

    return for_blocks(
        body,
        jax.tree.map(jnp.zeros_like, moving),
        end=end_of(graph.mask),
        num_edges=graph.mask.shape[0],
        size=block,
    )


def _or_zeros(grad: Any, out: Any, read: Callable[[Any], Any]) -> Any:
    """`read` of each gradient, zeros where there is none."""
    return jax.tree.map(
        lambda g, o: jnp.zeros_like(o) if g is None else read(g),
        grad,
        out,
        is_leaf=lambda x: x is None,
    )


def _add(total: Any, index: Any, values: Any) -> Any:
    flat = add_rows(total.reshape(len(total), -1), index, values.reshape(len(values), -1))
    return flat.reshape(total.shape)


def _take(rows: Any, index: Any) -> Any:
    return take_rows(rows.reshape(len(rows), -1), index).reshape(len(index), *rows.shape[1:])
