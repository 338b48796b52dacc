"""Edge lists, and the two operations a message passing network needs of them."""

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import Array, Bool, Float, Int


@jax.custom_batching.custom_vmap
def add_rows(total, index, values):
    """`total` with the rows of `values` added at `index`.

    Batched calls run as one disjoint graph. Has no reverse pass: for use in hand-written ones.
    """
    return total.at[index].add(values, mode="promise_in_bounds")


@add_rows.def_vmap
def _add_rows_rule(axis_size, in_batched, total, index, values):
    # One disjoint graph: XLA's batched scatter is several times slower than one flat one.
    total, index, values = (
        x if batched else jnp.broadcast_to(x[None], (axis_size, *x.shape))
        for x, batched in zip((total, index, values), in_batched, strict=True)
    )
    shift = total.shape[1] * jnp.arange(axis_size, dtype=index.dtype)
    flat = add_rows(
        total.reshape(-1, *total.shape[2:]),
        (index + shift[:, None]).reshape(-1),
        values.reshape(-1, *values.shape[2:]),
    )
    return flat.reshape(total.shape), True


@jax.custom_batching.custom_vmap
def take_rows(rows, index):
    """`rows` at `index`; as `add_rows`, batched as one graph and without a reverse pass."""
    return rows.at[index].get(mode="promise_in_bounds")


@take_rows.def_vmap
def _take_rows_rule(axis_size, in_batched, rows, index):
    rows, index = (
        x if batched else jnp.broadcast_to(x[None], (axis_size, *x.shape))
        for x, batched in zip((rows, index), in_batched, strict=True)
    )
    shift = rows.shape[1] * jnp.arange(axis_size, dtype=index.dtype)
    flat = take_rows(rows.reshape(-1, *rows.shape[2:]), (index + shift[:, None]).reshape(-1))
    return flat.reshape(axis_size, -1, *rows.shape[2:]), True


@jax.custom_vjp
def segment_sum(
    values: Float[Array, "edge feature"], index: Int[Array, " edge"], template: Array
) -> Float[Array, "node feature"]:
    """Sum of the rows of `values` that share an `index`, into an array shaped as `template`.

    Differentiable with respect to `values`; batched calls run as one disjoint graph.
    """
    return add_rows(jnp.zeros_like(template), index, values)


@jax.custom_vjp
def gather(rows: Float[Array, "node feature"], index: Int[Array, " edge"]) -> Array:
    """Rows at `index`; the reverse pass is a `segment_sum`."""
    return take_rows(rows, index)


def _segment_sum_forward(values, index, template):
    return segment_sum(values, index, template), (index, template)


def _segment_sum_backward(residuals, cotangent):
    index, template = residuals
    return gather(cotangent, index), None, jnp.zeros_like(template)


def _gather_forward(rows, index):
    return gather(rows, index), (index, jnp.zeros_like(rows))


def _gather_backward(residuals, cotangent):
    index, template = residuals
    return segment_sum(cotangent, index, template), None


segment_sum.defvjp(_segment_sum_forward, _segment_sum_backward)
gather.defvjp(_gather_forward, _gather_backward)


class EdgeList(eqx.Module):
    """Directed edges of a graph in a fixed number of slots.

    **Arguments:**

    - `senders`, `receivers`: node indices, `(edge,)`; receivers ascend.
    - `mask`: which slots hold a real edge; the others point somewhere valid and count for nothing.
    """

    senders: Int[Array, " edge"]
    receivers: Int[Array, " edge"]
    mask: Bool[Array, " edge"]

    def at_senders(self, nodes: Float[Array, "node feature"]) -> Float[Array, "edge feature"]:
        """Each edge's sender's row."""
        return gather(nodes, self.senders)

    def at_receivers(self, nodes: Float[Array, "node feature"]) -> Float[Array, "edge feature"]:
        """Each edge's receiver's row."""
        return gather(nodes, self.receivers)

    def sum_at_receivers(
        self, messages: Float[Array, "edge feature"], num_nodes: int
    ) -> Float[Array, "node feature"]:
        """Sum of the messages that arrive at each node; empty slots must carry zeros."""
        template = jnp.zeros((num_nodes, messages.shape[1]), messages.dtype)
        return segment_sum(messages, self.receivers, template)
