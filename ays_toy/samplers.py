"""The five solvers that carry noise back to data along a schedule, all with one signature (AYS, Secs. 2 and 5).

The noisy data are x_t = x_0 + t eps, so a noise level sigma is its own time. Where the denoiser's value D is held
constant over a step b -> a, the reverse ODE and the reverse SDE have exact solutions: `transfer`. DDIM and
Stochastic-DDIM hold the latest value; the two 2M solvers hold one extrapolated from the last two steps: `target`.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from ays_toy import checks, schedules
from ays_toy.denoisers import Denoiser

Noise = Callable[[float, float, torch.Tensor], torch.Tensor]  # of a step: (sigma, sigma_next, x) -> z, shaped as x


@dataclass(frozen=True)
class Solver:
    """A named solver, and what it does: `order` is its formula's, 2 where two values of the denoiser make one step."""

    name: str
    title: str
    stochastic: bool
    order: int
    calls_per_step: int
    about: str

    @property
    def multistep(self) -> bool:
        """Whether it remembers the step before: its order is above what its own calls could give."""
        return self.order > self.calls_per_step


SOLVERS: dict[str, Solver] = {
    solver.name: solver
    for solver in (
        Solver(
            "stochastic-ddim",
            "Stochastic-DDIM",
            stochastic=True,
            order=1,
            calls_per_step=1,
            about="Goes to where the denoiser points and adds fresh noise at every step (DDIM with η = 1): the one "
            "that KLUB is about.",
        ),
        Solver(
            "ddim",
            "DDIM",
            stochastic=False,
            order=1,
            calls_per_step=1,
            about="Euler's method on the ODE: no noise is added, so the starting noise alone decides the sample.",
        ),
        Solver(
            "sde-dpmpp-2m",
            "SDE-DPM-Solver++(2M)",
            stochastic=True,
            order=2,
            calls_per_step=1,
            about="Stochastic-DDIM with the denoiser's answer extrapolated from the last two steps.",
        ),
        Solver(
            "dpmpp-2m",
            "DPM-Solver++(2M)",
            stochastic=False,
            order=2,
            calls_per_step=1,
            about="DDIM with the denoiser's answer extrapolated from the last two steps.",
        ),
        Solver(
            "heun",
            "Heun",
            stochastic=False,
            order=2,
            calls_per_step=2,
            about="Heun's method on the ODE: two denoiser calls for each step, one at either end.",
        ),
    )
}


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a solver: x is the state before it, at sigma, `denoised` is D(x, sigma), x_next the state after it.

    Neighbors share tensors (x_next of one is x of the next), so change none in place.
    """

    index: int
    sigma: float
    sigma_next: float
    x: torch.Tensor
    denoised: torch.Tensor
    x_next: torch.Tensor


def denoiser_calls(solver: str, steps: int, denoise_to_zero: bool = False) -> int:
    """Number of denoiser calls that `sample` makes on a schedule of that many steps."""
    count = checks.whole_number(steps, "The number of steps", 1)
    return checks.lookup(SOLVERS, solver, "solver").calls_per_step * count + bool(denoise_to_zero)


def sample(
    denoiser: Denoiser,
    x_T: torch.Tensor,
    sigmas: Any,
    solver: str = "stochastic-ddim",
    *,
    generator: torch.Generator | None = None,
    noise: Noise | None = None,
    denoise_to_zero: bool = False,
) -> torch.Tensor:
    """Carry x_T [N, ...], at noise level sigmas[0], down the schedule -> x at its last level, or at 0, as x_T in shape.

    Arguments and errors are those of `steps`.
    """
    walk = steps(denoiser, x_T, sigmas, solver, generator=generator, noise=noise, denoise_to_zero=denoise_to_zero)
    return deque(walk, maxlen=1).pop().x_next


def draw(
    denoiser: Denoiser, sigmas: Any, solver: str, seed: int, n: int, device: str | torch.device = "cpu"
) -> torch.Tensor:
    """Sample n points [n, 2]; x_T and the solver's noise depend on seed and device alone, not on the levels."""
    levels, generator = schedules.validate(sigmas), torch.Generator(device).manual_seed(seed)
    x_T = float(levels[0]) * torch.randn(n, 2, generator=generator, device=device)
    return sample(denoiser, x_T, levels, solver, generator=generator)


def steps(
    denoiser: Denoiser,
    x_T: torch.Tensor,
    sigmas: Any,
    solver: str = "stochastic-ddim",
    *,
    generator: torch.Generator | None = None,
    noise: Noise | None = None,
    denoise_to_zero: bool = False,
) -> Iterator[Step]:
    """Yield one `Step` for each of the schedule's n steps, computed as it is asked for; no graph is kept.

    x_T [N, ...] is floating point and at noise level sigmas[0]; sigmas [n+1] descends. A stochastic solver draws one
    standard normal array of x_T's shape a step from the generator, so that equal seeds give every schedule the same
    noise, step for step; or it asks `noise` for that array: `brownian.SharedNoise` has schedules of any lengths follow
    one path of the SDE. `denoise_to_zero` adds a last record, from sigmas[-1] to 0, whose x_next is D(x, sigmas[-1]).
    ValueError, raised by the call itself, for a bad schedule, x_T or solver name, or unless a stochastic solver gets
    one source of noise.
    """
    levels = schedules.validate(sigmas)
    chosen = checks.lookup(SOLVERS, solver, "solver")
    if not isinstance(x_T, torch.Tensor) or not x_T.is_floating_point() or x_T.ndim == 0:
        kind = f"{x_T.dtype} {list(x_T.shape)}" if isinstance(x_T, torch.Tensor) else type(x_T).__name__
        raise ValueError(f"x_T must be a floating-point tensor [N, ...], not {kind}: convert it first.")
    if not x_T.isfinite().all():
        raise ValueError("x_T must be finite: it holds NaN or infinite values, so draw it again.")
    if generator is not None and noise is not None:
        raise ValueError("The noise of the steps can come from one source only: pass either generator or noise.")
    if chosen.stochastic and generator is None and noise is None:
        raise ValueError(f"{chosen.title} adds noise at every step: pass generator=torch.Generator().manual_seed(...).")
    return _walk(denoiser, x_T.detach(), levels, chosen, noise or _independent(generator), denoise_to_zero)


