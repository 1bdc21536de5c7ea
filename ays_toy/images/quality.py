"""How good images are, as a number with its error bar: Fréchet and energy distances, and that to many steps.

The Fréchet distance |m - m'|^2 + tr(C + C' - 2 (C C')^(1/2)) compares the Gaussians with the samples' and the
reference's mean and covariance; between features of a classifier it is what FID is (Heusel et al. 2017). With n samples
it is above its limit by about c / n, for every schedule alike: compare at equal n, and with the row of held-out data.
The energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| has no such bias, and is zero for samples of the same law alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from ays_toy.metrics import Estimate
from ays_toy.metrics.pairs import energy_pull, energy_to, own_distances

BLOCKS = 20  # left out one at a time for the error bar, which is then itself uncertain by a sixth
LEAST = 2 * BLOCKS
LEAST_SPREAD = 1e-6  # of the largest of the eigenvalues that a gradient divides by

Features = Callable[[torch.Tensor], torch.Tensor]  # images [N, C, H, W] -> points [N, d]


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Mean [d] and covariance [d, d] of points, in float64."""

    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(cls, points: torch.Tensor) -> "Gaussian":
        """Mean and covariance of points [N, d]."""
        rows = points.cpu().double().numpy()
        return cls(rows.mean(axis=0), np.atleast_2d(np.cov(rows, rowvar=False)))

    @cached_property
    def root(self) -> np.ndarray:
        """The covariance's symmetric square root [d, d]."""
        values, vectors = np.linalg.eigh(self.covariance)
        return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """Squared Fréchet distance of two Gaussians: by eigenvalues of the symmetric C'^(1/2) C C'^(1/2), in float64."""
    both = second.root @ first.covariance @ second.root
    mixed = np.sqrt(np.maximum(np.linalg.eigvalsh((both + both.T) / 2), 0.0)).sum()
    gap = first.mean - second.mean
    return float(gap @ gap + np.trace(first.covariance) + np.trace(second.covariance) - 2 * mixed)


def frechet(points: torch.Tensor, reference: Gaussian) -> Estimate:
    """Fréchet distance of points [N, d] to a fixed reference; its error bar by leaving out one of 20 blocks at a time.

    The error bar is that of the samples alone: the reference is the same for all that are compared. Raises ValueError
    for fewer than 40 points and for points that are not finite.
    """
    rows = _checked(points, "A Fréchet").numpy() - reference.mean  # so that sums of squares do not cancel
    parts = np.array_split(rows, BLOCKS)
    counts = np.array([len(part) for part in parts])
    sums = np.stack([part.sum(axis=0) for part in parts])
    squares = np.stack([part.T @ part for part in parts])
    centered = Gaussian(np.zeros_like(reference.mean), reference.covariance)

    def distance(kept: np.ndarray) -> float:
        n = counts[kept].sum()
        mean = sums[kept].sum(axis=0) / n
        covariance = (squares[kept].sum(axis=0) - n * np.outer(mean, mean)) / (n - 1)
        return frechet_distance(Gaussian(mean, covariance), centered)

    everyone = np.arange(BLOCKS)
    without = np.array([distance(everyone != block) for block in everyone])
    spread = (BLOCKS - 1) / BLOCKS * np.square(without - without.mean()).sum()
    return Estimate(distance(everyone >= 0), float(np.sqrt(spread)))


def _checked(points: torch.Tensor, what: str) -> torch.Tensor:
    """The points [N, d] in double precision on the CPU; ValueError for too few, and for what is not finite."""
    if points.ndim != 2 or len(points) < LEAST:
        raise ValueError(f"{what} distance needs at least {LEAST} samples [N, d], not {list(points.shape)}.")
    rows = points.detach().cpu().double()
    lost = int((~rows.isfinite().all(dim=1)).sum())
    if lost:
        raise ValueError(f"{lost:,} of {len(rows):,} samples are not finite: the sampler diverged.")
    return rows


def frechet_pull(points: torch.Tensor, reference: Gaussian) -> torch.Tensor:
    """The gradient of `frechet` by the points [N, d], which is as they are in shape, type and device.

    A change of the covariance C changes the distance by tr((1 - T) dC), T being the map that carries a Gaussian of
    covariance C to the reference by optimal transport.
    """
    x = points.detach().cpu().double()
    root, count, apart = torch.as_tensor(reference.root), len(x), x - x.mean(dim=0)
    values, vectors = torch.linalg.eigh(root @ (apart.T @ apart / (count - 1)) @ root)
    least = LEAST_SPREAD * values.max()  # else directions in which points hardly differ would decide
    carried = root @ (vectors * values.clamp_min(least).rsqrt()) @ vectors.T @ root
    toward = (x.mean(dim=0) - torch.as_tensor(reference.mean)) / count
    return (2 * toward + 2 / (count - 1) * (apart - apart @ carried)).to(points)


@dataclass(frozen=True, eq=False)
class FrechetTo:
    """Fréchet distance of images to reference images in one space of features."""

    features: Features
    reference: Gaussian

    @classmethod
    def images(cls, images: torch.Tensor, features: Features) -> "FrechetTo":
        """Compare with these images [N, C, H, W]."""
        return cls(features, Gaussian.of(features(images)))

    def __call__(self, images: torch.Tensor) -> Estimate:
        """Distance of images [N, C, H, W], N of at least 40."""
        return frechet(self.features(images), self.reference)

    def pull(self, points: torch.Tensor) -> torch.Tensor:
        """The gradient of the distance by points [N, d], the features of images."""
        return frechet_pull(points, self.reference)


@dataclass(frozen=True, eq=False)
class EnergyTo:
    """Energy distance of images to reference images in one space of features: unbiased, however few there are."""

    features: Features
    reference: torch.Tensor  # [M, d]

    @classmethod
    def images(cls, images: torch.Tensor, features: Features) -> "EnergyTo":
        """Compare with these images [N, C, H, W]."""
        return cls(features, features(images).cpu().double())

    @cached_property
    def own(self) -> float:
        """The mean distance of two reference points."""
        return float(own_distances(self.reference).mean())

    def __call__(self, images: torch.Tensor) -> Estimate:
        """Distance of images [N, C, H, W], N of at least 40."""
        return energy_to(_checked(self.features(images), "An energy"), self.reference, self.own)

    def pull(self, points: torch.Tensor) -> torch.Tensor:
        """The gradient of the distance by points [N, d], the features of images."""
        return energy_pull(points, self.reference)


def pixels(images: torch.Tensor, side: int = 8) -> torch.Tensor:
    """Images [N, C, H, W] as points [N, d], averaged down to at most 8 x 8 places, so that few samples suffice."""
    height, width = (min(side, size) for size in images.shape[-2:])
    return torch.nn.functional.adaptive_avg_pool2d(images.float(), (height, width)).flatten(1)


def distance_to(images: torch.Tensor, reference: torch.Tensor) -> Estimate:
    """Root mean squared distance per dimension of images [N, ...] to as many references, row by row."""
    squared = (images - reference.to(images)).double().flatten(1).square().mean(dim=1)
    value = float(squared.mean().sqrt())
    stderr = float(squared.std() / len(squared) ** 0.5)  # of the mean square; the root halves the relative error
    return Estimate(value, stderr / (2 * value) if value else 0.0)
