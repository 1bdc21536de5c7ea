import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from ays_toy.data import datasets
from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.pricing import klub
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling import schedules

STD = 0.5
BUILDERS = (schedules.edm, schedules.logsnr, klub.gaussian_optimum)
SIX = [(build, n) for build in BUILDERS[:2] for n in (5, 10, 20)]


def collect(n, grid, generator, denoiser=None, shape=(2,), **options):
    x0 = STD * torch.randn(n, *shape, generator=generator)
    return PathGram.collect(denoiser or GaussianDenoiser(STD), x0, grid, generator=generator, **options)


class Recorder:
    """A denoiser that keeps what it was given and what it answered."""

    def __init__(self, denoiser):
        self.denoiser, self.inputs, self.outputs, self.sigmas = denoiser, [], [], []

    def __call__(self, x, sigma):
        self.inputs.append(x)
        self.sigmas.append(float(sigma))
        self.outputs.append(self.denoiser(x, sigma))
        return self.outputs[-1]


@pytest.fixture(scope="module")
def gram():
    # One seed: the standard error of EDM at 5 steps is 1.1 %, so that 6 % of seeds miss the 2 % below.
    return collect(8192, schedules.logsnr(127), torch.Generator().manual_seed(0))


# --- collecting -----------------------------------------------------------------------------------------------------


def test_a_path_is_a_random_walk_that_reaches_every_level_with_its_variance(generator):
    grid = schedules.logsnr(6, 0.05, 20.0)
    recorder = Recorder(GaussianDenoiser())
    x0 = torch.randn(20_000, 2, generator=generator)
    PathGram.collect(recorder, x0, grid, generator=generator, batch_size=20_000)
    assert recorder.sigmas == pytest.approx(grid[::-1])
    places = [x0, *recorder.inputs]
    increments = torch.stack([(b - a).flatten() for a, b in itertools.pairwise(places)]).double()
    scale = np.sqrt(np.diff(np.square([0.0, *grid[::-1]])))
    covariance = np.cov(increments.numpy() / scale[:, None])
    np.testing.assert_allclose(covariance, np.eye(7), atol=4 * np.sqrt(2 / 40_000))


def test_matrix_and_mse_are_the_averages_they_claim_to_be(generator):
    grid = schedules.edm(8)
    recorder = Recorder(datasets.get("ring-8").denoiser())
    x0 = datasets.get("ring-8").sample(7, generator).double()
    gram = PathGram.collect(recorder, x0, grid, generator=generator, batch_size=7)
    outputs = torch.stack(recorder.outputs[::-1])
    np.testing.assert_allclose(gram.matrix, torch.einsum("knd,jnd->kj", outputs, outputs) / 7, atol=1e-14)
    np.testing.assert_allclose(gram.mse, (outputs - x0).square().sum(2).mean(1), rtol=1e-9)
    gaps = (outputs[:, None] - outputs[None]).square().sum(3).mean(2)
    np.testing.assert_allclose(gram.differences, gaps, rtol=1e-9, atol=1e-14)


def test_the_last_of_a_stream_is_the_whole_and_every_one_holds_the_ones_before():
    x0, grid = torch.randn(1300, 2, generator=torch.Generator().manual_seed(0)), schedules.edm(10)

    def seeded():
        return torch.Generator().manual_seed(5)

    whole = PathGram.collect(GaussianDenoiser(), x0, grid, generator=seeded(), batch_size=500)
    parts = list(PathGram.stream(GaussianDenoiser(), x0, grid, generator=seeded(), batch_size=500))
    assert [part.paths for part in parts] == [500, 1000, 1300]
    np.testing.assert_array_equal(parts[-1].moments, whole.moments)
    np.testing.assert_array_equal(parts[0].moments, whole.moments[: len(parts[0].moments)])


def test_merging_weighs_by_paths(generator):
    grid, sigmas = schedules.logsnr(31), schedules.edm(6)
    small, large = collect(300, grid, generator), collect(900, grid, generator)
    both = small + large
    assert both.paths == 1200
    for function in (lambda g: g.klub(sigmas), lambda g: g.mse, lambda g: g.matrix, lambda g: g.price(sigmas).terms):
        np.testing.assert_allclose(function(both), (function(small) + 3 * function(large)) / 4, rtol=1e-9, atol=1e-14)
    with pytest.raises(ValueError, match="same grid"):
        small + collect(300, schedules.edm(31), generator)


def test_images_are_priced_as_the_flat_vectors_they_are():
    grid, sigmas = schedules.logsnr(63), schedules.logsnr(8)
    flat = collect(1000, grid, torch.Generator().manual_seed(3), shape=(48,))
    images = collect(1000, grid, torch.Generator().manual_seed(3), shape=(3, 4, 4))
    np.testing.assert_allclose(images.moments, flat.moments, rtol=1e-5, atol=1e-9)
    estimate = images.price(sigmas)
    assert abs(estimate.value - klub.gaussian_klub(sigmas, dim=48)) < 4 * estimate.stderr


