"""Grids of equal modes in any set-up that the paper leaves open: the NLL of their samples, and the paper's search.

A grid is a product of two lines, and so are its denoiser, its density and what a solver makes of both. So each axis is
sampled by itself, with a spacing and a std of its own, at the cost of its few modes instead of their product.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from ays_toy.data.denoisers import MixtureDenoiser
from ays_toy.data.mixtures import Mixture
from ays_toy.estimates import KlubEstimate
from ays_toy.optimize import coordinate_search, refine_search
from ays_toy.sampling.even_noise import EvenNoise
from ays_toy.sampling.samplers import step_from
from ays_toy.sampling.schedules import edm, interpolate
from ays_toy.sampling.solver_steps import Step, denoise
from ays_toy.sampling.solvers import SOLVERS, Solver

FIRST_STEPS, SWEEPS = 10, 40  # of the paper's first stage; of its sweeps, how many are looked at
KNOWN, CELLS = 96, 2000  # levels at which an error is computed; cells of the integral over log sigma between them
NODES = np.linspace(-8.0, 8.0, 161)  # stds around a mode


@dataclass(frozen=True)
class Line:
    """Equal modes on a line: how many, their spacing and their std."""

    modes: int
    spacing: float
    std: float

    @cached_property
    def mixture(self) -> Mixture:
        """Their mixture in one dimension, centered."""
        centers = (np.arange(self.modes) - (self.modes - 1) / 2) * self.spacing
        return Mixture(centers[:, None], np.full(self.modes, self.std), np.ones(self.modes))

    @cached_property
    def denoiser(self) -> MixtureDenoiser:
        """The exact denoiser."""
        return MixtureDenoiser(self.mixture.means, self.mixture.stds, self.mixture.weights)

    def error(self, sigma: float) -> float:
        """E(x0 - D)^2 at a noise level, which is the mean posterior variance, by the trapezoid rule at every mode."""
        variance, centers = self.std**2 + sigma**2, self.mixture.means[:, 0]
        x = centers[:, None] + np.sqrt(variance) * NODES
        shares = np.exp(-0.5 * (x[..., None] - centers) ** 2 / variance)
        shares /= shares.sum(-1, keepdims=True)
        spread = shares @ centers**2 - (shares @ centers) ** 2
        mass = np.exp(-0.5 * NODES**2) / np.exp(-0.5 * NODES**2).sum()
        return float((self.std * sigma) ** 2 / variance + (sigma**2 / variance) ** 2 * (spread @ mass).mean())


@dataclass(frozen=True)
class Ending:
    """How a walk of n steps ends, and whether its samples are judged by the density without the last level's noise."""

    title: str
    to_zero: bool = False
    within: bool = False  # the jump to zero is one of the n steps
    clean: bool = True

    def of(self, line: Line, x: torch.Tensor, sigma: float) -> torch.Tensor:
        """The samples [N, 1], from where a walk has led to at its last level."""
        return denoise(line.denoiser, x, sigma) if self.to_zero else x

    def surprise(self, line: Line, samples: torch.Tensor, sigma: float) -> np.ndarray:
        """-log p of samples [N, 1] whose walk had that last level -> [N]."""
        return -line.mixture.log_density(samples, 0.0 if self.clean else sigma).numpy()


ENDINGS = {
    "low": Ending("n steps to σ_min; density with its noise", clean=False),
    "low-clean": Ending("n steps to σ_min; density without noise"),
    "zero": Ending("n − 1 steps to σ_min, the last to 0", to_zero=True, within=True),
    "zero-after": Ending("n steps to σ_min, one more to 0", to_zero=True),
}


def solver_of(name: str, heun_type: bool = False) -> Solver:
    """The solver of that name, or SDE-DPM-Solver++(2M) with the mean of the extrapolated line, not its middle.

    Tools call these types of it Heun and midpoint; the mean is what the second step of (3M) holds.
    """
    return replace(SOLVERS["sde-dpmpp-3m"], history=1) if heun_type else SOLVERS[name]


def walked(
    line: Line, levels: np.ndarray, solver: Solver, noise: EvenNoise, axis: int = 0, first_order_end: bool = False
) -> torch.Tensor:
    """Where one axis [N, 1] has got to at the last level; the last step may be kept from looking back."""

    def drawn(sigma: float, sigma_next: float, x: torch.Tensor) -> torch.Tensor:
        return noise(sigma, sigma_next, x)[:, axis : axis + 1]

    x, past = noise.start(float(levels[0]))[:, axis : axis + 1], list[Step]()
    for k, (sigma, sigma_next) in enumerate(pairwise(levels.tolist())):
        if first_order_end and k == len(levels) - 2:
            past = []
        step = step_from(line.denoiser, x, sigma, sigma_next, solver, past, drawn, k)
        x, past = step.x_next, [step]
    return x


