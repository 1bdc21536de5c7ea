"""Isotropic Gaussian mixtures: sampling, density, entropy and bin masses, all exact at every noise level.

Adding noise sigma to a mixture gives the mixture with every component's variance raised by sigma^2, which is why
everything a diffusion model has to estimate can be written down here.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from scipy import sparse
from scipy.special import ndtr

from ays_toy.checks import SIGMA_DATA

REACH, NODES_PER_STD, NODES_AT_ONCE, MAX_PRODUCTS = 9, 3, 64, 1e9  # of the entropy's trapezoid rule
CACHE_ELEMENTS = 1 << 17  # rows x components worked on at once: half a megabyte of float32, so it stays in cache
EXPANDED = 32  # squared reach over variance, up to which squared distances may be expanded
GPU_ELEMENTS = 1 << 26  # the same on a GPU, which many rows keep busy: a quarter of a gigabyte of float32


def rows_at_once(components: int, device: torch.device) -> int:
    """How many rows [N, d] are held against that many components at once."""
    return max(1, (CACHE_ELEMENTS if device.type == "cpu" else GPU_ELEMENTS) // components)


def squared_distances(x: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
    """Squared distances [N, K] of x [N, d] to centers [K, d], by differences.

    Expanding the square is faster but loses all digits at small noise: ||x - m||^2 / sigma^2 with sigma = 0.002.
    """
    if x.shape[1] > 8:
        return torch.cdist(x, centers, compute_mode="donot_use_mm_for_euclid_dist").square_()
    columns = centers.T.contiguous()  # what lies side by side is computed several at a time: up to six times faster
    total = (x[:, :1] - columns[0]).square_()
    for k in range(1, x.shape[1]):
        difference = x[:, k : k + 1] - columns[k]
        total.addcmul_(difference, difference)
    return total


def component_logits(
    x: torch.Tensor, means: torch.Tensor, variances: torch.Tensor, log_weights: torch.Tensor
) -> torch.Tensor:
    """log w_k N(x; m_k, v_k) without the factor (2 pi)^(-d/2): [N, K] for x [N, d], v [K] or [N, K]."""
    scale = log_weights - 0.5 * x.shape[1] * variances.log()
    return torch.addcmul(scale, squared_distances(x, means), -0.5 / variances)


def expanded_logits(
    x: torch.Tensor, means: torch.Tensor, variances: torch.Tensor, log_weights: torch.Tensor
) -> torch.Tensor:
    """The `component_logits` of x [N, d] for v [K], less what all components share: one product of matrices.

    For float32 to hold, the noise must be large: see `holds_expanded`.
    """
    halved = 0.5 / variances
    scale = log_weights - 0.5 * x.shape[1] * variances.log() - halved * means.square().sum(1)
    toward = torch.cat([2 * halved * means.T, (halved.min() - halved)[None]])
    return torch.addmm(scale, torch.cat([x, x.square().sum(1, keepdim=True)], dim=1), toward)


def holds_expanded(reach: float, least_variance: float) -> bool:
    """Whether expanded squares keep logits of components no farther than `reach` from 0 to about 1e-5."""
    return reach**2 <= EXPANDED * least_variance


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of isotropic Gaussians: means [K, d], stds [K] (0 for points), weights [K] summing to 1."""

    means: np.ndarray
    stds: np.ndarray
    weights: np.ndarray

    def __post_init__(self) -> None:
        means = np.asarray(self.means, dtype=np.float64)
        if means.ndim != 2 or not len(means):
            raise ValueError(f"Mixture means must be an array [components, dimensions], not of shape {means.shape}.")
        stds = np.broadcast_to(np.asarray(self.stds, dtype=np.float64), len(means)).copy()
        weights = np.broadcast_to(np.asarray(self.weights, dtype=np.float64), len(means))
        if not (np.isfinite(means).all() and np.isfinite(stds).all() and np.isfinite(weights).all()):
            raise ValueError("Mixture means, stds and weights must be finite numbers.")
        if (stds < 0).any() or (weights <= 0).any():
            raise ValueError("Mixture stds must not be negative, and weights must be above zero.")
        for name, value in (("means", means), ("stds", stds), ("weights", weights / weights.sum())):
            object.__setattr__(self, name, value)

    @property
    def std(self) -> float:
        """Overall standard deviation: the root of the mean variance per dimension."""
        center = self.weights @ self.means
        spread = np.square(self.means - center).mean(axis=1) + self.stds**2
        return float(np.sqrt(self.weights @ spread))

    def standardized(self, std: float = SIGMA_DATA) -> "Mixture":
        """The same mixture shifted to mean 0 and scaled, alike in all dimensions, to the overall std."""
        if self.std == 0:
            raise ValueError("All points are equal: give at least two different points.")
        scale = std / self.std
        return Mixture((self.means - self.weights @ self.means) * scale, self.stds * scale, self.weights)

    def sample(self, n: int, generator: torch.Generator, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Draw n points [n, d] on the generator's device."""
        device = generator.device
        cumulative, means, stds = (tensor.to(device) for tensor in self._tensors)
        uniform = torch.rand(n, generator=generator, device=device, dtype=torch.float64)
        which = torch.searchsorted(cumulative, uniform, right=True).clamp_(max=len(self.means) - 1)
        noise = torch.randn(n, self.means.shape[1], generator=generator, device=device, dtype=dtype)
        return means.to(dtype)[which] + stds.to(dtype)[which, None] * noise

    @cached_property
    def _tensors(self) -> tuple[torch.Tensor, ...]:
        """What samples are drawn from, for every step of a training: cumulative weights, means, stds."""
        return tuple(torch.as_tensor(np.array(a)) for a in (np.cumsum(self.weights), self.means, self.stds))

    def log_density(self, x: torch.Tensor, sigma: float = 0.0) -> torch.Tensor:
        """Log density [N] (float64) at x [N, d] of the data with noise sigma added; ValueError where it has none."""
        parts = [logits.logsumexp(1) for _, _, _, logits in self._logits(x, sigma)]
        return torch.cat(parts) - self._log_norm(x)

    def likelihood(self, x: torch.Tensor, sigma: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
        """The same with its gradient, the score: [N] and [N, d] (float64)."""
        densities, scores = list[torch.Tensor](), list[torch.Tensor]()
        for part, means, v, logits in self._logits(x, sigma):
            densities.append(logits.logsumexp(1))
            pull = logits.softmax(1) / v
            scores.append(pull @ means - pull.sum(1, keepdim=True) * part)
        return torch.cat(densities) - self._log_norm(x), torch.cat(scores)

    def _logits(self, x: torch.Tensor, sigma: float) -> Iterator[tuple[torch.Tensor, ...]]:
        """Parts of x with the means, the noisy variances and the logits of all components, in float64 where x is."""
        variances = self._noisy_variances(sigma)
        means, v, log_w = (torch.as_tensor(a, device=x.device) for a in (self.means, variances, np.log(self.weights)))
        for part in x.double().split(rows_at_once(len(means), x.device)):
            yield part, means, v, component_logits(part, means, v, log_w)

    @staticmethod
    def _log_norm(x: torch.Tensor) -> float:
        """What the logits of x [N, d] leave out."""
        return 0.5 * x.shape[1] * math.log(2 * math.pi)

    def bin_mass(self, edges_x: np.ndarray, edges_y: np.ndarray, sigma: float = 0.0) -> np.ndarray:
        """Probability of every bin of a 2D grid, [len(edges_x) - 1, len(edges_y) - 1], with noise sigma added."""
        std = np.sqrt(self._noisy_variances(sigma))[:, None]
        mass_x = np.diff(ndtr((edges_x - self.means[:, :1]) / std), axis=1)
        mass_y = np.diff(ndtr((edges_y - self.means[:, 1:]) / std), axis=1)
        return (mass_x * self.weights[:, None]).T @ mass_y

    def entropy(self, sigma: float = 0.0) -> float:
        """Differential entropy in nats with noise sigma added, by the trapezoid rule (2D only).

        For an analytic integrand that decays at both ends the rule's error falls exponentially: with a third of the
        narrowest std as spacing it is far below 1e-6 nats. Each component is looked at within 9 of its stds only, so
        that thousands of narrow ones take seconds.
        """
        if self.means.shape[1] != 2:
            raise ValueError("The entropy is computed for 2D mixtures only.")
        return _entropy(self, float(sigma))

    def _noisy_variances(self, sigma: float) -> np.ndarray:
        variances = self.stds**2 + float(sigma) ** 2
        if (variances == 0).any():
            raise ValueError("Points without noise have no density: give a sigma above zero.")
        return variances


@lru_cache(maxsize=256)
def _entropy(mixture: Mixture, sigma: float) -> float:
    std = np.sqrt(mixture._noisy_variances(sigma))
    spacing = float(std.min()) / NODES_PER_STD
    if (np.ceil(2 * REACH * std / spacing) ** 2).sum() > MAX_PRODUCTS:
        raise ValueError("This mixture is too fine for its entropy to be integrated: raise sigma.")
    across, along = (_on_nodes(mixture.means[:, k], std, spacing) for k in (0, 1))
    weighted = along.multiply(mixture.weights[:, None]).tocsr()
    total = 0.0
    for start in range(0, across.shape[1], NODES_AT_ONCE):
        density = (across[:, start : start + NODES_AT_ONCE].T @ weighted).data  # where there is any
        density = density[density > 0]
        total -= float(density @ np.log(density))
    return total * spacing**2


def _on_nodes(centers: np.ndarray, std: np.ndarray, spacing: float) -> sparse.csc_matrix:
    """One-dimensional normal densities [K, nodes] on the multiples of a spacing, each within REACH of its stds."""
    first = np.ceil((centers - REACH * std) / spacing).astype(np.int64)
    counts = np.floor((centers + REACH * std) / spacing).astype(np.int64) - first + 1
    component = np.repeat(np.arange(len(centers)), counts)
    node = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[component]
    scaled = (node * spacing - centers[component]) / std[component]
    values = np.exp(-0.5 * scaled**2) / (math.sqrt(2 * math.pi) * std[component])
    return sparse.csc_matrix((values, (component, node - first.min())))