@pytest.mark.parametrize("x0", [torch.ones(1, 2), torch.ones(5), torch.ones(5, 2).long(), torch.full((5, 2), np.nan)])
def test_bad_data_are_refused(x0, generator):
    with pytest.raises(ValueError, match="x0 must be a floating tensor"):
        PathGram.collect(GaussianDenoiser(), x0, schedules.edm(5), generator=generator)


def test_bad_grids_and_batches_are_refused(generator):
    with pytest.raises(ValueError, match="descend"):
        collect(10, [1.0, 2.0], generator)
    with pytest.raises(ValueError, match="batch size"):
        collect(10, schedules.edm(5), generator, batch_size=0)


# --- pricing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("build", "n"), SIX)
def test_8192_paths_price_gaussian_data_within_two_percent_and_the_error_bar(gram, build, n):
    truth, estimate = klub.gaussian_klub(build(n)), gram.price(build(n))
    assert estimate.value == pytest.approx(truth, rel=0.02)
    assert abs(estimate.value - truth) < 4 * estimate.stderr
    assert estimate.value == pytest.approx(estimate.terms.sum()) == pytest.approx(gram.klub(build(n)))


def test_mse_is_the_closed_form_within_its_error(gram, gaussian_mse):
    per_block = np.diagonal(gram.moments, axis1=1, axis2=2)[:, :-1]
    z = (gram.mse - gaussian_mse(gram.grid)) / (per_block.std(axis=0, ddof=1) / np.sqrt(len(per_block)))
    assert np.abs(z).max() < 4.5  # 128 levels, 31 degrees of freedom


def test_the_standard_error_is_the_spread_over_seeds():
    grid, sigmas = schedules.logsnr(48), schedules.logsnr(8)
    estimates = [
        collect(2048, grid, torch.Generator().manual_seed(s), batch_size=2048).price(sigmas) for s in range(100)
    ]
    spread = np.var([estimate.value for estimate in estimates], ddof=1)
    claimed = np.mean([estimate.stderr**2 for estimate in estimates])
    assert 0.6 < claimed / spread < 1.6  # 99 degrees of freedom: 14 % each way at one sigma


def test_one_block_has_no_error_bar(generator):
    assert np.isnan(collect(100, schedules.edm(5), generator).price(schedules.edm(3, 0.002, 80.0)).stderr)


@pytest.mark.parametrize("name", ["grid-4x4", "multiscale"])
def test_an_exact_denoiser_is_a_martingale_and_a_biased_one_is_not(name, generator):
    data, grid = datasets.get(name), schedules.logsnr(15)
    x0 = data.sample(16_384, generator)
    exact = data.denoiser()

    def z_scores(denoiser):
        gram = PathGram.collect(denoiser, x0, grid, generator=generator, batch_size=4096)
        mse = np.diagonal(gram.moments, axis1=1, axis2=2)[:, :-1]
        high, low = np.triu_indices(grid.size, 1)
        excess = gram.block_differences[:, high, low] - (mse[:, high] - mse[:, low])
        return excess.mean(axis=0) / excess.std(axis=0, ddof=1) * np.sqrt(len(excess))

    z = z_scores(exact)
    assert np.abs(z).max() < 4.5
    assert 0.2 < np.square(z).mean() < 3.0  # pairs are correlated, so this is not close to 1
    assert np.abs(z_scores(lambda x, sigma: 0.9 * exact(x, sigma))).max() > 20


@pytest.mark.parametrize("curve", ["std 0.3", "std 1.2", "grid-4x4"])
@pytest.mark.parametrize("power", [3.0, 1.5])
def test_levels_between_grid_points_are_priced_within_one_percent(curve, power, exact_gram, grid_mse, quadrature_klub):
    std = 0.0 if curve == "grid-4x4" else float(curve.split()[1])
    mse = grid_mse if curve == "grid-4x4" else lambda t: 2 * std**2 * t**2 / (std**2 + t**2)
    gram = exact_gram(schedules.logsnr(127), mse)
    for build, n in [(build, n) for build in BUILDERS for n in (1, 5, 10, 20)]:
        assert gram.klub(build(n), power) == pytest.approx(quadrature_klub(build(n), mse, power).sum(), rel=0.01)


shifts = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=40)


@given(shifts, st.floats(0.0, 4.0))
def test_interpolation_is_exact_for_gaussian_data_on_any_schedule(
    exact_gram, gaussian_mse, quadrature_klub, gaps, power
):
    log_sigma = np.log(80.0) - np.cumsum([0, *gaps]) / max(1.0, sum(gaps)) * np.log(80.0 / 0.002)
    sigmas = np.clip(np.exp(log_sigma), 0.002, 80.0)
    gram = exact_gram(schedules.edm(60), gaussian_mse)
    np.testing.assert_allclose(
        gram.price(sigmas, power).terms, quadrature_klub(sigmas, gaussian_mse, power), rtol=1e-5, atol=1e-12
    )


