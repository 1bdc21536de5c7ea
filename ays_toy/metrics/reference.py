"""What samples are held against, and what several metrics need of the samples, computed once."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from ays_toy import checks
from ays_toy.data.datasets import LARGEST, Dataset
from ays_toy.data.mixtures import CACHE_ELEMENTS, squared_distances

LEAST_POINTS = 100
DIRECTIONS = 64
BINS = 50  # per side
OUTLIER_STDS = 4.0
RESAMPLES = 200
FIT_PAIRS = 1 << 25  # samples x components looked at: 20,000 samples up to 1,677 components


def even_directions(count: int, turn: float) -> np.ndarray:
    """Unit vectors [count, 2] of half a circle, turned by a part of their spacing.

    Evenly spaced ones integrate better than random ones; the turn keeps them off a grid's axes.
    """
    angle = (np.arange(count) + turn) * np.pi / count
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


@dataclass(frozen=True, eq=False)
class Reference:
    """The data with noise sigma_min, drawn by `Reference.of` once for all the schedules that are compared."""

    dataset: Dataset
    sigma: float
    points: torch.Tensor  # [n, 2] float32
    directions: torch.Tensor  # [DIRECTIONS, 2] float32 unit vectors
    edges: np.ndarray  # [BINS + 1], the same both ways
    bin_mass: np.ndarray  # [BINS^2 + 1], exact; the last bin is all that lies outside the square
    seed: int  # of the bootstrap

    @classmethod
    def of(
        cls, dataset: Dataset, sigma_min: float = checks.SIGMA_MIN, n: int = 20_000, *, generator: torch.Generator
    ) -> "Reference":
        """Draw n points and the directions; ValueError unless sigma_min is above zero and n at least 100."""
        sigma = checks.positive(sigma_min, "sigma_min")
        count = checks.whole_number(n, "The number of reference points", LEAST_POINTS)
        points = dataset.noisy(count, sigma, generator).cpu()
        turn = float(torch.rand((), generator=generator, device=generator.device))
        seed = int(torch.randint(2**31, (), generator=generator, device=generator.device))
        directions = torch.as_tensor(even_directions(DIRECTIONS, turn), dtype=torch.float32)
        edges = np.linspace(-dataset.half_width, dataset.half_width, BINS + 1)
        inside = dataset.mixture.bin_mass(edges, edges, sigma).ravel()
        mass = np.append(inside, max(0.0, 1.0 - inside.sum()))
        return cls(dataset, sigma, points, directions, edges, mass, seed)


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples [N, 2] (float32, on the CPU) beside their reference; built by `Batch.of`, which checks them."""

    points: torch.Tensor
    reference: Reference

    @classmethod
    def of(cls, samples: torch.Tensor, reference: Reference) -> "Batch":
        """Take over samples from any device; ValueError unless [N, 2] with N >= 100, finite and below 1e15."""
        points = torch.as_tensor(samples).detach().to("cpu", torch.float32)
        if points.ndim != 2 or points.shape[1] != 2 or len(points) < LEAST_POINTS:
            shape = list(points.shape)
            raise ValueError(f"Metrics need samples [N, 2] with N of at least {LEAST_POINTS}, not of shape {shape}.")
        lost = int((~(points.abs() < LARGEST)).any(dim=1).sum())  # NaN fails every comparison
        if lost:
            raise ValueError(f"{lost:,} of {len(points):,} samples are not finite or above 1e15: the sampler diverged.")
        return cls(points, reference)

    @cached_property
    def fit(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log density, most responsible component, and whether over 4 stds away from every component: [n] each.

        Of all samples, save where the components are thousands: there of the first n only, for the time's sake.
        """
        mixture = self.reference.dataset.mixture
        variances = mixture.stds**2 + self.reference.sigma**2
        log_norm = np.log(mixture.weights / (2 * math.pi * variances))
        means, v, offset = (torch.as_tensor(a, dtype=torch.float32) for a in (mixture.means, variances, log_norm))
        parts = []
        points = self.points[: max(LEAST_POINTS, FIT_PAIRS // len(means))]
        for part in points.split(max(1, CACHE_ELEMENTS // len(means))):
            scaled = squared_distances(part, means).div_(v)
            far = scaled.amin(1) > OUTLIER_STDS**2
            logits = scaled.mul_(-0.5).add_(offset)
            # The largest probability is exp(largest logit - logsumexp): half the time of torch's logsumexp.
            log_p = logits.amax(1) - logits.softmax(1).amax(1).log()
            best = logits.argmax(1) if self.reference.dataset.has_modes else torch.zeros_like(far, dtype=torch.int64)
            parts.append((log_p.double(), best, far))
        log_density, mode, is_far = (torch.cat(column).numpy() for column in zip(*parts, strict=True))
        return log_density, mode, is_far

    @cached_property
    def histogram(self) -> np.ndarray:
        """Samples in every bin, and last those outside: [BINS^2 + 1]."""
        edges = self.reference.edges
        x, y = self.points.double().numpy().T
        inside = np.histogram2d(x, y, bins=(edges, edges))[0].ravel()
        return np.append(inside, len(self.points) - inside.sum())

    @cached_property
    def mode_counts(self) -> np.ndarray:
        """Samples in every mode, and last the outliers: [K + 1]."""
        _, mode, far = self.fit
        modes = len(self.reference.dataset.mixture.weights)
        return np.bincount(np.where(far, modes, mode), minlength=modes + 1)

    @cached_property
    def redrawn_modes(self) -> np.ndarray:
        """Frequencies of the modes and of outliers [RESAMPLES, K + 1], their counts drawn anew: the bootstrap."""
        n = self.mode_counts.sum()
        return np.random.default_rng(self.reference.seed).multinomial(n, self.mode_counts / n, size=RESAMPLES) / n
