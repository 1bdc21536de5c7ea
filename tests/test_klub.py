import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import kstest

from ays_toy.data import datasets
from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.pricing import klub
from ays_toy.sampling import schedules

STD = 0.5
moves = st.lists(st.floats(-1, 1), min_size=19, max_size=19)


def gaussian_points(n, generator, std=STD):
    return std * torch.randn(n, 2, generator=generator)


def perturbed(levels, shifts):
    other = levels.copy()
    other[1:-1] = np.clip(other[1:-1] * np.exp(shifts[: levels.size - 2]), levels[-1] * 1.001, levels[0] / 1.001)
    return np.unique(other)[::-1]


# --- closed form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "values"),
    [
        (schedules.edm, (1774.29, 93.21, 18.04)),
        (schedules.logsnr, (131.62, 23.47, 7.66)),
        (klub.gaussian_optimum, (29.471, 9.128, 3.697)),
    ],
)
def test_gaussian_klub_of_known_schedules(build, values):
    assert [klub.gaussian_klub(build(n)) for n in (5, 10, 20)] == pytest.approx(values, rel=4e-4)


@given(n=st.integers(1, 20), c=st.floats(0.1, 2.0), dim=st.integers(1, 50), shifts=moves)
def test_gaussian_klub_is_the_integral_of_lemma_3_3(n, c, dim, shifts):
    sigmas = perturbed(schedules.edm(n), shifts)
    integral = 0.0
    for upper, lower in itertools.pairwise(sigmas):

        def integrand(log_t, upper=upper):
            t = np.exp(log_t)
            return t**-2 * c**4 * (upper - t) * (upper + t) / ((t**2 + c**2) * (upper**2 + c**2))

        integral += quad(integrand, np.log(lower), np.log(upper), epsrel=1e-9, limit=200)[0]
    assert klub.gaussian_klub(sigmas, c, dim) == pytest.approx(dim * integral, rel=1e-6)


@given(n=st.integers(2, 20), c=st.floats(0.05, 5.0), shifts=moves)
def test_no_perturbed_schedule_beats_the_gaussian_optimum(n, c, shifts):
    best = klub.gaussian_optimum(n, c)
    assert klub.gaussian_klub(best, c) <= klub.gaussian_klub(perturbed(best, shifts), c) * (1 + 1e-12)


@given(n=st.integers(1, 20), shifts=moves)
def test_klub_bounds_the_kl_of_stochastic_ddim_on_gaussian_data(n, shifts):
    sigmas = perturbed(schedules.edm(n), shifts)
    variance = sigmas[0] ** 2 + STD**2  # of the state, exact at the start
    for b, a in itertools.pairwise(sigmas):
        kept = (a / b) ** 2
        variance = (kept + (1 - kept) * STD**2 / (STD**2 + b**2)) ** 2 * variance + a**2 * (1 - kept)
    ratio = (sigmas[-1] ** 2 + STD**2) / variance
    kl = 0.5 * (ratio - 1 - np.log(ratio))
    assert klub.gaussian_klub(sigmas, dim=1) >= kl


@pytest.mark.parametrize(("n", "std", "match"), [(0, 0.5, "steps"), (2.5, 0.5, "steps"), (5, 0.0, "std")])
def test_the_optimum_of_nonsense_is_refused(n, std, match):
    with pytest.raises(ValueError, match=match):
        klub.gaussian_optimum(n, std)
    with pytest.raises(ValueError, match="below sigma_max"):
        klub.gaussian_optimum(5, 0.5, 80.0, 0.002)
    with pytest.raises(ValueError, match="dimension"):
        klub.gaussian_klub(schedules.edm(5), dim=0)


# --- importance sampling --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lower", "upper"), [(0.002, 80.0), (0.1, 0.3), (5.0, 80.0), (0.002, 0.0021)])
@pytest.mark.parametrize("std", [0.5, 0.1])
def test_times_follow_the_importance_density(lower, upper, std, rng):
    def density(t):
        return t**-3 * (upper - t) * (upper + t) / ((t**2 + std**2) * (upper**2 + std**2))

    nodes = np.geomspace(lower, upper, 40_001)
    middles = np.sqrt(nodes[:-1] * nodes[1:])
    cdf = np.concatenate([[0.0], np.cumsum(density(middles) * np.diff(nodes))])
    normalizer = np.diff(klub.importance_integral(np.array([lower, upper]), upper, std))[0]
    assert normalizer == pytest.approx(cdf[-1], rel=1e-6)
    t = klub.sample_times(lower, upper, rng.random(20_000), std)
    assert t.min() >= lower
    assert t.max() <= upper
    assert kstest(np.interp(t, nodes, cdf / cdf[-1]), "uniform").pvalue > 1e-3


def assert_unbiased(denoiser, draw, sigmas, truth, seeds, **options):
    """The mean over seeds meets the truth, and the standard errors claimed are those seen."""
    values, errors = [], []
    for seed in range(seeds):
        generator = torch.Generator().manual_seed(seed)
        estimate = klub.estimate_klub(denoiser, draw(generator), sigmas, generator=generator, **options)
        assert estimate.value == pytest.approx(estimate.terms.sum())
        values.append(estimate.value)
        errors.append(estimate.stderr)
    values, errors = np.array(values), np.array(errors)
    assert abs(values.mean() - truth) < 4 * values.std(ddof=1) / np.sqrt(seeds)
    assert 0.75 < np.square((values - truth) / errors).mean() < 1.35  # 8 to 10 % each way at one sigma


