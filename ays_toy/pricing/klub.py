"""KLUB, the bound of AYS (Thm 3.2): by the paper's Monte Carlo, and in closed form for Gaussian data.

    KLUB = sum_i integral_{t_{i-1}}^{t_i} t^-3 E||D(x_t, t) - D(x_{t_i}, t_i)||^2 dt        (AYS, Eq. 12)
    x_t = x_0 + t eps,   x_{t_i} = x_t + sqrt(t_i^2 - t^2) eps'

with factor 1 and summed over data dimensions, so that KLUB >= KL. A PathGram prices schedules too: `paths.PathGram`.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import torch

from ays_toy.checks import SIGMA_DATA, SIGMA_MAX, SIGMA_MIN, positive, sigma_range, whole_number
from ays_toy.data.denoisers import Denoiser
from ays_toy.estimates import KlubEstimate
from ays_toy.sampling.schedules import validate

TABLE = 2048  # nodes, even in log t, of the tabulated distribution of t in one step


def importance_integral(u: Any, upper: float, std: float = SIGMA_DATA) -> np.ndarray:
    """F(u) with F' = u^-3 (1/(u^2 + c^2) - 1/(upper^2 + c^2)), the unnormalized importance density (AYS, Sec. 3.3)."""
    u = np.asarray(u, dtype=np.float64)
    ratio = (std / u) ** 2
    return (np.log1p(ratio) - ratio) / (2 * std**4) + 1 / (2 * (upper**2 + std**2) * u**2)


def sample_times(lower: float, upper: float, uniform: np.ndarray, std: float = SIGMA_DATA) -> np.ndarray:
    """Levels t distributed as the importance density on [lower, upper], from uniform numbers by its inverse CDF."""
    nodes = np.linspace(np.log(lower), np.log(upper), TABLE)
    cdf = importance_integral(np.exp(nodes), upper, std)
    cdf = np.maximum.accumulate((cdf - cdf[0]) / (cdf[-1] - cdf[0]))
    return np.clip(np.exp(np.interp(uniform, cdf, nodes)), lower, upper)


@torch.no_grad()
def estimate_klub(
    denoiser: Denoiser, x0: torch.Tensor, sigmas: Any, *, generator: torch.Generator, std: float = SIGMA_DATA
) -> KlubEstimate:
    """Estimate KLUB by the paper's importance-sampled Monte Carlo from data x0 [N, ...] (AYS, Algorithm 2).

    Each step i uses every point once: t from a density exact for Gaussian data of that std, the squared difference of
    the denoiser divided by it, and the normalizer Z = F(b) - F(a) which the printed algorithm leaves out. Twice N x n
    denoiser calls. Raises ValueError for an invalid schedule or fewer than two points.

    Examples:
        >>> generator = torch.Generator().manual_seed(0)
        >>> x0 = 0.5 * torch.randn(4096, 2, generator=generator)
        >>> found = klub.estimate_klub(denoisers.GaussianDenoiser(), x0, schedules.edm(8), generator=generator)
        >>> abs(found.value - klub.gaussian_klub(schedules.edm(8))) < 4 * found.stderr
        True
    """
    levels, c = validate(sigmas), positive(std, "std")
    if len(x0) < 2:
        raise ValueError("KLUB needs at least two data points x0.")
    per_step = [interval_values(denoiser, x0, lower, upper, generator, c) for upper, lower in pairwise(levels)]
    values = torch.stack(per_step).cpu().numpy()  # [n, N]
    total = values.sum(axis=0)  # one number per data point, so shared points do not fool the error bar
    return KlubEstimate(float(total.mean()), float(total.std(ddof=1) / np.sqrt(total.size)), values.mean(axis=1))


@torch.no_grad()
def interval_values(
    denoiser: Denoiser,
    x0: torch.Tensor,
    lower: float,
    upper: float,
    generator: torch.Generator,
    std: float = SIGMA_DATA,
) -> torch.Tensor:
    """One unbiased value [N] (float64) per data point x0 [N, ...] of the KLUB term of the step from upper to lower.

    A generator in the same state gives different steps common random numbers.
    """
    uniform = torch.rand(len(x0), generator=generator, dtype=torch.float64, device=x0.device)
    t = torch.as_tensor(sample_times(lower, upper, uniform.cpu().numpy(), std), device=x0.device)
    bracket = (upper**2 - t**2) / ((t**2 + std**2) * (upper**2 + std**2))  # = 1/(t^2 + c^2) - 1/(upper^2 + c^2)
    bracket = bracket.clamp_(min=torch.finfo(torch.float64).tiny)
    shape = (-1, *[1] * (x0.ndim - 1))
    noise, more = torch.randn(2, *x0.shape, generator=generator, dtype=x0.dtype, device=x0.device)
    low = x0 + t.to(x0.dtype).reshape(shape) * noise
    high = low + (upper**2 - t**2).sqrt().to(x0.dtype).reshape(shape) * more
    gap = denoiser(low, t.to(x0.dtype)) - denoiser(high, upper)
    normalizer = importance_integral(upper, upper, std) - importance_integral(lower, upper, std)
    return float(normalizer) * gap.double().flatten(1).square().sum(1) / bracket


def gaussian_klub(sigmas: Any, std: float = SIGMA_DATA, dim: int = 2) -> float:
    """Exact KLUB in nats of a schedule for Gaussian data of that std in `dim` dimensions (AYS, Lemma 3.3).

    Examples:
        >>> round(klub.gaussian_klub(schedules.edm(8)), 2)
        200.48
    """
    levels, c = validate(sigmas), positive(std, "std")
    whole_number(dim, "The dimension", 1)
    per_step = [importance_integral(b, b, c) - importance_integral(a, b, c) for b, a in pairwise(levels)]
    return float(dim * c**4 * np.sum(per_step))


def gaussian_optimum(
    n: int, std: float = SIGMA_DATA, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX
) -> np.ndarray:
    """The schedule of least KLUB for Gaussian data: log(1 + c^2/t^2) even in the step index -> [n+1].

    Examples:
        >>> klub.gaussian_optimum(4).round(3).tolist()
        [80.0, 0.13, 0.032, 0.008, 0.002]
        >>> klub.gaussian_klub(klub.gaussian_optimum(8)) < klub.gaussian_klub(schedules.logsnr(8))
        True
    """
    c, (low, high) = positive(std, "std"), sigma_range(sigma_min, sigma_max)
    steps = whole_number(n, "The number of steps", 1)
    u = np.linspace(0.0, 1.0, steps + 1)
    levels = c / np.sqrt(np.expm1((1 - u) * np.log1p((c / high) ** 2) + u * np.log1p((c / low) ** 2)))
    levels[0], levels[-1] = high, low
    return validate(levels)
