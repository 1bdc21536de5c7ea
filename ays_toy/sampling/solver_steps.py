"""The steps that solvers make, one function each, from where a step begins to the state after it.

The noisy data are x_t = x_0 + t eps, so a noise level sigma is its own time. Where the denoiser's value D is held
constant over a step b -> a, the reverse ODE and the reverse SDE have exact solutions: `transfer`. All but Heun's method
and iPNDM hold one value: the latest, or one extrapolated in log sigma from the steps before.

Every step holds for levels that are tensors [] with a gradient as well as for numbers: see `traced`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy.special import hyp1f1

from ays_toy.data.denoisers import Denoiser
from ays_toy.sampling.traced import exp, expm1, log1p, sqrt


@dataclass(frozen=True, eq=False, kw_only=True)
class Stretch:
    """A state x [N, ...] at sigma, D(x, sigma), and the level sigma_next that the step of that index leads to."""

    index: int
    sigma: float
    sigma_next: float
    x: torch.Tensor
    denoised: torch.Tensor

    @property
    def length(self) -> float:
        """Of the step: log(sigma / sigma_next)."""
        return log_step(self.sigma, self.sigma_next)

    @property
    def slope(self) -> torch.Tensor:
        """dx / d sigma of the ODE at x."""
        return (self.x - self.denoised) / self.sigma


@dataclass(frozen=True, eq=False, kw_only=True)
class Step(Stretch):
    """One step of a solver: x is the state before it, at sigma, `denoised` is D(x, sigma), x_next the state after it.

    `start` is what the step goes out from: x, but for solvers that correct x by D(x, sigma). Neighbors share tensors
    (x_next of one is x of the next), so change none in place.
    """

    start: torch.Tensor
    x_next: torch.Tensor


@dataclass(frozen=True, eq=False, kw_only=True)
class Start(Stretch):
    """All that a step is made from; `noise` is that of a stochastic solver.

    `past` are the steps before, the latest first, no more than the solver looks back on.
    """

    denoiser: Denoiser
    past: Sequence[Step] = ()
    noise: torch.Tensor | None = None

    def holding(self, held: torch.Tensor) -> torch.Tensor:
        """The state at sigma_next where the denoiser's value is this one all along."""
        return transfer(self.x, held, self.sigma, self.sigma_next, self.noise)


def log_step(sigma: float, sigma_next: float) -> float:
    """The step's length h = log(sigma / sigma_next), to full relative precision however short the step."""
    return log1p((sigma - sigma_next) / sigma_next)


def transfer(
    x: torch.Tensor, held: torch.Tensor, sigma: float, sigma_next: float, noise: torch.Tensor | None = None
) -> torch.Tensor:
    """Solve the reverse ODE, or with noise the reverse SDE, exactly from sigma to sigma_next for a constant D = held.

    With r = (sigma_next / sigma)^p: r x + (1 - r) held, p = 1 for the ODE (DDIM); the SDE has p = 2 and adds
    sigma_next sqrt(1 - r) noise (Song et al. 2021, DDIM, Eq. 12 with eta = 0 and 1).
    """
    exponent = -log_step(sigma, sigma_next) * (1 if noise is None else 2)
    pull = -expm1(exponent)  # 1 - r, which cancels when the step is short
    x_next = exp(exponent) * x + pull * held
    return x_next if noise is None else x_next + sigma_next * sqrt(pull) * noise


def moment(k: int, exponent: float) -> float:
    """The mean of s^k over a step, s from 0 to 1 along its log sigma, as the exact solution weighs D there.

    The weight is e^(exponent (s - 1)), with exponent h for the ODE and 2 h for the SDE. By these, a polynomial in s is
    held at its mean; all digits are kept however short the step. Its slope by the exponent is a covariance, that of s^k
    and s.
    """
    if isinstance(exponent, torch.Tensor):
        at = float(exponent.detach())
        return moment(k, at) + (exponent - at) * (moment(k + 1, at) - moment(k, at) * moment(1, at))
    return float(exponent / -math.expm1(-exponent) * hyp1f1(1, k + 2, -exponent) / (k + 1))


# --- one step after another ------------------------------------------------------------------------------------------


def hold(at: Start) -> torch.Tensor:
    """Hold the latest value: DDIM, or with noise Stochastic-DDIM."""
    return at.holding(at.denoised)


