"""Precision and recall of images in features, by nearest neighbors (Kynkäänniemi et al. 2019, Sec. 2).

Around every point of a set lies a ball out to its third nearest neighbor in that set. Precision is the share of samples
in a ball of the reference, recall the share of the reference in a ball of the samples: pictures that are no digits
lower the first, digits that are never drawn the second.
"""

from dataclasses import dataclass

import numpy as np
import torch

from ays_toy.estimates import Estimate
from ays_toy.images.quality import BLOCKS

NEAREST = 3  # the paper's k
LOOKED_AT = NEAREST + 13  # nearest points among which, a block of them left out, the third is found all but always
AT_ONCE = 1024  # points whose distances to all others are held


@dataclass(frozen=True, eq=False)
class Neighborhoods:
    """Points [N, d] of a reference, and the radius [N] of the ball around each."""

    points: torch.Tensor
    radii: torch.Tensor

    @classmethod
    def of(cls, points: torch.Tensor) -> "Neighborhoods":
        """The balls around points [N, d], of which there must be more than three."""
        rows = points.cpu().double()
        return cls(rows, _nearest(rows, NEAREST)[0][:, -1])

    def precision(self, samples: torch.Tensor) -> Estimate:
        """The share of samples [M, d] in a ball of the reference."""
        inside = [(torch.cdist(part, self.points) <= self.radii).any(1) for part in _parts(samples)]
        return share(torch.cat(inside))

    def recall(self, samples: torch.Tensor) -> Estimate:
        """The share of the reference in a ball of samples [M, d], M of at least 40.

        Its error bar is that of the samples alone, by leaving out one of 20 blocks of them at a time: no less than it
        should be, and up to twice as much, since a ball that is lost is partly another's.
        """
        rows = samples.cpu().double()
        distances, which = _nearest(rows, min(LOOKED_AT, len(rows) - 1))
        blocks = torch.as_tensor(np.arange(len(rows)) * BLOCKS // len(rows))
        radii = [distances[:, NEAREST - 1]]
        for block in range(BLOCKS):
            left = distances.masked_fill(blocks[which] == block, torch.inf).topk(NEAREST, largest=False).values[:, -1]
            radii.append(left.masked_fill(blocks == block, -torch.inf))  # of these there is no ball
        covered = torch.zeros(len(radii))
        for part in _parts(self.points):
            apart = torch.cdist(part, rows)
            covered += torch.stack([(apart <= one).any(1).sum() for one in radii])
        everyone, without = covered[0] / len(self.points), covered[1:] / len(self.points)
        spread = (BLOCKS - 1) / BLOCKS * (without - without.mean()).square().sum()
        return Estimate(float(everyone), float(spread.sqrt()))


def share(true: torch.Tensor) -> Estimate:
    """The share of what is true [N], with its standard error: that of half a case more where all or none are."""
    count = len(true)
    value = float(true.double().mean())
    inside = min(max(value, 0.5 / count), 1 - 0.5 / count)
    return Estimate(value, (inside * (1 - inside) / count) ** 0.5)


def _nearest(points: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Distances [N, count] to the nearest other points, rising, and which these are."""
    distances, which = [], []
    for part in _parts(points):
        found = torch.cdist(part, points).topk(count + 1, largest=False)
        distances.append(found.values[:, 1:])  # the first is the point itself
        which.append(found.indices[:, 1:])
    return torch.cat(distances), torch.cat(which)


def _parts(points: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return points.cpu().double().split(AT_ONCE)
