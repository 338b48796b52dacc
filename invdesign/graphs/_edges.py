"""Edge lists, and the two operations a message passing network needs of them."""

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import Array, Bool, Float, Int


@jax.custom_batching.custom_vmap
def _segment_sum(values, index, template):
    return template.at[index].add(values, mode="promise_in_bounds")


@_segment_sum.def_vmap
def _segment_sum_rule(axis_size, in_batched, values, index, template):
    # One disjoint graph: XLA's batched scatter is several times slower than one flat one.
    values, index, template = (
        x if batched else jnp.broadcast_to(x[None], (axis_size, *x.shape))
        for x, batched in zip((values, index, template), in_batched, strict=True)
    )
    size = template.shape[1]
    shift = size * jnp.arange(axis_size, dtype=index.dtype)
    flat = _segment_sum(
        values.reshape(-1, *values.shape[2:]),
        (index + shift[:, None]).reshape(-1),
        template.reshape(-1, *template.shape[2:]),
    )
    return flat.reshape(template.shape), True


@jax.custom_vjp
def segment_sum(
    values: Float[Array, "edge feature"], index: Int[Array, " edge"], template: Array
) -> Float[Array, "node feature"]:
    """Sum of the rows of `values` that share an `index`, into an array shaped as `template`.

    Differentiable with respect to `values`; batched calls run as one disjoint graph.
    """
    return _segment_sum(values, index, jnp.zeros_like(template))


@jax.custom_vjp
def gather(rows: Float[Array, "node feature"], index: Int[Array, " edge"]) -> Array:
    """Rows at `index`; the reverse pass is a `segment_sum`."""
    return rows[index]


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
