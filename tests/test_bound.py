"""KLUB against the KL divergences that it bounds, away from Gaussian data: a 1D mixture, everything by quadrature.

With p the true law at every level and q that of Stochastic-DDIM from the same law at the top, in nats:
KL(p || q) of the output <= the same of the chain of all levels <= that of the paths between them = KLUB.

For an exact denoiser the last two are equal, step by step: between two levels both laws are Brownian bridges in
x / t^2 over the clock 1 / t^2, the solver's because a constant drift leaves no trace in a bridge.
"""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch

from ays_toy import optimize
from ays_toy.data.denoisers import MixtureDenoiser
from ays_toy.pricing import klub
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling import samplers, schedules

MEANS, STDS, WEIGHTS = np.array([-0.7, 0.1, 0.6]), np.array([0.05, 0.2, 0.1]), np.array([0.3, 0.5, 0.2])
DENOISER = MixtureDenoiser(MEANS[:, None], STDS, WEIGHTS)
LOW, HIGH = 0.05, 5.0
STOCHASTIC = samplers.SOLVERS["stochastic-ddim"]
FAMILIES = ["edm", "logsnr", "cosine"]


def axis(sigma: float, places: int) -> np.ndarray:
    """Where the data at that level are, evenly, to ten standard deviations."""
    reach = 1 + 10 * math.hypot(sigma, STDS.max())
    return np.linspace(-reach, reach, places)


def density(x: np.ndarray, sigma: float) -> np.ndarray:
    """p of the data with that much noise."""
    variance = STDS**2 + sigma**2
    apart = (x[..., None] - MEANS) ** 2 / (2 * variance)
    return (WEIGHTS / np.sqrt(2 * np.pi * variance) * np.exp(-apart)).sum(-1)


def normal(x: np.ndarray, mean: np.ndarray, std: float) -> np.ndarray:
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def step(x: np.ndarray, b: float, a: float) -> tuple[np.ndarray, float]:
    """Mean at every x, and std, of a step of the solver: what it does without noise, and with one unit of it."""
    start = torch.as_tensor(x)[:, None]

    def go(z: float) -> np.ndarray:
        noise = lambda *_: torch.full_like(start, z)  # noqa: E731
        return samplers.step_from(DENOISER, start, b, a, STOCHASTIC, noise=noise).x_next[:, 0].numpy()

    still, moved = go(0.0), go(1.0)
    np.testing.assert_allclose(moved - still, moved[0] - still[0], rtol=1e-9)
    return still, float(moved[0] - still[0])


def divergence(p: np.ndarray, q: np.ndarray, dx: float | np.ndarray) -> np.ndarray:
    """KL(p || q) along the last axis, both densities normalized; in a form without cancellation."""
    some = p > 1e-200
    ratio = np.where(some, q / np.where(some, p, 1.0), 1.0)
    return (np.where(some, p * (ratio - 1 - np.log(np.maximum(ratio, 1e-300))), 0.0)).sum(-1) * dx


def output_kl(sigmas: np.ndarray, places: int = 3001) -> float:
    """KL(p || q) at the last level: the law of the solver's output, moved from level to level."""
    x = axis(sigmas[0], places)
    q = density(x, sigmas[0])
    for b, a in pairwise(sigmas):
        mean, std = step(x, b, a)
        there = axis(a, places)
        q = normal(there[:, None], mean, std) @ q * (x[1] - x[0])
        x = there
    assert q.sum() * (x[1] - x[0]) == pytest.approx(1.0, abs=1e-6)
    return float(divergence(density(x, sigmas[-1]), q, x[1] - x[0]))


def chain_terms(sigmas: np.ndarray, places: int = 401) -> np.ndarray:
    """E KL(p(x_a | x_b) || the solver's step) of every step [n]: together the KL of the chain of all levels."""
    terms = []
    for b, a in pairwise(sigmas):
        x = axis(b, places)
        mean, std = step(x, b, a)
        # Nothing true is further from the solver's mean than the noise and all data allow.
        reach = 12 * std + 2.5 * (1 - (a / b) ** 2)
        away = np.linspace(-reach, reach, 1201)
        there = mean[:, None] + away
        p = density(there, a) * normal(there, x[:, None], math.sqrt(b**2 - a**2)) / density(x, b)[:, None]
        each = divergence(p, np.broadcast_to(normal(away, 0.0, std), p.shape), away[1] - away[0])
        terms.append(float((density(x, b) * each).sum() * (x[1] - x[0])))
    return np.array(terms)