def extrapolate(at: Start) -> torch.Tensor:
    """Hold the value extrapolated from the last two: the 2M solvers."""
    return at.holding(extrapolated(at))


def extrapolated(at: Start) -> torch.Tensor:
    """The value that the 2M solvers hold; where there is no step before, the latest, as DDIM does."""
    return target(at.denoised, at.past[0] if at.past else None, at.sigma, at.sigma_next)


def target(denoised: torch.Tensor, previous: Step | None, sigma: float, sigma_next: float) -> torch.Tensor:
    """The denoiser's value extrapolated in log sigma to the middle of the step: D + h / (2 h_last) (D - D_last).

    The first step has no step before it and holds D itself (Lu et al. 2022, DPM-Solver++, Alg. 2).
    """
    if previous is None:
        return denoised
    ratio = log_step(sigma, sigma_next) / previous.length
    return denoised + 0.5 * ratio * (denoised - previous.denoised)


def third(at: Start) -> torch.Tensor:
    """Hold the mean of a parabola through the last three values, less half its last term: DPM-Solver++(3M) for the SDE.

    That half is in the authors' code and in k-diffusion's, whose weights these are; the weak order is 2 with or without
    it. The second step has a line in place of the parabola, and the first one holds D.
    """
    if not at.past:
        return hold(at)
    line, exponent = _differences(at), 2 * at.length
    held = at.denoised + moment(1, exponent) * line[0]
    return at.holding(held if len(line) == 1 else held + 0.5 * moment(2, exponent) * line[1])


def _differences(at: Start) -> list[torch.Tensor]:
    """D's slope at the step's beginning and half its curvature, as far as there are steps before.

    In units of the step's own length.
    """
    last, h = at.past[0], at.length
    first = (at.denoised - last.denoised) * (h / last.length)
    if len(at.past) == 1:
        return [first]
    second = (last.denoised - at.past[1].denoised) * (h / at.past[1].length)
    bend = (first - second) * (h / (last.length + at.past[1].length))
    return [first + bend * (last.length / h), bend]


def correct(at: Start) -> torch.Tensor:
    """The state x made anew from the last step's start, with D(x, sigma) known: UniPC's corrector, B(h) = e^h - 1.

    The value held over the last step is the mean of the parabola through its end, its beginning and the step before;
    after the first step, the mean of its two ends (Zhao et al. 2023, UniPC, Alg. 1).
    """
    if not at.past:
        return at.x
    last = at.past[0]
    rise = at.denoised - last.denoised
    if len(at.past) == 1:
        return transfer(last.start, last.denoised + 0.5 * rise, last.sigma, last.sigma_next)
    back = at.past[1].length / last.length  # the step before, in lengths of the last
    fall = (last.denoised - at.past[1].denoised) / back
    bend = (rise - fall) / (1 + back)
    held = last.denoised + moment(1, last.length) * (rise - bend) + moment(2, last.length) * bend
    return transfer(last.start, held, last.sigma, last.sigma_next)


def heun(at: Start) -> torch.Tensor:
    """Heun's second-order step in sigma (Karras et al. 2022, EDM, Alg. 1)."""
    euler = at.x + (at.sigma_next - at.sigma) * at.slope
    slope_next = (euler - denoise(at.denoiser, euler, at.sigma_next)) / at.sigma_next
    return at.x + (at.sigma_next - at.sigma) * 0.5 * (at.slope + slope_next)


ADAMS_BASHFORTH = ((1.0,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12))  # of evenly long steps, the latest first


def adams_bashforth(at: Start) -> torch.Tensor:
    """A step in sigma along the last three slopes, weighted as if steps were even (iPNDM, of order 3)."""
    weights, along = ADAMS_BASHFORTH[len(at.past)], (at, *at.past)
    return at.x + (at.sigma_next - at.sigma) * sum(w * one.slope for w, one in zip(weights, along, strict=True))


def denoise(denoiser: Denoiser, x: torch.Tensor, sigma: float) -> torch.Tensor:
    """D(x, sigma), typed as x; ValueError for another shape, which broadcasting would hide."""
    denoised = denoiser(x, sigma)
    if denoised.shape != x.shape:
        raise ValueError(f"The denoiser must return x's shape {list(x.shape)}, not {list(denoised.shape)}.")
    return denoised.to(x.dtype)
