"""Packed training batches: several noisy moments as one graph with only their real edges."""

from typing import Any, NamedTuple, cast

import jax
import jraph
import numpy as np
from scipy.spatial import KDTree

from ..._host_geometry import length, segment_delta
from ...simulators.particle._build import ModelConfig
from ._sweep import Corners, sweep


class Batch(NamedTuple):
    """One device's batch.

    `graph` is padded; its nodes hold `ahead` (m), `moves` and `target` (both (node, 2, dim), m a
    frame; see `particle_graph` and `ParticleSimulator.changes`) and `real`. `obstacle_*` arrays
    list the edges from obstacles to particles, padded with edges that are not `obstacle_mask`.
    """

    graph: jraph.GraphsTuple
    obstacle_particle: np.ndarray
    obstacle_delta: np.ndarray
    obstacle_distance: np.ndarray
    obstacle_radius: np.ndarray
    obstacle_mask: np.ndarray


class Moment(NamedTuple):
    """One particle graph before packing."""

    graph: jraph.GraphsTuple
    particle: np.ndarray
    delta: np.ndarray
    distance: np.ndarray
    radius: np.ndarray


def node_arrays(graph: jraph.GraphsTuple) -> dict[str, Any]:
    """The named node features of a graph."""
    return cast(dict[str, Any], graph.nodes)


def num_edges(graph: jraph.GraphsTuple) -> int:
    """Edges of a graph that is not padded."""
    return int(cast(np.ndarray, graph.n_edge).sum())


