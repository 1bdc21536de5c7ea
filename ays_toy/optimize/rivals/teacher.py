"""Levels fitted to what many steps make of the same noise, by gradients through the sampler: LD3, and a Bezier curve.

LD3 (Tong et al. 2025, arXiv 2405.15506) moves the gaps between levels so that a solver's n steps end where a patient
teacher ends, E||x_n - x_teacher||^2. BezierFlow (Min et al. 2026, arXiv 2512.13255) moves the control points of Bezier
curves instead, as many for every n, along which the levels lie evenly. Both write what they move as a softmax that is
summed up, and keep what does best on starts that it is not fitted to. What is left out here of either stands in
docs/comparators.md. A solver that adds noise has no single end for a start: it gets the levels of the solver of the ODE
that makes the same step without noise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import comb

from ays_toy.data.denoisers import Denoiser
from ays_toy.models.adam import Adam
from ays_toy.optimize.refine import spread
from ays_toy.optimize.rivals.rival import Given
from ays_toy.sampling.samplers import sample
from ays_toy.sampling.schedules import logsnr, validate
from ays_toy.sampling.solvers import find
from ays_toy.threads import one_thread

TEACHER_STEPS = 64  # of Heun, even in log sigma
ITERATIONS = 150
BATCH = 128  # starts to a gradient, where there are eight times as many
RATE = 0.05  # of Adam
LOOKS = 5  # iterations between looks at how it does on the other starts
CONTROL = 32  # gaps between control points
WITHOUT_NOISE = {"stochastic-ddim": "ddim", "sde-dpmpp-2m": "dpmpp-2m"}  # by what stands for a solver's price


@dataclass(frozen=True, eq=False)
class Pairs:
    """Starts x_T [N, ...] and where the teacher carries them; the first half to learn from, the other to judge by."""

    denoiser: Denoiser
    solver: str
    starts: torch.Tensor
    ends: torch.Tensor

    @classmethod
    def of(cls, given: Given) -> "Pairs":
        """From all starts that are given, in double precision."""
        assert given.denoiser is not None
        assert given.x_T is not None
        starts = given.x_T.double()
        patient = logsnr(TEACHER_STEPS, given.sigma_min, given.sigma_max)
        return cls(given.denoiser, without_noise(given.solver), starts, sample(given.denoiser, starts, patient, "heun"))

    def loss(self, sigmas: torch.Tensor | np.ndarray, chosen: slice | torch.Tensor) -> torch.Tensor:
        """E||x_n - x_teacher||^2 over the chosen starts."""
        reached = sample(self.denoiser, self.starts[chosen], sigmas, self.solver)
        return (reached - self.ends[chosen]).flatten(1).square().sum(1).mean()


def without_noise(solver: str) -> str:
    """The solver of the ODE that makes the same step as one that adds noise, or is nearest to it."""
    one = find(solver)
    return WITHOUT_NOISE.get(one.price or "", one.name)


def ld3(given: Given, steps: int) -> np.ndarray:
    """The gaps themselves, from even ones in log sigma -> [steps+1]."""
    return _fitted(given, steps, lambda levels: levels)


def bezier(given: Given, steps: int) -> np.ndarray:
    """Levels at even places of one Bezier curve in log sigma, from a straight one -> [steps+1]."""
    along = torch.as_tensor(bernstein(steps, CONTROL))[1:-1]

    def on_curve(control: torch.Tensor) -> torch.Tensor:
        return torch.cat([control[:1], (along @ control.log()).exp(), control[-1:]])

    return _fitted(given, CONTROL, on_curve)


def bernstein(steps: int, degree: int) -> np.ndarray:
    """Bernstein's polynomials at 0, 1/n, ..., 1 -> [n+1, degree+1]."""
    k, at = np.arange(degree + 1), np.linspace(0, 1, steps + 1)[:, None]
    return comb(degree, k) * at**k * (1 - at) ** (degree - k)


@one_thread()
def _fitted(given: Given, count: int, levels_of: Callable[[torch.Tensor], torch.Tensor]) -> np.ndarray:
    """The levels [n+1] that come of `count` gaps, fitted; what does best on the second half of the starts."""
    pairs = Pairs.of(given)
    half = len(pairs.starts) // 2
    batch = min(BATCH, half // 4)
    shares = torch.zeros(count, dtype=torch.float64, requires_grad=True)
    adam, best, least = Adam([shares]), np.empty(0), np.inf
    for k in range(ITERATIONS + 1):
        levels = levels_of(spread(shares, given.sigma_max, given.sigma_min))
        if k % LOOKS == 0:
            now = validate(levels.detach().numpy())
            if (judged := float(pairs.loss(now, slice(half, None)))) < least:
                best, least = now, judged
        loss = pairs.loss(levels, torch.arange(k * batch, (k + 1) * batch) % half)
        (shares.grad,) = torch.autograd.grad(loss, shares)
        adam.step(RATE)
    return best