def error(sigma: float) -> float:
    """E|x0 - D|^2 at that level: the posterior's variance, averaged."""
    x = axis(sigma, 2001)
    variance = STDS**2 + sigma**2
    joint = WEIGHTS * normal(x[:, None], MEANS, np.sqrt(variance))
    posterior = joint / joint.sum(1, keepdims=True)
    each = (STDS**2 * x[:, None] + sigma**2 * MEANS) / variance
    mean = (posterior * each).sum(1, keepdims=True)
    spread = (posterior * ((each - mean) ** 2 + STDS**2 * sigma**2 / variance)).sum(1)
    return float((joint.sum(1) * spread).sum() * (x[1] - x[0]))


MSE: Callable[[np.ndarray], np.ndarray] = np.vectorize(error, otypes=[float])


@pytest.fixture(scope="module")
def gram() -> PathGram:
    generator = torch.Generator().manual_seed(11)
    picks = torch.multinomial(torch.as_tensor(WEIGHTS), 8192, replacement=True, generator=generator)
    noise = torch.randn(8192, generator=generator, dtype=torch.float64)
    x0 = torch.as_tensor(MEANS)[picks] + torch.as_tensor(STDS)[picks] * noise
    return PathGram.collect(DENOISER, x0[:, None], schedules.logsnr(95, LOW, HIGH), generator=generator)


@pytest.mark.parametrize("n", [2, 5, 10])
@pytest.mark.parametrize("name", FAMILIES)
def test_klub_is_the_kl_of_the_chain_and_bounds_that_of_the_output(name, n, gram, quadrature_klub):
    sigmas = schedules.SCHEDULES[name](n, LOW, HIGH)
    truth, chain = quadrature_klub(sigmas, MSE), chain_terms(sigmas)
    np.testing.assert_allclose(chain, truth, rtol=1e-8)
    assert 0 < output_kl(sigmas) < truth.sum()
    price = gram.price(sigmas)
    assert price.value == pytest.approx(truth.sum(), rel=0.03)
    assert abs(price.value - truth.sum()) < 4 * price.stderr + 0.002 * truth.sum()  # the grid's 0.2 %
    assert price.value - 4 * price.stderr > output_kl(sigmas), "what the library says is a bound"


def test_less_klub_is_no_better_an_output_and_bounds_it_all_the_same(gram):
    """App. A.3 of the paper: what is least in KLUB is not best in its output, which early stopping is for."""
    best, other = optimize.optimum(gram, 8), optimize.optimum(gram, 8, power=1.5)
    assert gram.klub(best) < 0.8 * gram.klub(other)
    assert output_kl(other) < 0.9 * output_kl(best) < 0.9 * gram.klub(best)


@pytest.mark.parametrize("b", [0.08, 0.3, 1.0, 3.0])
def test_of_one_short_step_klub_is_the_kl_of_the_paths(b):
    """E Var(x0 | x_b)^2 h^2 / b^4 in the limit, the KL of two Gaussians of one mean: the factor is 1 and no other."""
    pair = np.array([b, b * math.exp(-0.02)])
    estimate = klub_of(pair)
    assert estimate.stderr < 0.1 * estimate.value
    assert estimate.value == pytest.approx(chain_terms(pair)[0], abs=4 * estimate.stderr)


def klub_of(sigmas: np.ndarray) -> klub.KlubEstimate:
    rng, generator = np.random.default_rng(3), torch.Generator().manual_seed(3)
    picks = rng.choice(3, 20_000, p=WEIGHTS)
    x0 = torch.as_tensor(rng.normal(MEANS[picks], STDS[picks]))[:, None]
    return klub.estimate_klub(DENOISER, x0, sigmas, generator=generator)