@dataclass(frozen=True)
class Setup:
    """A grid as two lines, a range of noise, how walks end and whether their last step looks back, a type of solver."""

    lines: tuple[Line, Line]
    low: float
    high: float
    ending: str = "low"
    first_order_end: bool = False
    heun_type: bool = False

    def steps(self, n: int) -> int:
        """How many of n steps lead down to the last level."""
        return n - ENDINGS[self.ending].within

    @property
    def std(self) -> float:
        """The overall std of the grid, over both axes."""
        return float(np.sqrt(np.mean([line.mixture.std**2 for line in self.lines])))

    def samples(self, levels: np.ndarray, solver: str, n: int, seed: int = 0) -> torch.Tensor:
        """Samples [n, 2] on even noise."""
        noise, ending, sigma = EvenNoise(seed, n, len(levels) - 1), ENDINGS[self.ending], float(levels[-1])
        chosen = solver_of(solver, self.heun_type)
        axes = [
            ending.of(line, walked(line, levels, chosen, noise, axis, self.first_order_end), sigma)
            for axis, line in enumerate(self.lines)
        ]
        return torch.cat(axes, dim=1)

    def surprise(self, samples: torch.Tensor) -> np.ndarray:
        """-log p in nats of samples [n, 2] -> [n]."""
        ending, columns = ENDINGS[self.ending], zip(self.lines, samples.split(1, dim=1), strict=True)
        return np.sum([ending.surprise(line, x, self.low) for line, x in columns], axis=0)


class ErrorCosts:
    """KLUB without noise, from the error of an exact denoiser alone: there E||D_t - D_b||^2 = mse_b - mse_t."""

    def __init__(self, setup: Setup) -> None:
        self.calls = 0
        known, self._logs = (np.linspace(np.log(setup.low), np.log(setup.high), k) for k in (KNOWN, CELLS))
        errors = {line: [line.error(sigma) for sigma in np.exp(known)] for line in set(setup.lines)}
        total = np.sum([errors[line] for line in setup.lines], axis=0)
        self._error = np.exp(np.interp(self._logs, known, np.log(total)))
        rate = np.exp(-2 * self._logs) * self._error
        self._below = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2)]) * (self._logs[1] - self._logs[0])

    def steps(self, upper: Any, lower: Any) -> np.ndarray:
        """KLUB of the steps from upper levels to lower ones: the integral of t^-3 (mse_upper - mse_t)."""
        b, a = np.log(upper), np.log(lower)
        held = np.interp(b, self._logs, self._error) * (np.exp(-2 * a) - np.exp(-2 * b)) / 2
        return held - np.interp(b, self._logs, self._below) + np.interp(a, self._logs, self._below)

    def around(self, upper: float, candidates: np.ndarray, lower: float, index: int) -> np.ndarray:  # noqa: ARG002
        """As `Costs.around`."""
        return self.steps(upper, candidates) + self.steps(candidates, lower)

    def schedule(self, sigmas: np.ndarray) -> KlubEstimate:
        """As `Costs.schedule`."""
        terms = self.steps(sigmas[:-1], sigmas[1:])
        return KlubEstimate(float(terms.sum()), 0.0, terms)


def resampled(setup: Setup, steps: Sequence[int]) -> Iterator[list[np.ndarray]]:
    """AYS stopped after sweep 0, 1, ..., for each number of steps: 10 from EDM, halved twice, resampled (App. B.1)."""
    costs = ErrorCosts(setup)
    for sweep in coordinate_search(costs, edm(FIRST_STEPS, setup.low, setup.high), max_sweeps=SWEEPS):
        *_, finest = refine_search(costs, sweep.sigmas)
        yield [interpolate(finest.sigmas, setup.steps(n)) for n in steps]


def searched(setup: Setup, steps: int) -> Iterator[np.ndarray]:
    """AYS after sweep 0, 1, ..., searched for this number of steps alone, from EDM."""
    first = edm(setup.steps(steps), setup.low, setup.high)
    yield from (sweep.sigmas for sweep in coordinate_search(ErrorCosts(setup), first, max_sweeps=SWEEPS))
