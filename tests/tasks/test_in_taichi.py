"""The best known designs in an engine that shares nothing with ours: MLS-MPM written in Taichi.

Four particles for each of the task's, cells of half the size, no correction of densities, walls as
conditions on grid nodes: what a design owes to our solver's ways is gone here. Needs `taichi`.
"""

import jax
import numpy as np
import pytest

from invdesign import Trajectory
from invdesign.scenes import ParticleFrame
from invdesign.studies._published import best_known
from invdesign.studies._registry import load_task

ti = pytest.importorskip("taichi")

CELL, SPACING, DT, PAD = 1 / 80, 1 / 160, 1.25e-4, 3
SIZE = 80 + 2 * PAD
SOUND = 14.0  # metres a second


def finer(position):
    """Four particles in the place of each."""
    offset = 0.5 * SPACING * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    return (position[:, None] + offset[None]).reshape(-1, 2)


def simulated(scene, num_frames):
    """Positions of all particles after every frame of a hundredth of a second."""
    ti.init(arch=ti.cpu, default_fp=ti.f32, log_level=ti.ERROR, random_seed=0)
    start = finer(np.asarray(scene.position))
    thrown = np.repeat(np.asarray(scene.velocity), 4, axis=0)
    walls, radius = np.asarray(scene.segments, np.float32), np.asarray(scene.segment_radius)
    number, num_walls = len(start), len(walls)
    x, v = ti.Vector.field(2, float, number), ti.Vector.field(2, float, number)
    affine, volume = ti.Matrix.field(2, 2, float, number), ti.field(float, number)
    flow, mass = ti.Vector.field(2, float, (SIZE, SIZE)), ti.field(float, (SIZE, SIZE))
    ends, thick = ti.Vector.field(4, float, num_walls), ti.field(float, num_walls)
    normal, solid = ti.Vector.field(2, float, (SIZE, SIZE)), ti.field(int, (SIZE, SIZE))

    @ti.func
    def nearest(point):
        """Signed distance to the nearest wall, and the way out."""
        best, out = 1e3, ti.Vector([0.0, 0.0])
        for k in range(num_walls):
            first = ti.Vector([ends[k][0], ends[k][1]])
            axis = ti.Vector([ends[k][2], ends[k][3]]) - first
            along = (point - first).dot(axis) / axis.dot(axis)
            away = point - first - ti.min(ti.max(along, 0.0), 1.0) * axis
            length = away.norm() + 1e-9
            if length - thick[k] < best:
                best, out = length - thick[k], away / length
        return best, out

    @ti.kernel
    def prepare():
        for node in ti.grouped(solid):
            distance, out = nearest((node - PAD) * CELL)
            solid[node], normal[node] = ti.cast(distance < 0.2 * CELL, int), out
        for p in x:
            volume[p], affine[p] = 1.0, ti.Matrix.zero(float, 2, 2)

    @ti.kernel
    def substep():
        for node in ti.grouped(mass):
            flow[node], mass[node] = ti.Vector([0.0, 0.0]), 0.0
        for p in x:
            place = x[p] / CELL + PAD
            base = ti.cast(place - 0.5, int)
            f = place - base
            w = [0.5 * (1.5 - f) ** 2, 0.75 - (f - 1) ** 2, 0.5 * (f - 0.5) ** 2]
            # Particles have the mass one, so that the stress is the pressure over the density.
            push = DT * 4 / CELL**2 * SOUND**2 * (1.0 - volume[p]) * volume[p]
            carried = affine[p] + push * ti.Matrix.identity(float, 2)
            for i, j in ti.static(ti.ndrange(3, 3)):
                apart = (ti.Vector([i, j]) - f) * CELL
                weight = w[i][0] * w[j][1]
                flow[base + ti.Vector([i, j])] += weight * (v[p] + carried @ apart)
                mass[base + ti.Vector([i, j])] += weight
        for node in ti.grouped(mass):
            if mass[node] > 0:
                u = flow[node] / mass[node] + ti.Vector([0.0, -9.81 * DT])
                if solid[node]:
                    u -= ti.min(u.dot(normal[node]), 0.0) * normal[node]
                for d in ti.static(range(2)):
                    if (node[d] <= PAD and u[d] < 0) or (node[d] >= SIZE - 1 - PAD and u[d] > 0):
                        u[d] = 0.0
                flow[node] = u
        for p in x:
            place = x[p] / CELL + PAD
            base = ti.cast(place - 0.5, int)
            f = place - base
            w = [0.5 * (1.5 - f) ** 2, 0.75 - (f - 1) ** 2, 0.5 * (f - 0.5) ** 2]
            new, turn = ti.Vector([0.0, 0.0]), ti.Matrix.zero(float, 2, 2)
            for i, j in ti.static(ti.ndrange(3, 3)):
                apart = (ti.Vector([i, j]) - f) * CELL
                u = w[i][0] * w[j][1] * flow[base + ti.Vector([i, j])]
                new += u
                turn += 4 / CELL**2 * u.outer_product(apart)
            v[p], affine[p] = new, turn
            volume[p] *= 1 + DT * turn.trace()
            x[p] += DT * new
            distance, out = nearest(x[p])
            if distance < 0:
                x[p] -= distance * out
            x[p] = ti.min(ti.max(x[p], 1e-3), 1 - 1e-3)

    x.from_numpy(start.astype(np.float32))
    v.from_numpy(thrown.astype(np.float32))
    ends.from_numpy(walls.reshape(-1, 4))
    thick.from_numpy(radius.astype(np.float32))
    prepare()
    frames = []
    for _ in range(num_frames):
        for _ in range(round(0.01 / DT)):
            substep()
        frames.append(x.to_numpy())
    return np.stack(frames)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["contain", "ramp"])
def test_the_best_design_works_in_another_engine_and_the_first_does_not(name):
    task, best = load_task(name), best_known(name)
    assert best is not None
    condition = jax.tree.map(lambda x: x[0], task.unseen)
    scores = []
    for latent in (task.space.initial(), task.space.encode(np.asarray(best.parameters))):
        design = task.space.decode(latent)
        frames = simulated(task.build(design, condition), task.num_steps)
        assert np.isfinite(frames).all()
        shown = ParticleFrame(jax.numpy.asarray(frames), jax.numpy.zeros_like(frames))
        trajectory = Trajectory(None, shown, None, jax.numpy.asarray(0))
        scores.append(float(task.score(trajectory, design)))
    assert scores[0] < 0.1
    assert scores[1] > 0.8 * best.score, scores
