"""The energy distance to the exact law of the data, direction by direction: no reference points, far less scatter.

Along a direction the law is a mixture on a line, whose CDF and mean distance are known; the samples' own mean distance
comes from their order. Averaged over directions this is the energy distance of the plane, times 2 / pi (Szekely & Rizzo
2013; Kolouri et al. 2022 for its slices).
"""

import math
from functools import lru_cache

import numpy as np
import torch
from scipy.special import ndtr

from ays_toy import seeds
from ays_toy.data.mixtures import Mixture
from ays_toy.estimates import Estimate
from ays_toy.metrics.pairs import energy_error
from ays_toy.metrics.reference import even_directions
from ays_toy.threads import one_thread

DIRECTIONS, NODES = 32, 1024
TURN = 0.31  # of the directions, in parts of their spacing
MOST_COMPONENTS, DRAWN = 1024, 1 << 15  # above so many, the law is that of points drawn from it
REACH = 6.0  # stds beyond the outermost component, where all but 1e-9 of its mass ends


class Law:
    """A mixture with noise sigma added, seen along D directions: tables by which samples are held against it."""

    def __init__(self, mixture: Mixture, sigma: float, directions: int = DIRECTIONS) -> None:
        self.directions = torch.as_tensor(np.ascontiguousarray(even_directions(directions, TURN).T))  # [2, D]
        means, stds, weights = _components(mixture, sigma)
        along = means @ self.directions.numpy()  # [K, D]
        reach = float(np.abs(along).max() + REACH * stds.max())
        nodes = np.linspace(-reach, reach, NODES)
        below, distance, own = zip(*(_on_a_line(m, stds, weights, nodes) for m in along.T), strict=True)
        self._first, self._spacing = -reach, float(nodes[1] - nodes[0])
        self._below = torch.as_tensor(np.concatenate(below))  # [D * NODES]
        self._distance = torch.as_tensor(np.concatenate(distance))
        self._own = torch.as_tensor(np.array(own))  # [D]
        self._offset = torch.arange(directions) * NODES

    @one_thread()
    def energy(self, points: torch.Tensor) -> Estimate:
        """Energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| of points [N, 2] to the law, in data units, unbiased."""
        along, order, points = *self._along(points).sort(1), points.detach().cpu().double()
        count, last = along.shape[1], along.shape[1] - 1
        rank = torch.arange(count)
        to_law = self._distances(along)
        to_others = (along * (2 * rank + 1 - last) + along.sum(1, keepdim=True) - 2 * along.cumsum(1)) / last
        value = _scale((2 * to_law - to_others).mean(1) - self._own)
        law, others = (_scale(torch.empty_like(part).scatter_(1, order, part)) for part in (to_law, to_others))
        half = count // 2
        apart = (points[:half] - points[half : 2 * half]).norm(dim=1)
        return Estimate(float(value), energy_error(law, others, apart))

    @one_thread()
    def pull(self, points: torch.Tensor) -> torch.Tensor:
        """The gradient of that distance by the points [N, 2], as they are in shape, type and device."""
        along, order = self._along(points).sort(1)
        last = along.shape[1] - 1
        slope = 2 * self._cdf(along) - 1 - (2 * torch.arange(last + 1) / last - 1)
        by_point = torch.empty_like(slope).scatter_(1, order, slope)
        return (_scale(2 * by_point[..., None] * self.directions.T[:, None]) / (last + 1)).to(points)

    def _along(self, points: torch.Tensor) -> torch.Tensor:
        """The points' coordinates [D, N] along the directions."""
        return (points.detach().cpu().double() @ self.directions).T.contiguous()

    def _cdf(self, along: torch.Tensor) -> torch.Tensor:
        """The law's CDF at coordinates [D, N], linear between the nodes."""
        at, share, _ = self._place(along)
        return torch.lerp(self._below[at], self._below[at + 1], share)

    def _distances(self, along: torch.Tensor) -> torch.Tensor:
        """The mean distance of coordinates [D, N] to the law: cubic between nodes, where the slope is 2 CDF - 1."""
        at, share, beyond = self._place(along)
        start, end = self._distance[at], self._distance[at + 1]
        leaving, arriving = (self._spacing * (2 * self._below[k] - 1) for k in (at, at + 1))
        back = 1 - share
        inside = (start + share * (leaving + 2 * start)) * back**2 + (end - back * (arriving - 2 * end)) * share**2
        return inside + beyond

    def _place(self, along: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Where coordinates lie in the tables: the node before, the share of the way on, how far beyond the ends."""
        position = (along - self._first) / self._spacing
        inside = position.clamp(0, NODES - 1)
        node = inside.long().clamp_(max=NODES - 2)
        return node + self._offset[:, None], inside - node, (position - inside).abs() * self._spacing


@lru_cache(maxsize=8)
def law_of(mixture: Mixture, sigma: float) -> Law:
    """The law of a mixture with that noise: tabulated once, which takes tenths of a second."""
    return Law(mixture, sigma)


def _components(mixture: Mixture, sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if len(mixture.means) <= MOST_COMPONENTS:
        return mixture.means, np.sqrt(mixture.stds**2 + sigma**2), mixture.weights
    generator = torch.Generator().manual_seed(seeds.LAW)
    points = mixture.sample(DRAWN, generator, torch.float64)
    points += sigma * torch.randn(points.shape, generator=generator, dtype=torch.float64)
    return points.numpy(), np.zeros(1), np.full(1, 1 / DRAWN)


def _on_a_line(
    means: np.ndarray, stds: np.ndarray, weights: np.ndarray, nodes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """The CDF and the mean distance at the nodes, and the mean distance of two draws, for a mixture on a line."""
    if not stds.any():  # points of equal weight
        ordered, count = np.sort(means), len(means)
        below = np.searchsorted(ordered, nodes, side="right")
        sums = np.concatenate([[0.0], ordered.cumsum()])
        distance = (nodes * (2 * below - count) - 2 * sums[below] + sums[-1]) / count
        own = 2 * float((2 * np.arange(count) - count + 1) @ ordered) / (count * (count - 1))
        return below / count, distance, own
    z = (nodes - means[:, None]) / stds[:, None]
    below = ndtr(z)
    distance = weights @ (stds[:, None] * _mean_magnitude(z, below))
    apart, spread = means[:, None] - means, np.sqrt(stds[:, None] ** 2 + stds**2)
    z = apart / spread
    return weights @ below, distance, float(weights @ (spread * _mean_magnitude(z, ndtr(z))) @ weights)


def _mean_magnitude(z: np.ndarray, below: np.ndarray) -> np.ndarray:
    """E|z + N(0, 1)|, `below` being the normal CDF at z."""
    return z * (2 * below - 1) + math.sqrt(2 / math.pi) * np.exp(-0.5 * z * z)


def _scale(by_direction: torch.Tensor) -> torch.Tensor:
    """The mean over directions, the first dimension, as a distance in the plane."""
    return by_direction.mean(0) * math.pi / 2
