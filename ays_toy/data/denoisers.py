"""Exact denoisers D(x, sigma) = E[x0 | x0 + sigma eps = x]: Gaussian, mixture, empirical.

Every model in this project is a callable `denoiser(x, sigma) -> x0_hat` with x [N, ...] and sigma a number or a
tensor [N]; the result has the shape, type and device of x.
"""

import math
from typing import Any, Protocol

import numpy as np
import torch

from ays_toy.checks import SIGMA_DATA, positive
from ays_toy.data.mixtures import Mixture, component_logits, rows_at_once


class Denoiser(Protocol):
    """Anything that estimates the clean data behind x at noise level sigma."""

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor, /) -> torch.Tensor:
        """Return the estimate x0_hat [N, ...] for x [N, ...] and sigma, a number or [N]."""
        ...


def sigma_like(sigma: float | torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Sigma as a tensor of x's type and device, shaped [] or [N, 1, ...] to broadcast against x [N, ...]."""
    tensor = torch.as_tensor(sigma, dtype=x.dtype, device=x.device)
    return tensor if tensor.ndim == 0 else tensor.reshape(-1, *[1] * (x.ndim - 1))


class GaussianDenoiser:
    """D(x, sigma) = c^2 / (c^2 + sigma^2) x for Gaussian data of mean 0 and std c (AYS, Lemma 3.3)."""

    def __init__(self, std: float = SIGMA_DATA) -> None:
        self.std = positive(std, "std")

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """Return E[x0 | x], shaped as x [N, ...]."""
        return x * (self.std**2 / (self.std**2 + sigma_like(sigma, x) ** 2))


class MixtureDenoiser:
    """Posterior mean under a mixture of isotropic Gaussians: means [K, ...], stds [K], weights [K].

    D = (sum_k r_k s_k^2/v_k) x + sum_k r_k (sigma^2/v_k) m_k, with v_k = s_k^2 + sigma^2 and r the softmax over
    components. This form neither divides by sigma nor subtracts large numbers, so float32 holds from sigma 0.002 to 80.
    """

    def __init__(self, means: Any, stds: Any, weights: Any = 1.0) -> None:
        centers = np.asarray(means, dtype=np.float64)
        flat = centers.reshape(len(centers), math.prod(centers.shape[1:])) if centers.ndim > 1 else centers
        mixture = Mixture(flat, stds, weights)
        arrays = (mixture.means, mixture.stds**2, np.log(mixture.weights))
        self._parameters = tuple(torch.as_tensor(np.array(a)) for a in arrays)

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """Return E[x0 | x], shaped as x [N, ...]."""
        means, variances, log_weights = (p.to(x) for p in self._parameters)
        flat = x.flatten(1)
        level = sigma_like(sigma, flat)
        rows = rows_at_once(len(means), x.device)
        levels = level.split(rows) if level.ndim else [level] * max(1, -(-len(flat) // rows))
        parts = []
        for part, part_level in zip(flat.split(rows), levels, strict=True):
            noise = part_level**2
            v = variances + noise  # [K], or [rows, K] where every row has its own level
            r = component_logits(part, means, v, log_weights).softmax(1)
            keep, pull = variances / v, noise / v
            if v.ndim == 1:
                # The narrow factor by rows and transposed: a product with a few columns is four times slower.
                mixed = r @ torch.cat([keep[None], pull * means.T]).T
                parts.append(torch.addcmul(mixed[:, 1:], mixed[:, :1], part))
            else:
                parts.append((r * keep).sum(1, keepdim=True) * part + (r * pull) @ means)
        return torch.cat(parts).reshape(x.shape)


class EmpiricalDenoiser(MixtureDenoiser):
    """Posterior mean where the data are exactly these points [M, ...]: a mixture with zero component variance."""

    def __init__(self, points: Any) -> None:
        super().__init__(points, 0.0)
