"""Orders of convergence of the stochastic solvers, both ways: a fitted slope has a lower and an upper bound.

Weak is the error of a mean over samples, strong that of one path of the SDE; noise is additive in x / t^2, so that the
strong order is 1 for all, extrapolation or not.
"""

import math
from functools import lru_cache
from itertools import product

import numpy as np
import pytest
import torch

from ays_toy.data.denoisers import GaussianDenoiser, MixtureDenoiser
from ays_toy.sampling import samplers, schedules, solver_steps
from ays_toy.sampling.brownian import SharedNoise

STD = 0.5
MEANS, STDS, WEIGHTS = np.array([-0.6, 0.5]), np.array([0.25, 0.15]), np.array([0.6, 0.4])
MIXTURE = MixtureDenoiser(MEANS[:, None], STDS, WEIGHTS)
LOW, HIGH, PATHS, FINE = 0.1, 2.0, 32_000, 384
WEAK = {"stochastic-ddim": 1, "ddim": 1, "sde-dpmpp-2m": 2, "dpmpp-2m": 2, "heun": 2}
WEAK |= {"sde-dpmpp-3m": 2, "unipc": 3, "ipndm": 2}
STOCHASTIC = ["stochastic-ddim", "sde-dpmpp-2m"]  # whose weak error on a mixture can be told from noise


def slope(counts: list[int], errors: list[float]) -> float:
    return -float(np.polyfit(np.log(counts), np.log(np.abs(errors)), 1)[0])


def variance(solver: str, sigmas: np.ndarray) -> float:
    """The exact variance of a solver's output on Gaussian data from the true law: the sum of squares of what it makes
    of a start of one standard deviation, and of one unit of noise in every step, all in rows of their own."""
    x_T = torch.zeros(len(sigmas), 1, dtype=torch.float64)
    x_T[0] = math.hypot(sigmas[0], STD)
    row = {float(sigma): k for k, sigma in enumerate(sigmas[:-1], start=1)}

    def unit(sigma: float, _sigma_next: float, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(x).index_fill_(0, torch.tensor([row[sigma]]), 1.0)

    noise = unit if samplers.SOLVERS[solver].stochastic else None
    return float(samplers.sample(GaussianDenoiser(STD), x_T, sigmas, solver, noise=noise).square().sum())


@pytest.mark.parametrize("schedule", ["edm", "logsnr"])
@pytest.mark.parametrize("solver", WEAK)
def test_the_variance_of_gaussian_output_converges_with_the_weak_order(solver, schedule):
    counts, low, high = [48, 96, 192, 384], 0.05, 5.0
    made = [variance(solver, schedules.SCHEDULES[schedule](n, low, high)) for n in counts]
    errors = [value - math.hypot(low, STD) ** 2 for value in made]
    assert slope(counts, errors) == pytest.approx(WEAK[solver], abs=0.05)


def test_every_solver_says_its_order():
    assert {name: solver.order for name, solver in samplers.SOLVERS.items()} == WEAK


def test_the_whole_of_3ms_last_term_would_change_no_order(monkeypatch):
    """Half of it is the authors': what noise does to differences of D keeps the weak order at 2 with either."""
    whole, counts = solver_steps.moment, [48, 96, 192, 384]
    monkeypatch.setattr(solver_steps, "moment", lambda k, exponent: (2 if k == 2 else 1) * whole(k, exponent))
    made = [variance("sde-dpmpp-3m", schedules.edm(n, 0.05, 5.0)) for n in counts]
    assert slope(counts, [value - math.hypot(0.05, STD) ** 2 for value in made]) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(("ratio", "order"), [(1.0, 3), (1.5, 1)])
def test_ipndm_is_of_the_third_order_where_steps_are_even(ratio, order):
    """The error of one step alone, its past exact; where steps shrink at once, the weights of even ones fail."""
    denoiser, lengths, errors = GaussianDenoiser(STD), [0.08, 0.04, 0.02, 0.01], []
    for h in lengths:
        levels = 1 + h * np.array([2 * ratio, ratio, 0, -1])
        exact = [torch.full((1, 1), math.hypot(level, STD), dtype=torch.float64) for level in levels]
        past = [
            samplers.step_from(denoiser, exact[k], levels[k], levels[k + 1], samplers.SOLVERS["ddim"]) for k in (1, 0)
        ]
        made = samplers.step_from(denoiser, exact[2], levels[2], levels[3], samplers.SOLVERS["ipndm"], past)
        errors.append(float(made.x_next - exact[3]))
    assert -slope(lengths, errors) == pytest.approx(order + 1, abs=0.1)


@lru_cache(maxsize=1)
def paths() -> tuple[torch.Tensor, SharedNoise, torch.Tensor]:
    """Starts from the true law, one Brownian motion for each, and where many steps end up."""
    generator = torch.Generator().manual_seed(1)
    pick = torch.multinomial(torch.as_tensor(WEIGHTS), PATHS, replacement=True, generator=generator)
    x0, x_T = torch.randn(2, PATHS, generator=generator, dtype=torch.float64)
    x_T = (torch.as_tensor(MEANS)[pick] + torch.as_tensor(STDS)[pick] * x0 + HIGH * x_T)[:, None]
    fine = schedules.logsnr(FINE, LOW, HIGH)
    noise = SharedNoise(x_T.shape, HIGH, generator, fine)
    return x_T, noise, samplers.sample(MIXTURE, x_T, fine, "sde-dpmpp-2m", noise=noise)


def test_many_steps_have_the_variance_of_the_mixture():
    truth = float((WEIGHTS * (MEANS**2 + STDS**2 + LOW**2)).sum())
    square = paths()[2].square()
    assert abs(float(square.mean()) - truth) < 4 * float(square.std()) / math.sqrt(PATHS)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_both_orders_on_a_mixture_with_one_noise_for_all(solver):
    """Shared noise leaves of the scatter between samples only what the solver does otherwise: a tenth and less."""
    x_T, noise, fine = paths()
    weak, strong = [], []
    for n in (6, 12, 24, 48, 96):
        x = samplers.sample(MIXTURE, x_T, schedules.logsnr(n, LOW, HIGH), solver, noise=noise)
        gap = x.square() - fine.square()
        if n <= 24:
            assert abs(float(gap.mean())) > 5 * float(gap.std()) / math.sqrt(PATHS), "told from noise"
            weak.append(float(gap.mean()))
        if n >= 24:
            strong.append(float((x - fine).square().mean().sqrt()))
    assert slope([6, 12, 24], weak) == pytest.approx(WEAK[solver], abs=0.15)
    assert slope([24, 48, 96], strong) == pytest.approx(1.0, abs=0.2)


def test_3m_has_the_same_strong_order_and_a_smaller_weak_error_than_2m():
    x_T, noise, fine = paths()
    weak: dict[str, list[float]] = {"sde-dpmpp-2m": [], "sde-dpmpp-3m": []}
    strong = []
    for n, solver in product((8, 10, 12), weak):
        x = samplers.sample(MIXTURE, x_T, schedules.logsnr(n, LOW, HIGH), solver, noise=noise)
        weak[solver].append(abs(float((x.square() - fine.square()).mean())))
    for n in (24, 48, 96):
        x = samplers.sample(MIXTURE, x_T, schedules.logsnr(n, LOW, HIGH), "sde-dpmpp-3m", noise=noise)
        strong.append(float((x - fine).square().mean().sqrt()))
    assert (2 * np.array(weak["sde-dpmpp-3m"]) < weak["sde-dpmpp-2m"]).all()
    assert slope([24, 48, 96], strong) == pytest.approx(1.0, abs=0.2)