@pytest.mark.parametrize("std", [0.5, 0.3])  # the importance density matched to the data, and not
def test_monte_carlo_is_unbiased_and_knows_its_error_on_gaussian_data(std):
    sigmas = schedules.edm(5)
    assert_unbiased(
        GaussianDenoiser(STD),
        lambda generator: gaussian_points(512, generator),
        sigmas,
        klub.gaussian_klub(sigmas),
        seeds=300,
        std=std,
    )


@pytest.mark.parametrize("build", [schedules.edm, schedules.logsnr])
def test_monte_carlo_is_unbiased_and_knows_its_error_on_an_exact_mixture(build, grid_mse, quadrature_klub):
    data, sigmas = datasets.get("grid-4x4"), build(10)
    truth = quadrature_klub(sigmas, grid_mse).sum()
    assert_unbiased(data.denoiser(), lambda generator: data.sample(512, generator), sigmas, truth, seeds=200)


def naive_variance(denoiser, x0, sigmas, generator):
    """Sum over steps of the variance of t^-2 log(b/a) ||D_t - D_b||^2 with t log-uniform, as without Sec. 3.3."""
    total = 0.0
    for b, a in itertools.pairwise(sigmas):
        t = a * (b / a) ** torch.rand(len(x0), 1, generator=generator, dtype=torch.float64).numpy()
        t = torch.as_tensor(t, dtype=x0.dtype)
        low = x0 + t * torch.randn(x0.shape, generator=generator)
        high = low + (b**2 - t**2).clamp(min=0).sqrt() * torch.randn(x0.shape, generator=generator)
        gap = (denoiser(low, t[:, 0]) - denoiser(high, float(b))).double().square().sum(1)
        total += float((np.log(b / a) * t[:, 0].double() ** -2 * gap).var())
    return total


# Measured: 6.2, 3.6, 3.8, 3.3. The gain falls with shorter steps, within which the integrand varies less.
@pytest.mark.parametrize(
    ("name", "n", "gain"), [("gaussian", 5, 5.0), ("gaussian", 10, 3.0), ("grid-4x4", 5, 3.0), ("grid-4x4", 10, 2.7)]
)
def test_importance_sampling_beats_log_uniform_times(name, n, gain, generator):
    data, sigmas = datasets.get(name), schedules.edm(n)
    x0 = data.sample(40_000, generator)
    estimate = klub.estimate_klub(data.denoiser(), x0, sigmas, generator=generator)
    assert naive_variance(data.denoiser(), x0, sigmas, generator) > gain * estimate.stderr**2 * len(x0)


def test_without_its_normalizer_the_printed_algorithm_cannot_tell_schedules_apart(generator):
    x0 = gaussian_points(20_000, generator)
    printed, right = [], []
    for sigmas in (schedules.edm(10), schedules.logsnr(10), klub.gaussian_optimum(10)):
        estimate = klub.estimate_klub(GaussianDenoiser(STD), x0, sigmas, generator=generator)
        normalizers = [klub.gaussian_klub(pair, dim=1) / STD**4 for pair in itertools.pairwise(sigmas)]
        printed.append(np.sum(estimate.terms / normalizers))
        right.append(estimate.value)
    assert printed == pytest.approx([10 * 2 * STD**4] * 3, rel=0.02)  # whatever the schedule
    assert right == pytest.approx([93.21, 23.47, 9.128], rel=0.05)


def test_monte_carlo_works_on_images(generator):
    images = STD * torch.randn(4000, 3, 4, 4, generator=generator)
    estimate = klub.estimate_klub(GaussianDenoiser(STD), images, schedules.logsnr(5), generator=generator)
    assert abs(estimate.value - klub.gaussian_klub(schedules.logsnr(5), dim=48)) < 4 * estimate.stderr
    assert estimate.terms.shape == (5,)


def test_the_same_seed_gives_the_same_estimate_and_another_another(generator):
    x0 = gaussian_points(100, generator)

    def value(seed):
        seeded = torch.Generator().manual_seed(seed)
        return klub.estimate_klub(GaussianDenoiser(), x0, schedules.edm(5), generator=seeded).value

    assert value(1) == value(1) != value(2)


def test_an_estimate_of_nonsense_is_refused(generator):
    with pytest.raises(ValueError, match="at least two data points"):
        klub.estimate_klub(GaussianDenoiser(), torch.zeros(1, 2), schedules.edm(5), generator=generator)
    with pytest.raises(ValueError, match="descend"):
        klub.estimate_klub(GaussianDenoiser(), torch.zeros(5, 2), [1.0, 2.0], generator=generator)
    with pytest.raises(ValueError, match="std must be"):
        klub.estimate_klub(GaussianDenoiser(), torch.zeros(5, 2), [2.0, 1.0], generator=generator, std=0.0)