class Sampler:
    """Draws batches; the batch of a step depends on `(seed, step)` alone, so a resume is exact."""

    def __init__(
        self,
        data: dict[str, np.ndarray],
        described: dict,
        model: ModelConfig,
        *,
        noise: float,
        position_noise: float,
        graphs_per_batch: int,
        seed: int,
    ):
        self.model, self.seed = model, seed
        self.noise, self.position_noise = noise, position_noise
        self.graphs_per_batch = graphs_per_batch
        self.dt = described["dt"]
        self.gravity = np.array(described["gravity"])
        self.obstacle_radius = described["scenes"]["obstacle_radius"]
        lower, upper = (np.array(corner) for corner in described["bounds"])
        self.box = (lower, upper)
        corners = np.array([lower, (upper[0], lower[1]), upper, (lower[0], upper[1])])
        self.walls = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
        self.obstacles = [
            segments[_in_use(segments, self.box)].astype(np.float64)
            for segments in data["segments"]
        ]
        self.position, self.velocity = data["position"], data["velocity"]
        self.capacity = self._measure_capacity()

    def batch(self, step: int, device: int) -> Batch:
        """The padded batch of a step on a device."""
        rng = np.random.default_rng([self.seed, step, device])
        moments: list[Moment] = []
        room = np.array(self.capacity)
        for _ in range(self.graphs_per_batch):
            moment = self.moment(rng)
            need = np.array([num_edges(moment.graph), len(moment.particle)])
            if np.all(need <= room):  # a graph that does not fit is left out whole, never cut
                moments.append(moment)
                room = room - need
        return self._pack(moments)

    def moment(self, rng: np.random.Generator) -> Moment:
        """A random frame of a random trajectory, with noise on its positions and velocities.

        The target undoes the noise of velocities, but not that of positions: particles make
        their true move from where they are. The first makes rollouts return to the data, the
        second makes forces smooth in the positions.
        """
        trajectory = rng.integers(len(self.position))
        frame = rng.integers(self.position.shape[1] - 1)
        position = self.position[trajectory, frame : frame + 2].astype(np.float64)
        velocity = self.dt * self.velocity[trajectory, frame : frame + 2].astype(np.float64)
        start = position[0] + self.position_noise * rng.normal(size=position[0].shape)
        speed = velocity[0] + self.noise * rng.normal(size=position[0].shape)
        truth = np.stack([position[1] - position[0], velocity[1]])
        return self._graph(start, speed, truth, self.obstacles[trajectory])

    def _graph(
        self, start: np.ndarray, speed: np.ndarray, truth: np.ndarray, segments: np.ndarray
    ) -> Moment:
        """The network's input at a noisy start, and the target that leads to the true motion."""

        def go(by: np.ndarray) -> np.ndarray:
            radius = self.obstacle_radius
            return sweep(start, by, segments, radius, dt=self.dt, box=self.box)

        fall = self.gravity * self.dt**2
        ahead = go(speed + 0.5 * fall)
        target = np.stack([go(truth[0]) - ahead, truth[1] - speed - fall], axis=1)
        pairs = KDTree(ahead).query_pairs(self.model.radius, output_type="ndarray")
        senders = np.concatenate([pairs[:, 0], pairs[:, 1]])
        receivers = np.concatenate([pairs[:, 1], pairs[:, 0]])
        order = np.argsort(receivers, kind="stable")
        obstacles = np.concatenate([segments, self.walls])
        radius = np.r_[np.full(len(segments), self.obstacle_radius), np.zeros(4)]
        delta = segment_delta(ahead, obstacles)
        distance = length(delta)
        particle, obstacle = np.nonzero(distance - radius[None] < self.model.reach)
        count = len(ahead)
        moves = np.stack([speed, ahead - start], axis=1)
        nodes = {
            "ahead": ahead.astype(np.float32),
            "moves": moves.astype(np.float32),
            "target": target.astype(np.float32),
            "real": np.ones(count, bool),
        }
        graph = jraph.GraphsTuple(
            nodes=nodes,
            edges=None,
            senders=cast(Any, senders[order].astype(np.int32)),
            receivers=cast(Any, receivers[order].astype(np.int32)),
            n_node=cast(Any, np.array([count], np.int32)),
            n_edge=cast(Any, np.array([len(order)], np.int32)),
            globals=None,
        )
        at = (particle, obstacle)
        return Moment(graph, particle, delta[at], distance[at], radius[obstacle])

    def _pack(self, moments: list[Moment]) -> Batch:
        num_nodes = self.graphs_per_batch * self.position.shape[2] + 1
        graph = jraph.batch_np([m.graph for m in moments])
        graph = jraph.pad_with_graphs(
            graph,
            n_node=num_nodes,
            n_edge=self.capacity[0],
            n_graph=self.graphs_per_batch + 1,
        )
        graph = jax.tree.map(np.asarray, graph)
        shift = np.cumsum([0, *(len(node_arrays(m.graph)["real"]) for m in moments)])
        particle = np.concatenate([m.particle + s for m, s in zip(moments, shift, strict=False)])
        count, slots = len(particle), self.capacity[1]

        def fill(parts, shape, value):
            out = np.full((slots, *shape), value, np.float32)
            out[:count] = np.concatenate(parts)
            return out

        index = np.full(slots, num_nodes - 1, np.int32)
        index[:count] = particle
        return Batch(
            graph=graph,
            obstacle_particle=index,
            obstacle_delta=fill([m.delta for m in moments], (2,), 0.01),
            obstacle_distance=fill([m.distance for m in moments], (), 0.02),
            obstacle_radius=fill([m.radius for m in moments], (), 0.0),
            obstacle_mask=np.arange(slots) < count,
        )

    def _measure_capacity(self) -> tuple[int, int]:
        """Slots for edges and obstacle edges of a batch: 8% above the largest of 40 draws."""
        rng = np.random.default_rng([self.seed, 1])
        sizes = []
        for _ in range(40 * self.graphs_per_batch):
            moment = self.moment(rng)
            sizes.append((num_edges(moment.graph), len(moment.particle)))
        groups = np.array(sizes).reshape(40, self.graphs_per_batch, 2).sum(axis=1)
        pair, obstacle = (1.08 * groups.max(axis=0)).astype(int)
        return int(pair) // 64 * 64 + 64, int(obstacle) // 64 * 64 + 64


def _in_use(segments: np.ndarray, box: Corners) -> np.ndarray:
    """Which slots hold an obstacle; the others wait as points outside of the box."""
    start = segments[:, 0]
    is_point = (start == segments[:, 1]).all(axis=-1)
    return ~(is_point & ((start < box[0]) | (start > box[1])).any(axis=-1))