def _independent(generator: torch.Generator | None) -> Noise:
    return lambda _, __, x: torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)


def _walk(
    denoiser: Denoiser,
    x: torch.Tensor,
    levels: np.ndarray,
    solver: Solver,
    noise: Noise,
    denoise_to_zero: bool,
) -> Iterator[Step]:
    previous: Step | None = None
    for index, (sigma, sigma_next) in enumerate(pairwise(levels.tolist())):
        previous = step_from(denoiser, x, sigma, sigma_next, solver, previous, noise, index)
        yield previous
        x = previous.x_next
    if denoise_to_zero:
        sigma = float(levels[-1])
        with torch.no_grad():
            denoised = _denoise(denoiser, x, sigma)
        yield Step(len(levels) - 1, sigma, 0.0, x, denoised, denoised)


def step_from(
    denoiser: Denoiser,
    x: torch.Tensor,
    sigma: float,
    sigma_next: float,
    solver: Solver,
    previous: Step | None = None,
    noise: Noise | None = None,
    index: int = 0,
) -> Step:
    """One step of a solver from any state x [N, ...] at sigma; the arguments are those of a walk and not checked.

    A multistep solver extrapolates from `previous`, and holds the denoiser's value where there is none.
    """
    with torch.no_grad():  # closed before a walk yields, or the caller's own gradients would be off between steps
        denoised = _denoise(denoiser, x, sigma)
        if solver.calls_per_step == 2:
            return Step(index, sigma, sigma_next, x, denoised, _heun(denoiser, x, denoised, sigma, sigma_next))
        z = noise(sigma, sigma_next, x) if solver.stochastic and noise is not None else None
        if z is not None and z.shape != x.shape:  # broadcasting would hide it
            raise ValueError(f"The noise of a step must have x's shape {list(x.shape)}, not {list(z.shape)}.")
        held = target(denoised, previous, sigma, sigma_next) if solver.multistep else denoised
        return Step(index, sigma, sigma_next, x, denoised, transfer(x, held, sigma, sigma_next, z))


def log_step(sigma: float, sigma_next: float) -> float:
    """The step's length h = log(sigma / sigma_next), to full relative precision however short the step."""
    return math.log1p((sigma - sigma_next) / sigma_next)


def target(denoised: torch.Tensor, previous: Step | None, sigma: float, sigma_next: float) -> torch.Tensor:
    """The denoiser's value extrapolated in log sigma to the middle of the step: D + h / (2 h_last) (D - D_last).

    The first step has no step before it and holds D itself (Lu et al. 2022, DPM-Solver++, Alg. 2).
    """
    if previous is None:
        return denoised
    ratio = log_step(sigma, sigma_next) / log_step(previous.sigma, previous.sigma_next)
    return denoised + 0.5 * ratio * (denoised - previous.denoised)


def transfer(
    x: torch.Tensor, held: torch.Tensor, sigma: float, sigma_next: float, noise: torch.Tensor | None = None
) -> torch.Tensor:
    """Solve the reverse ODE, or with noise the reverse SDE, exactly from sigma to sigma_next for a constant D = held.

    With r = (sigma_next / sigma)^p: r x + (1 - r) held, p = 1 for the ODE (DDIM); the SDE has p = 2 and adds
    sigma_next sqrt(1 - r) noise (Song et al. 2021, DDIM, Eq. 12 with eta = 0 and 1).
    """
    exponent = -log_step(sigma, sigma_next) * (1 if noise is None else 2)
    pull = -math.expm1(exponent)  # 1 - r, which cancels when the step is short
    x_next = math.exp(exponent) * x + pull * held
    return x_next if noise is None else x_next + sigma_next * math.sqrt(pull) * noise


def _heun(denoiser: Denoiser, x: torch.Tensor, denoised: torch.Tensor, sigma: float, sigma_next: float) -> torch.Tensor:
    """Heun's second-order step in sigma (Karras et al. 2022, EDM, Alg. 1)."""
    slope = (x - denoised) / sigma
    euler = x + (sigma_next - sigma) * slope
    slope_next = (euler - _denoise(denoiser, euler, sigma_next)) / sigma_next
    return x + (sigma_next - sigma) * 0.5 * (slope + slope_next)


def _denoise(denoiser: Denoiser, x: torch.Tensor, sigma: float) -> torch.Tensor:
    denoised = denoiser(x, sigma)
    if denoised.shape != x.shape:  # broadcasting would hide it
        raise ValueError(f"The denoiser must return x's shape {list(x.shape)}, not {list(denoised.shape)}.")
    return denoised.to(x.dtype)
