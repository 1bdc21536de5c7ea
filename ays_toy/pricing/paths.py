"""Coupled forward paths: one pass of the denoiser over noised data prices every schedule at once.

Each path starts at a data point and gathers noise over a grid of levels, x_{k+1} = x_k + sqrt(t_{k+1}^2 - t_k^2) eps.
The denoiser's outputs along it, as a Gram matrix averaged over paths, hold every E||D_k - D_j||^2, hence the KLUB of
every schedule. Neither one-pass pair costs nor dynamic programming over them is new: this KLUB is the discretization
gap of the ELBO, and its optimum is the ELBO's programme (Watson et al. 2021).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ays_toy.checks import whole_number
from ays_toy.data.denoisers import Denoiser
from ays_toy.estimates import KlubEstimate
from ays_toy.pricing.intervals import schedule_outline, schedule_terms
from ays_toy.sampling.schedules import validate

BLOCK = 256  # paths to a matrix: the spread between blocks gives the error bars


@dataclass(frozen=True, eq=False)
class PathGram:
    """Gram matrices of the denoiser's errors along forward paths, one per block of 256 paths, in float64.

    grid [G] descends. moments [B, G+1, G+1] holds each block's mean inner products of D_0 - x0, ..., D_{G-1} - x0, x0:
    the errors rather than the outputs, because at small noise they are what is left when the outputs are subtracted.

    Examples:
        >>> data, generator = datasets.get("ring-8"), torch.Generator().manual_seed(0)
        >>> x0, grid = data.sample(512, generator), schedules.logsnr(31)
        >>> gram = paths.PathGram.collect(data.denoiser(), x0, grid, generator=generator)
        >>> gram.paths, gram.price(schedules.edm(8)).terms.size
        (512, 8)
        >>> best = optimize.exact_schedules(gram, max_steps=8)[8]
        >>> gram.klub(best) < gram.klub(schedules.edm(8))
        True
    """

    grid: np.ndarray
    moments: np.ndarray
    counts: np.ndarray  # paths in each block [B]

    @classmethod
    def collect(
        cls,
        denoiser: Denoiser,
        x0: torch.Tensor,
        grid: Any,
        *,
        generator: torch.Generator,
        batch_size: int = 1024,
    ) -> "PathGram":
        """Run one path per clean point x0 [N, ...] over grid [G]: N x G denoiser calls, batch_size at a time.

        Raises ValueError for fewer than two points, non-finite points, or a grid that does not descend strictly.
        """
        *_, last = cls.stream(denoiser, x0, grid, generator=generator, batch_size=batch_size)
        return last

    @classmethod
    def stream(
        cls,
        denoiser: Denoiser,
        x0: torch.Tensor,
        grid: Any,
        *,
        generator: torch.Generator,
        batch_size: int = 1024,
    ) -> Iterator["PathGram"]:
        """As `collect`, but yield what has been gathered after every batch, so that the caller can show or stop it."""
        levels = validate(grid)
        whole_number(batch_size, "The batch size", 1)
        if not torch.is_floating_point(x0) or x0.ndim < 2 or len(x0) < 2 or not bool(x0.isfinite().all()):
            raise ValueError("The data x0 must be a floating tensor of at least two points [N, ...], all finite.")
        moments, counts = [], []
        for batch in x0.split(batch_size):
            for rows in _errors(denoiser, batch, levels, generator).tensor_split(-(-len(batch) // BLOCK), dim=1):
                flat = rows.flatten(1)
                moments.append((flat @ flat.T / rows.shape[1]).cpu().numpy())
                counts.append(rows.shape[1])
            yield cls(levels, np.stack(moments), np.array(counts))

    def __add__(self, other: "PathGram") -> "PathGram":
        """The same as if both had been collected in one pass; ValueError where their grids differ."""
        if not np.array_equal(self.grid, other.grid):
            raise ValueError("Only PathGrams on the same grid can be added: collect both on one grid.")
        moments = np.concatenate([self.moments, other.moments])
        return PathGram(self.grid, moments, np.concatenate([self.counts, other.counts]))

    @property
    def paths(self) -> int:
        """Number of paths."""
        return int(self.counts.sum())

    @cached_property
    def block_differences(self) -> np.ndarray:
        """E||D_k - D_j||^2 of every block [B, G, G]."""
        errors = self.moments[:, :-1, :-1]
        power = np.diagonal(errors, axis1=1, axis2=2)
        return np.maximum(power[:, :, None] - 2 * errors + power[:, None, :], 0.0)

    @cached_property
    def differences(self) -> np.ndarray:
        """E||D_k - D_j||^2 over all paths [G, G]."""
        return np.average(self.block_differences, axis=0, weights=self.counts)

    @property
    def matrix(self) -> np.ndarray:
        """K [G, G], K_kj = E<D_k, D_j>."""
        moments = np.average(self.moments, axis=0, weights=self.counts)
        return moments[:-1, :-1] + moments[:-1, -1:] + moments[-1:, :-1] + moments[-1, -1]

    @property
    def mse(self) -> np.ndarray:
        """Denoising error E||x0 - D_k||^2 at every grid level [G]."""
        return np.average(np.diagonal(self.moments, axis1=1, axis2=2)[:, :-1], axis=0, weights=self.counts)

    def price(self, sigmas: Any, power: float = 3.0, solver: str = "stochastic-ddim") -> KlubEstimate:
        """KLUB of a schedule with its standard error and the term of every step (see `klub`)."""
        terms = schedule_terms(self.block_differences, self.grid, sigmas, power, solver)
        mean = np.average(terms, axis=0, weights=self.counts)
        return KlubEstimate(float(mean.sum()), self._stderr(terms.sum(axis=1)), mean)

    def klub(self, sigmas: Any, power: float = 3.0, solver: str = "stochastic-ddim") -> float:
        """KLUB in nats of any schedule within the grid's range, on its levels or between (AYS, Eq. 12).

        The matrix is interpolated between its levels (see `intervals`). With power p other than 3 the weight is t^-p
        and the result no bound. The
        solver is one with a price of its own (`solvers.priced`). Raises ValueError beyond the grid's range.
        """
        return float(schedule_terms(self.differences, self.grid, sigmas, power, solver).sum())

    def outline(self, sigmas: Any, power: float = 3.0) -> list[tuple[np.ndarray, np.ndarray]]:
        """KLUB as area: per step the levels and heights whose area over log sigma is its term (PathGram.price)."""
        return schedule_outline(self.differences, self.grid, sigmas, power)

    def _stderr(self, block_values: np.ndarray) -> float:
        """Standard error of the path-weighted mean of the blocks' values [B]; NaN for a single block."""
        share = self.counts / self.counts.sum()
        if share.size < 2:
            return float("nan")
        scatter = np.square(share * (block_values - share @ block_values)).sum()
        return float(np.sqrt(scatter * share.size / (share.size - 1)))


@torch.no_grad()
def _errors(denoiser: Denoiser, x0: torch.Tensor, grid: np.ndarray, generator: torch.Generator) -> torch.Tensor:
    """D_k - x0 at every level of one path from each point x0 [B, ...], and x0 itself: [G+1, B, d] in float64."""
    rows = torch.empty(grid.size + 1, len(x0), x0[0].numel(), dtype=torch.float64, device=x0.device)
    rows[-1] = x0.flatten(1)
    x, below = x0, 0.0
    for k in range(grid.size - 1, -1, -1):  # upwards in noise
        noise = torch.randn(x0.shape, generator=generator, dtype=x0.dtype, device=x0.device)
        x = x.add(noise, alpha=float(np.sqrt(grid[k] ** 2 - below**2)))
        rows[k] = (denoiser(x, float(grid[k])) - x0).flatten(1)
        below = grid[k]
    return rows
