"""Trajectories of the ODE, and the errors that a solver's single steps make along them.

Forward-path pairs cannot see why multistep solvers work. Along an ODE trajectory x(t), with y = x / t, dy/d(1/t) is D,
so a solver's step b -> a with the denoiser held at D makes the error

    x_hat - x_a = a (y_b - y_a + (1/a - 1/b) D),

D = D_b for DDIM and (1 + rho) D_b - rho D_c for DPM-Solver++(2M), whose errors stand for those of the solvers that make
its step and mend it, or look back further (`Solver.price`). Choosing steps by such errors is not new: BOSS
(arXiv 2312.16414), GITS (arXiv 2405.11326). `optimize.ode_schedules` runs the programme over them.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ays_toy.checks import SIGMA_DATA, real_number
from ays_toy.data.denoisers import Denoiser
from ays_toy.pricing.intervals import step_ratios
from ays_toy.sampling.samplers import steps
from ays_toy.sampling.schedules import validate


@dataclass(frozen=True, eq=False)
class OdeWalk:
    """Trajectories of the ODE on a descending grid [G]: states x_k and the denoiser's outputs D_k, each [G, N, d]."""

    grid: np.ndarray
    states: torch.Tensor
    denoised: torch.Tensor

    @classmethod
    def collect(cls, denoiser: Denoiser, x_T: torch.Tensor, grid: Any) -> "OdeWalk":
        """Follow the ODE from x_T [N, ...] at grid[0] by Heun's steps over the whole grid: 2 G N denoiser calls."""
        levels = validate(grid)
        walk = list(steps(denoiser, x_T, levels, "heun", denoise_to_zero=True))
        states, denoised = ([getattr(one, name).double().flatten(1) for one in walk] for name in ("x", "denoised"))
        return cls(levels, torch.stack(states), torch.stack(denoised))

    @cached_property
    def paths(self) -> "OdePaths":
        """Their inner products, from which every mean squared error follows."""
        x, outputs = self.states.flatten(1), self.denoised.flatten(1)
        blocks = [torch.cat([one @ x.T, one @ outputs.T], dim=1) for one in (x, outputs)]  # without a copy of them
        scale = np.concatenate([1 / self.grid, np.ones(self.grid.size)])
        products = torch.cat(blocks).cpu().numpy() / self.states.shape[1]
        return OdePaths(self.grid, products * scale * scale[:, None])

    @cached_property
    def mean_errors(self) -> np.ndarray:
        """E||x_hat - x_j|| of DDIM's step from level i down to level j [G, G]; infinite unless i < j."""
        errors = np.full((self.grid.size, self.grid.size), np.inf)
        for i, sigma in enumerate(self.grid[:-1]):
            shares = torch.as_tensor(self.grid[i + 1 :] / sigma, device=self.states.device)[:, None, None]
            reached = shares * self.states[i] + (1 - shares) * self.denoised[i]
            errors[i, i + 1 :] = (reached - self.states[i + 1 :]).norm(dim=2).mean(1).cpu().numpy()
        return errors


@dataclass(frozen=True, eq=False)
class OdePaths:
    """Inner products [2G, 2G], averaged over trajectories, of y_k = x_k / sigma_k and D_k on a descending grid [G]."""

    grid: np.ndarray
    products: np.ndarray

    @classmethod
    def collect(cls, denoiser: Denoiser, x_T: torch.Tensor, grid: Any) -> "OdePaths":
        """Follow the ODE from x_T [N, ...] as `OdeWalk` does, and keep the products."""
        return OdeWalk.collect(denoiser, x_T, grid).paths

    def local_errors(self) -> np.ndarray:
        """E||x_hat - x_j||^2 of DDIM's step from level i down to level j [G, G]; infinite unless i < j."""
        length, gap, along = self._steps
        errors = gap + 2 * length * along + length**2 * np.diag(self._outputs)[:, None]
        allowed = np.triu(np.ones(errors.shape, bool), 1)
        return np.where(allowed, np.maximum(errors, 0.0) * self.grid**2, np.inf)

    def local_error_pairs(self) -> np.ndarray:
        """The same [G, G, G] of DPM-Solver++(2M)'s step j -> k after the step i -> j; infinite unless i < j < k."""
        length, gap, latest = self._steps  # [j, k]
        before = self._mixed.T[:, :, None] - self._mixed.T[:, None, :]  # <D_i, y_j - y_k>
        power = np.diag(self._outputs)
        rho, ordered = step_ratios(np.log(self.grid))
        with np.errstate(invalid="ignore"):
            along = (1 + rho) * latest - rho * before
            size = (1 + rho) ** 2 * power[None, :, None] + rho**2 * power[:, None, None]
            size = size - 2 * rho * (1 + rho) * self._outputs[:, :, None]
            errors = gap + 2 * length * along + length**2 * size
            return np.where(ordered, np.maximum(errors, 0.0) * self.grid**2, np.inf)

    @cached_property
    def _steps(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of every step from i to j: 1/sigma_j - 1/sigma_i, E||y_i - y_j||^2 and <D_i, y_i - y_j>, each [G, G]."""
        states = self.products[: self.grid.size, : self.grid.size]
        gap = np.diag(states)[:, None] - 2 * states + np.diag(states)
        length = 1 / self.grid - 1 / self.grid[:, None]
        return length, gap, np.diag(self._mixed)[:, None] - self._mixed.T

    @property
    def _mixed(self) -> np.ndarray:
        """<y_i, D_j> [G, G]."""
        return self.products[: self.grid.size, self.grid.size :]

    @property
    def _outputs(self) -> np.ndarray:
        """<D_i, D_j> [G, G]."""
        return self.products[self.grid.size :, self.grid.size :]

    def costs(self, errors: np.ndarray, gamma: float = 1.0) -> np.ndarray:
        """What errors made at the last axis' level are counted as: (E||error||^2 c^2 / (c^2 + sigma^2))^(gamma/2).

        The factor is how far the flow of Gaussian data of std c shrinks them on their way to the output. With gamma 1
        they add up as if all pointed one way, with 2 as if independent.
        """
        gamma = real_number(gamma, "gamma", 0.25, 4.0)
        return (errors * SIGMA_DATA**2 / (SIGMA_DATA**2 + self.grid**2)) ** (gamma / 2)
