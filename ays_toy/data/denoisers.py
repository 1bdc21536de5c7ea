"""Exact denoisers D(x, sigma) = E[x0 | x0 + sigma eps = x]: Gaussian, mixture, empirical.

Every model in this project is a callable `denoiser(x, sigma) -> x0_hat` with x [N, ...] and sigma a number or a
tensor [N]; the result has the shape, type and device of x.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch

from ays_toy.checks import SIGMA_DATA, positive
from ays_toy.data.mixtures import Mixture, component_logits, expanded_logits, holds_expanded, rows_at_once
from ays_toy.threads import one_thread

Logits = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


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
    """D(x, sigma) = c^2 / (c^2 + sigma^2) x for Gaussian data of mean 0 and std c (AYS, Lemma 3.3).

    Examples:
        >>> denoisers.GaussianDenoiser(std=0.5)(torch.tensor([[1.0, -2.0]]), 0.5)
        tensor([[ 0.5000, -1.0000]])
    """

    def __init__(self, std: float = SIGMA_DATA) -> None:
        self.std = positive(std, "std")

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """Return E[x0 | x], shaped as x [N, ...]."""
        return x * (self.std**2 / (self.std**2 + sigma_like(sigma, x) ** 2))


class MixtureDenoiser:
    """Posterior mean under a mixture of isotropic Gaussians: means [K, ...], stds [K], weights [K].

    D = (sum_k r_k s_k^2/v_k) x + sum_k r_k (sigma^2/v_k) m_k, with v_k = s_k^2 + sigma^2 and r the softmax over
    components. This form neither divides by sigma nor subtracts large numbers, so float32 holds from sigma 0.002 to 80.

    Examples:
        >>> denoiser = denoisers.MixtureDenoiser(means=[[-1, 0], [1, 0]], stds=0.1)
        >>> denoiser(torch.tensor([[0.0, 0.0], [0.9, 0.0]]), 0.2)
        tensor([[0.0000, 0.0000],
                [0.9800, 0.0000]])
    """

    def __init__(self, means: Any, stds: Any, weights: Any = 1.0) -> None:
        centers = np.asarray(means, dtype=np.float64)
        flat = centers.reshape(len(centers), math.prod(centers.shape[1:])) if centers.ndim > 1 else centers
        mixture = Mixture(flat, stds, weights)
        arrays = (mixture.means, mixture.stds**2, np.log(mixture.weights))
        self._parameters = tuple(torch.as_tensor(np.array(a)) for a in arrays)
        self._reach = float(np.linalg.norm(mixture.means, axis=1).max())
        self._least_variance = float(arrays[1].min())

    @one_thread()
    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """Return E[x0 | x], shaped as x [N, ...]."""
        flat = x.flatten(1)
        level = sigma_like(sigma, flat)
        rows = rows_at_once(len(self._parameters[0]), x.device)
        if level.ndim:
            parts = [self._at_levels(*both) for both in zip(flat.split(rows), level.split(rows), strict=True)]
        else:
            far = holds_expanded(self._reach, self._least_variance + float(level.detach()) ** 2)
            parts = self._at_one_level(flat.split(rows), level, expanded_logits if far else component_logits)
        return torch.cat(parts).reshape(x.shape)

    def _at_one_level(self, parts: Sequence[torch.Tensor], level: torch.Tensor, logits: Logits) -> list[torch.Tensor]:
        means, variances, log_weights = (p.to(parts[0]) for p in self._parameters)
        noise = level**2
        v = variances + noise
        # The narrow factor by rows and transposed: a product with a few columns is four times slower.
        values = torch.cat([(variances / v)[None], noise / v * means.T]).T
        mixed = [logits(part, means, v, log_weights).softmax(1) @ values for part in parts]
        return [torch.addcmul(m[:, 1:], m[:, :1], part) for m, part in zip(mixed, parts, strict=True)]

    def _at_levels(self, x: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        means, variances, log_weights = (p.to(x) for p in self._parameters)
        noise = level**2
        v = variances + noise
        r = component_logits(x, means, v, log_weights).softmax(1)
        return (r * (variances / v)).sum(1, keepdim=True) * x + (r * (noise / v)) @ means


class EmpiricalDenoiser(MixtureDenoiser):
    """Posterior mean where the data are exactly these points [M, ...]: a mixture with zero component variance.

    Examples:
        >>> denoisers.EmpiricalDenoiser([[-1, 0], [1, 0]])(torch.tensor([[0.1, 5.0]]), 0.01)
        tensor([[1., 0.]])
    """

    def __init__(self, points: Any) -> None:
        super().__init__(points, 0.0)
