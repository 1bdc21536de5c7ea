"""Distances between the samples and the reference points: sliced and exact Wasserstein-2, energy distance."""

import math
from functools import lru_cache

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from ays_toy.estimates import Estimate
from ays_toy.metrics.pairs import mean_distances, own_distances
from ays_toy.metrics.reference import Batch, Reference

SLICED_POINTS, ENERGY_POINTS, W2_POINTS = 8192, 10_240, 1024  # used at most, the first of each
BLOCKS = 16  # parts an error bar is taken from at least: it is then itself uncertain by a sixth
ENERGY_BLOCK = 256  # points whose pairs are all formed


def _sorted_projections(points: torch.Tensor, directions: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along every direction, ascending: in each block [64, BLOCKS, n / BLOCKS], and of all [64, n]."""
    projected = (directions @ points.T).numpy()
    blocks = np.sort(projected.reshape(len(directions), BLOCKS, -1), axis=2)
    return blocks, np.sort(projected, axis=1)


@lru_cache(maxsize=8)  # 4 MB each
def _reference_projections(reference: Reference, n: int) -> tuple[np.ndarray, np.ndarray]:
    return _sorted_projections(reference.points[:n], reference.directions)


def sliced_w2(batch: Batch) -> Estimate:
    """Root of the mean over 64 directions of the squared 1D Wasserstein-2 distance, in data units (Bonneel 2015).

    For equal numbers of points the 1D distance pairs them in order; POT's `sliced_wasserstein_distance` gives the same
    number but allows for weights, at ten times the time. The error bar is the scatter of the same distance over 16
    blocks, over the root of 16: away from the truth the distance scatters as 1/sqrt(n), as a mean does, and near it
    bias and scatter both fall about as fast.
    """
    reference = batch.reference
    n = min(len(batch.points), len(reference.points), SLICED_POINTS) // BLOCKS * BLOCKS
    ours = _sorted_projections(batch.points[:n], reference.directions)
    blocks, whole = (
        np.sqrt(np.square(x - y).mean(axis=(0, -1), dtype=np.float64))
        for x, y in zip(ours, _reference_projections(reference, n), strict=True)
    )
    return Estimate(float(whole), float(blocks.std(ddof=1) / math.sqrt(BLOCKS)))


def w2(batch: Batch) -> Estimate:
    """Exact Wasserstein-2 distance in data units, the first 1024 samples to as many reference points.

    W2^2 is asymptotically normal with the variance of the mean of its two dual potentials (del Barrio & Loubes 2019);
    near the truth that is an upper bound, up to twice the true error.
    """
    n = min(len(batch.points), len(batch.reference.points), W2_POINTS)
    x, y = (points[:n].double().numpy() for points in (batch.points, batch.reference.points))
    costs = cdist(x, y, "sqeuclidean")
    rows, columns = linear_sum_assignment(costs)
    value = math.sqrt(costs[rows, columns].mean())
    error_of_square = math.sqrt(sum(potential.var(ddof=1) for potential in potentials(costs, columns)) / n)
    return Estimate(value, error_of_square / (2 * value) if value else 0.0)


def potentials(costs: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Dual potentials u [n], v [n] of an optimal assignment of row i to columns[i]: u_i + v_j is costs[i, j] at most.

    They are as long as the shortest paths through what it costs to give a column to another row (Bellman and Ford).
    """
    paid = costs[np.arange(len(costs)), columns]
    moved = np.empty_like(costs)
    moved[columns] = costs - paid[:, None]  # from the column that a row has to any other
    v = np.zeros(len(costs))
    for _ in range(len(costs)):
        shorter = (v[:, None] + moved).min(axis=0)
        if np.allclose(shorter, v, rtol=0.0, atol=1e-12 * costs.max()):
            break
        v = shorter
    return paid - v[columns], v


def _split(points: torch.Tensor, number: int) -> tuple[torch.Tensor, ...]:
    """Equal blocks, the last few points left out."""
    size = len(points) // number
    return points[: number * size].split(size)


@lru_cache(maxsize=16)
def _reference_blocks(reference: Reference) -> list[tuple[torch.Tensor, float]]:
    """Blocks of the reference points, each with its mean distance between two of its own points."""
    points = reference.points[:ENERGY_POINTS]
    blocks = _split(points, max(BLOCKS, len(points) // ENERGY_BLOCK))
    return [(y, float(own_distances(y).mean())) for y in blocks]


def energy(batch: Batch) -> Estimate:
    """Energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| in data units, unbiased, without a root (Szekely & Rizzo 2013).

    It is the mean of the U-statistics of blocks of about 256 points, with their scatter as error bar: 10,240 samples
    count, at a fraction of all their pairs.
    """
    reference = _reference_blocks(batch.reference)
    points = batch.points[: min(len(batch.reference.points), ENERGY_POINTS)]
    blocks = _split(points, max(BLOCKS, len(points) // ENERGY_BLOCK))
    values = [
        float((2 * mean_distances(x, y) - own_distances(x)).mean()) - own
        for x, (y, own) in zip(blocks, reference, strict=False)  # fewer samples than reference points: fewer blocks
    ]
    return Estimate(float(np.mean(values)), float(np.std(values, ddof=1) / math.sqrt(len(values))))