def test_a_schedule_on_the_grid_costs_the_same_after_a_hair_s_move(exact_gram, grid_mse):
    gram = exact_gram(schedules.logsnr(40), grid_mse)
    on_grid = gram.grid[[0, 7, 13, 14, 20, 21, 22, 40]]
    for solver, factor in itertools.product(("stochastic-ddim", "sde-dpmpp-2m"), (1 - 1e-10, 1 + 1e-10)):
        moved = on_grid * np.array([1, *[factor] * 6, 1])
        assert gram.klub(moved, solver=solver) == pytest.approx(gram.klub(on_grid, solver=solver), rel=1e-7)


def test_the_2m_solver_is_priced_by_its_extrapolated_denoiser(exact_gram, gaussian_mse):
    sigmas, power = schedules.logsnr(9, 0.01, 20.0), 2.5
    gain = lambda t: STD**2 / (STD**2 + t**2)  # noqa: E731

    def squared(parts):  # E||sum_i w_i D(x_{t_i}, t_i)||^2 of (w, t) pairs, from cov(x_s, x_t) = c^2 + min(s, t)^2
        return 2 * sum(
            v * w * gain(s) * gain(t) * (STD**2 + min(s, t) ** 2)
            for (v, s), (w, t) in itertools.product(parts, repeat=2)
        )

    truth = []
    for i, (b, a) in enumerate(itertools.pairwise(sigmas)):
        c = sigmas[i - 1] if i else 2 * b
        rho = np.log(b / a) / (2 * np.log(c / b)) if i else 0.0

        def integrand(log_t, b=b, c=c, rho=rho):
            t = np.exp(log_t)
            return t ** (1 - power) * squared([(1.0, t), (-1 - rho, b), (rho, c)])

        truth.append(quad(integrand, np.log(a), np.log(b), epsrel=1e-9)[0])
    gram = exact_gram(schedules.logsnr(127), gaussian_mse)
    np.testing.assert_allclose(gram.price(sigmas, power, "sde-dpmpp-2m").terms, truth, rtol=1e-4)


@pytest.mark.parametrize("power", [3.0, 2.0])
def test_the_2m_solver_is_priced_off_gaussian_data_by_the_orthogonal_increments(power, grid_mse, quadrature_klub):
    """D_t - D_b of an exact denoiser is orthogonal to D_b - D_c: what the extrapolation adds is a term of its own."""
    data, generator = datasets.get("grid-4x4"), torch.Generator().manual_seed(12)
    gram = PathGram.collect(data.denoiser(), data.sample(8192, generator), schedules.logsnr(127), generator=generator)
    for sigmas in (schedules.logsnr(10), schedules.edm(10)):
        levels, mse = np.log(sigmas), grid_mse(sigmas)
        h = levels[:-1] - levels[1:]
        rho = np.append(0.0, h[1:] / (2 * h[:-1]))
        drop = np.append(0.0, mse[:-2] - mse[1:-1])  # E|D_b - D_c|^2
        p = power - 1
        added = rho**2 * drop * (sigmas[1:] ** -p - sigmas[:-1] ** -p) / p
        truth = quadrature_klub(sigmas, grid_mse, power) + added
        price = gram.price(sigmas, power, "sde-dpmpp-2m")
        assert abs(price.value - truth.sum()) < 4 * price.stderr + 0.005 * truth.sum()
        assert price.stderr < 0.03 * price.value
        assert added.sum() > 0.2 * truth.sum(), "it is no small part that is priced here"
        large = truth > 0.02 * truth.sum()
        np.testing.assert_allclose(price.terms[large], truth[large], rtol=0.12)


def test_extrapolation_raises_the_klub_of_an_exact_denoiser(exact_gram, grid_mse):
    gram = exact_gram(schedules.logsnr(127), grid_mse)
    for build, n in SIX:
        assert gram.klub(build(n), solver="sde-dpmpp-2m") > gram.klub(build(n))
    assert gram.klub(schedules.edm(1), solver="sde-dpmpp-2m") == gram.klub(schedules.edm(1))


def test_what_cannot_be_priced_is_refused(exact_gram, gaussian_mse):
    gram = exact_gram(schedules.edm(20, 0.01, 10.0), gaussian_mse)
    for sigmas in ([20.0, 1.0, 0.01], [10.0, 1.0, 0.001]):
        with pytest.raises(ValueError, match="on a grid that holds the schedule"):
            gram.klub(sigmas)
    with pytest.raises(ValueError, match="choose one of stochastic-ddim, sde-dpmpp-2m"):
        gram.klub([10.0, 0.01], solver="heun")
    for power in (-1, 5, np.nan, "three"):
        with pytest.raises(ValueError, match="weight's power must be a number from 0 to 4"):
            gram.klub([10.0, 0.01], power=power)
    assert gram.klub([10.0 * (1 + 1e-12), 0.01 * (1 - 1e-12)]) == pytest.approx(gram.klub([10.0, 0.01]))
