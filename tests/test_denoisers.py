import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from ays_toy.data import datasets
from ays_toy.data.denoisers import EmpiricalDenoiser, GaussianDenoiser, MixtureDenoiser
from ays_toy.data.mixtures import CACHE_ELEMENTS, component_logits, expanded_logits, holds_expanded

SIGMAS = np.geomspace(0.002, 80.0, 12)
NAMES = list(datasets.DATASETS)


def noisy(name, sigma, generator, n=1000, dtype=torch.float32):
    x0 = datasets.get(name).sample(n, generator)
    return (x0 + sigma * torch.randn(n, 2, generator=generator)).to(dtype)


@pytest.mark.parametrize("name", NAMES)
def test_float32_holds_over_the_whole_range(name, generator):
    denoiser = datasets.get(name).denoiser()
    for sigma in SIGMAS:
        x = noisy(name, sigma, generator)
        exact = denoiser(x.double(), sigma)
        # Compared with what the denoiser removes: sigma, or the data's own size where that is smaller.
        error = (denoiser(x, sigma) - exact).abs() / min(sigma, 0.5)
        assert error.max() < 5e-4, sigma
        assert error.mean() < 2e-5, sigma


@pytest.mark.parametrize("name", NAMES)
def test_tweedie_ties_the_denoiser_to_the_density(name, generator):
    mixture, denoiser = datasets.get(name).mixture, datasets.get(name).denoiser()
    for sigma in SIGMAS:
        x = noisy(name, sigma, generator, n=200, dtype=torch.float64).requires_grad_()
        (score,) = torch.autograd.grad(mixture.log_density(x, sigma).sum(), x)
        posterior_mean = x.detach() + sigma**2 * score
        torch.testing.assert_close(denoiser(x.detach(), sigma), posterior_mean, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", ["gaussian", "multiscale", "lettering"])
def test_a_level_per_row_equals_a_number(name, generator):
    denoiser = datasets.get(name).denoiser()
    sigmas = torch.as_tensor(np.resize(SIGMAS, 900))
    x = noisy(name, 1.0, generator, n=900, dtype=torch.float64) * sigmas[:, None]
    by_row = denoiser(x, sigmas)
    for sigma in SIGMAS:
        rows = sigmas == sigma
        torch.testing.assert_close(by_row[rows], denoiser(x[rows], float(sigma)), rtol=1e-12, atol=1e-14)


@given(rows=st.integers(0, 40), per_row=st.booleans())
def test_rows_do_not_see_each_other_however_they_are_batched(rows, per_row):
    generator = torch.Generator().manual_seed(rows)
    components = CACHE_ELEMENTS // 7  # seven rows to a part
    denoiser = MixtureDenoiser(torch.randn(components, 2, generator=generator), 0.1)
    x = torch.randn(rows, 2, generator=generator, dtype=torch.float64)
    sigma = torch.full((rows,), 0.3) if per_row else 0.3
    whole = denoiser(x, sigma)
    assert whole.shape == x.shape
    for k in range(rows):
        torch.testing.assert_close(whole[k : k + 1], denoiser(x[k : k + 1], 0.3), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["grid-8x8", "multiscale"])  # of equal stds and of others
def test_expanded_squares_give_the_same_shares(name, generator):
    mixture = datasets.get(name).mixture
    means, stds, weights = (torch.as_tensor(a) for a in (mixture.means, mixture.stds, mixture.weights))
    for sigma in (0.3, 2.0, 80.0):
        x = mixture.sample(500, generator, torch.float64) + sigma * torch.randn(500, 2, generator=generator)
        terms = (x, means, stds**2 + sigma**2, weights.log())
        exact = component_logits(*terms).softmax(1)
        torch.testing.assert_close(expanded_logits(*terms).softmax(1), exact, rtol=1e-10, atol=1e-12)
        held = expanded_logits(*(one.float() for one in terms)).softmax(1).double()
        torch.testing.assert_close(held, exact, rtol=1e-4, atol=1e-6)
    assert holds_expanded(1.5, 0.3**2)
    assert not holds_expanded(1.5, 0.1**2)


def test_gaussian_data_are_a_mixture_of_one(generator):
    for sigma in SIGMAS:
        x = sigma * torch.randn(100, 3, generator=generator, dtype=torch.float64)
        mixture = MixtureDenoiser(np.zeros((1, 3)), 0.3)
        torch.testing.assert_close(GaussianDenoiser(0.3)(x, sigma), mixture(x, sigma), rtol=1e-12, atol=1e-14)


def test_the_posterior_mean_is_that_of_bayes_rule_component_by_component():
    rng = np.random.default_rng(0)
    means, stds, weights = rng.standard_normal((4, 3)), np.array([0.0, 0.05, 0.5, 2.0]), np.array([0.1, 0.4, 0.2, 0.3])
    denoiser = MixtureDenoiser(means, stds, weights)
    for sigma in (0.05, 0.5, 5.0):
        x = rng.standard_normal((100, 3)) * (1 + sigma)
        joint = np.stack(
            [w * multivariate_normal(m, s**2 + sigma**2).pdf(x) for m, s, w in zip(means, stds, weights, strict=True)]
        )
        component_means = [
            np.linalg.solve((1 + (s / sigma) ** 2) * np.eye(3), (m + (s / sigma) ** 2 * x).T).T
            for m, s in zip(means, stds, strict=True)
        ]
        expected = np.einsum("kn,knd->nd", joint / joint.sum(axis=0), component_means)
        np.testing.assert_allclose(denoiser(torch.as_tensor(x), sigma), expected, rtol=1e-9)


@pytest.mark.parametrize("sigma", [0.002, 0.01, 0.1])
def test_float32_tells_crowded_points_apart(sigma, generator):
    points = datasets.get("s-curve").sample(4000, generator)
    denoiser, x = EmpiricalDenoiser(points), points + sigma * torch.randn(4000, 2, generator=generator)
    error = (denoiser(x, sigma) - denoiser(x.double(), sigma)).abs() / sigma
    assert error.max() < 5e-4


def test_equal_components_are_one_and_weights_need_not_sum_to_one(generator):
    x = torch.randn(100, 2, generator=generator, dtype=torch.float64)
    one = MixtureDenoiser([[1.0, 0.0], [0.0, 0.5]], 0.2, [3.0, 1.0])
    split = MixtureDenoiser([[1.0, 0.0], [0.0, 0.5], [1.0, 0.0]], 0.2, [0.2, 0.2, 0.4])
    torch.testing.assert_close(one(x, 0.7), split(x, 0.7), rtol=1e-12, atol=1e-14)


def test_an_empirical_denoiser_goes_from_the_nearest_point_to_the_mean(generator):
    points = torch.randn(50, 2, generator=generator, dtype=torch.float64)
    denoiser = EmpiricalDenoiser(points)
    x = torch.randn(200, 2, generator=generator, dtype=torch.float64)
    nearest = points[torch.cdist(x, points).argmin(dim=1)]
    torch.testing.assert_close(denoiser(x, 1e-4), nearest, rtol=0, atol=1e-9)
    torch.testing.assert_close(denoiser(x, 1e6), points.mean(0).expand_as(x), rtol=0, atol=1e-9)


def test_an_empirical_denoiser_is_the_limit_of_narrow_components(generator):
    points = torch.randn(50, 2, generator=generator, dtype=torch.float64)
    x = torch.randn(200, 2, generator=generator, dtype=torch.float64)
    gaps = [
        (MixtureDenoiser(points, std)(x, 0.3) - EmpiricalDenoiser(points)(x, 0.3)).abs().max() for std in (1e-2, 1e-3)
    ]
    assert gaps[1] < 1e-3
    assert gaps[0] / gaps[1] == pytest.approx(100, rel=0.05)  # second order in the std


@pytest.mark.parametrize("shape", [(2,), (9,), (3, 4, 4), (1, 8, 8)])
def test_any_shape_of_data_is_denoised_in_that_shape(shape, generator):
    means = torch.randn(20, *shape, generator=generator)
    x = torch.randn(30, *shape, generator=generator)
    images, flat = MixtureDenoiser(means, 0.2), MixtureDenoiser(means.flatten(1), 0.2)
    for sigma in (0.01, 1.0, torch.linspace(0.01, 1.0, 30)):
        assert torch.equal(images(x, sigma).flatten(1), flat(x.flatten(1), sigma))
        torch.testing.assert_close(images(x, sigma), images(x.double(), sigma).float(), rtol=1e-4, atol=1e-5)
        assert GaussianDenoiser()(x, sigma).shape == EmpiricalDenoiser(means)(x, sigma).shape == x.shape
    assert images(x.double(), 1.0).dtype == torch.float64


def test_the_exact_denoiser_has_the_least_error_of_all(grid_mse, generator):
    data = datasets.get("grid-4x4")
    for sigma in (0.01, 0.1, 0.5, 5.0):
        x0 = data.sample(40_000, generator)
        x = x0 + sigma * torch.randn(x0.shape, generator=generator)
        error = (data.denoiser()(x, sigma) - x0).double().square().sum(1)
        assert abs(float(error.mean()) - float(grid_mse(sigma))) < 4 * float(error.std()) / 200
        for scale in (0.8, 1.2):
            assert (scale * data.denoiser()(x, sigma) - x0).square().sum(1).mean() > error.mean()


@pytest.mark.parametrize("std", [0.0, -1.0, np.nan, "half"])
def test_a_gaussian_of_no_width_is_refused(std):
    with pytest.raises(ValueError, match="std must be"):
        GaussianDenoiser(std)


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ((np.zeros((0, 2)), 0.1), "components"),
        ((np.zeros(3), 0.1), "components"),
        (([[0.0, np.nan]], 0.1), "finite"),
        (([[0.0, 1.0]], np.inf), "finite"),
        (([[0.0, 1.0]], -0.1), "not be negative"),
        (([[0.0, 1.0]], 0.1, 0.0), "above zero"),
    ],
)
def test_a_bad_mixture_is_refused(arguments, advice):
    with pytest.raises(ValueError, match=advice):
        MixtureDenoiser(*arguments)
