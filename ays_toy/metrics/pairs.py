"""The energy distance of points in any number of dimensions to others, from all their pairs, and its gradient."""

import math

import torch

from ays_toy.data.mixtures import squared_distances
from ays_toy.estimates import Estimate

PAIRS = 1 << 22  # whose distances are held at once


def _parts(points: torch.Tensor, others: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return points.split(max(1, PAIRS // len(others)))


def mean_distances(points: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """The mean distance [N] of each of points [N, d] to others [M, d], in double precision."""
    means = [squared_distances(x, others).sqrt_().mean(1, dtype=torch.float64) for x in _parts(points, others)]
    return torch.cat(means)


def own_distances(points: torch.Tensor) -> torch.Tensor:
    """The mean distance [N] of each of points [N, d] to all the others among them."""
    return mean_distances(points, points) * len(points) / (len(points) - 1)  # itself is none of them


def energy_error(to_law: torch.Tensor, to_others: torch.Tensor, apart: torch.Tensor) -> float:
    """The standard error of an energy distance to a law that is known, over the points that were drawn.

    Of each of N points there is its mean distance to the law and that to the other points [N]; `apart` [N / 2] is that
    of each of the first half to its twin in the second. The variance is that of a U-statistic (Hoeffding 1948): of what
    every point adds, over N, and of what pairs add besides, which is all that is left where the points follow the law.
    """
    count, half = len(to_others), len(apart)
    pairs = apart - to_others[:half] - to_others[half : 2 * half] + to_others.mean()
    by_pairs = 2 * float(pairs.square().mean()) / count**2
    counted = float((2 * (to_law - to_others)).var()) / count  # those of pairs too, twice
    return math.sqrt(max(0.0, counted - 2 * by_pairs) + by_pairs)


def energy_to(points: torch.Tensor, reference: torch.Tensor, own: float) -> Estimate:
    """Energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| of points [N, d] to reference points [M, d], from all their pairs.

    `own` is E|Y-Y'|, the mean of their `own_distances`. It is unbiased for the laws that both were drawn from; its
    error bar is that of the points alone, the reference being the same for all that are compared.
    """
    x, half = points.double(), len(points) // 2
    to_law, to_others = mean_distances(x, reference.double()), own_distances(x)
    value = float((2 * to_law - to_others).mean()) - own
    return Estimate(value, energy_error(to_law, to_others, (x[:half] - x[half : 2 * half]).norm(dim=1)))


def energy_pull(points: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """The gradient of that distance by the points [N, d], as they are in shape, type and device."""
    x, y = points.detach().cpu().double(), reference.double()
    away = _directions(x, y) / len(y) - _directions(x, x) / (len(x) - 1)
    return (2 * away / len(x)).to(points)


def _directions(points: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """The sum [N, d] of the unit vectors to each of points [N, d] from all others [M, d] that lie elsewhere."""
    found = []
    for part in _parts(points, others):
        apart = squared_distances(part, others)
        nearness = torch.where(apart > 0, apart.rsqrt(), 0.0)
        found.append(part * nearness.sum(1, keepdim=True) - nearness @ others)
    return torch.cat(found)
