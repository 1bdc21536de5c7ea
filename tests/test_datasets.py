import re

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree
from scipy.stats import chi2, ks_2samp, multivariate_normal
from sklearn import datasets as sklearn_data

from ays_toy.data import datasets
from ays_toy.data.datasets import DATASETS, from_points
from ays_toy.data.denoisers import EmpiricalDenoiser
from ays_toy.data.lettering import letters
from ays_toy.data.mixtures import Mixture

NAMES = list(DATASETS)


# --- the registry ---------------------------------------------------------------------------------------------------


def test_there_are_twelve_data_sets_or_more_under_names_fit_for_an_address():
    assert len(DATASETS) >= 12
    assert {"grid-8x8", "grid-8x4", "grid-6x6", "gaussian", "moons", "swiss-roll"} <= set(DATASETS)
    for name, data in DATASETS.items():
        assert data.name == name
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert datasets.get(name) is data
        assert data.title
        assert data.about
    with pytest.raises(ValueError, match="Unknown data set 'mons': choose one of grid-8x8, "):
        datasets.get("mons")


@pytest.mark.parametrize("name", NAMES)
def test_every_data_set_has_mean_zero_and_std_one_half(name, generator):
    data = datasets.get(name)
    m = data.mixture
    assert m.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.abs(m.weights @ m.means).max() < 1e-12
    assert m.weights @ (np.square(m.means).sum(axis=1) + 2 * m.stds**2) == pytest.approx(2 * 0.25, abs=1e-12)
    x = data.sample(40_000, generator).double()
    assert x.shape == (40_000, 2)
    assert (x.mean(0).abs() < 4 * x.std(0) / 200).all()
    squares = x.square().sum(1)
    assert abs(squares.mean() - 0.5) < 4 * squares.std() / 200
    assert (x.abs() < data.half_width).double().mean() > 0.999


@pytest.mark.parametrize("name", ["multiscale", "pinwheel"])
def test_log_density_is_the_logarithm_of_the_density(name, generator):
    mixture, sigma = datasets.get(name).mixture, 0.1
    x = datasets.get(name).sample(100, generator)
    parts = zip(mixture.means, mixture.stds, mixture.weights, strict=True)
    density = sum(w * multivariate_normal(m, s**2 + sigma**2).pdf(x) for m, s, w in parts)
    np.testing.assert_allclose(mixture.log_density(x, sigma), np.log(density), atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_entropy_is_minus_the_mean_log_density(name, generator):
    data = datasets.get(name)
    surprise = -data.mixture.log_density(data.sample(100_000, generator))
    assert surprise.dtype == torch.float64
    assert abs(surprise.mean() - data.mixture.entropy()) < 4 * surprise.std() / np.sqrt(1e5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sigma", [0.0, 0.3])
def test_bin_masses_are_those_of_the_samples(name, sigma, generator):
    data = datasets.get(name)
    edges = [np.linspace(-2.0, 1.5, 31), np.linspace(-1.8, 2.0, 26)]
    mass = data.mixture.bin_mass(*edges, sigma)
    assert mass.shape == (30, 25)
    x = data.sample(50_000, generator).double()
    x += sigma * torch.randn(x.shape, generator=generator, dtype=torch.float64)
    counts = np.histogram2d(*x.numpy().T, bins=edges)[0]
    expected = 50_000 * np.append(mass, 1 - mass.sum())  # the last one: all that lies outside
    counts = np.append(counts, 50_000 - counts.sum())
    common = expected >= 10
    expected, counts = (np.append(a[common], a[~common].sum()) for a in (expected, counts))
    statistic = (np.square(counts - expected) / np.maximum(expected, 1e-9)).sum()
    assert chi2.sf(statistic, common.sum()) > 1e-4
    wide = np.linspace(-9, 9, 50)
    assert data.mixture.bin_mass(wide, wide, sigma).sum() == pytest.approx(1.0, abs=1e-9)


def test_samples_are_those_of_the_seed():
    draw = [DATASETS["multiscale"].sample(50, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(draw[0], draw[1])
    assert not torch.equal(draw[0], draw[2])
    for n in (0, -1, 2.5, "many"):
        with pytest.raises(ValueError, match="number of points must be"):
            DATASETS["multiscale"].sample(n, torch.Generator())


def test_modes_that_are_counted_are_apart():
    for data in DATASETS.values():
        if data.has_modes:
            gaps = np.linalg.norm(data.mixture.means[:, None] - data.mixture.means, axis=2)
            gaps[np.diag_indices_from(gaps)] = np.inf
            assert (gaps / (data.mixture.stds[:, None] + data.mixture.stds)).min() > 1.5, data.name


# --- entropy --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [0.0, 0.002, 1.0, 80.0])
def test_the_entropy_of_a_gaussian_is_the_closed_form(sigma):
    entropy = datasets.get("gaussian").mixture.entropy(sigma)
    assert entropy == pytest.approx(1 + np.log(2 * np.pi * (0.25 + sigma**2)), abs=1e-6)


def test_the_entropy_of_modes_far_apart_is_that_of_one_and_of_which():
    weights, stds = np.array([0.2, 0.3, 0.5]), np.array([0.1, 0.2, 0.15])
    mixture = Mixture(np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]]), stds, weights)
    expected = 1 + weights @ (np.log(2 * np.pi * stds**2) - np.log(weights))
    assert mixture.entropy() == pytest.approx(expected, abs=1e-6)


def test_entropy_grows_with_noise_as_the_denoising_error_says(grid_mse):
    # de Bruijn's identity with Tweedie's formula: dH / d sigma = (d sigma^2 - mse) / sigma^3.
    mixture, low, high = datasets.get("grid-4x4").mixture, 0.05, 2.0
    nodes, weights = np.polynomial.legendre.leggauss(40)
    sigma = low * np.exp(np.log(high / low) * (nodes + 1) / 2)
    growth = np.log(high / low) / 2 * (weights * (2 - grid_mse(sigma) / sigma**2)).sum()
    assert mixture.entropy(high) - mixture.entropy(low) == pytest.approx(growth, abs=1e-6)


@pytest.mark.parametrize("sigma", [0.002, 0.3])
def test_the_entropy_of_thousands_of_points_is_minus_the_mean_log_density(sigma, generator, rng):
    data = from_points(rng.standard_cauchy((3000, 2)))  # some of them lie far out
    surprise = -data.mixture.log_density(data.noisy(4000, sigma, generator), sigma)
    assert abs(surprise.mean() - data.mixture.entropy(sigma)) < 4 * surprise.std() / np.sqrt(4000)


def test_points_have_no_density_until_noise_is_added():
    mixture = from_points([[0.0, 0.0], [1.0, 1.0]]).mixture
    for function in (lambda: mixture.entropy(), lambda: mixture.log_density(torch.zeros(1, 2))):
        with pytest.raises(ValueError, match="give a sigma above zero"):
            function()
    assert mixture.entropy(0.1) == pytest.approx(1 + np.log(2 * np.pi * 0.01) + np.log(2), abs=1e-4)


# --- curves ---------------------------------------------------------------------------------------------------------


def sklearn_points(name, n):
    if name == "moons":
        return sklearn_data.make_moons(n, shuffle=False)[0]
    if name == "circles":
        return sklearn_data.make_circles(n, factor=0.5, shuffle=False)[0]
    make = {"swiss-roll": sklearn_data.make_swiss_roll, "s-curve": sklearn_data.make_s_curve}[name]
    return make(n, random_state=0)[0][:, [0, 2]]


@pytest.mark.parametrize("name", ["moons", "circles", "swiss-roll", "s-curve"])
def test_curves_are_scikit_learns_with_noise_added(name, generator, rng):
    data = datasets.get(name)
    raw = getattr(datasets, name.replace("-", "_"))()  # before it was centered and scaled
    theirs = (sklearn_points(name, 20_000) - raw.weights @ raw.means) * 0.5 / raw.std
    std = data.mixture.stds[0]
    assert (data.mixture.stds == std).all()
    assert cKDTree(data.mixture.means).query(theirs)[0].max() < 0.55 * std  # centers lie up to one std apart
    assert cKDTree(theirs).query(data.mixture.means)[0].max() < 0.1 * std
    theirs += std * rng.standard_normal(theirs.shape)
    ours = data.sample(20_000, generator).double().numpy()
    for angle in np.linspace(0, np.pi, 7)[:-1]:
        direction = np.array([np.cos(angle), np.sin(angle)])
        assert ks_2samp(ours @ direction, theirs @ direction).pvalue > 1e-3, angle


def test_a_blurred_line_is_flat_to_seven_digits():
    line = datasets.curve([np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])], 0.05)
    x = torch.stack([torch.linspace(0.5, 1.5, 999), torch.zeros(999)], dim=1)
    density = line.log_density(x).exp().numpy()
    np.testing.assert_allclose(density, 1 / 2 / np.sqrt(2 * np.pi) / 0.05, rtol=1e-7)


def test_a_stroke_keeps_the_density_of_its_points():
    stroke = np.stack([np.linspace(0, 1, 1001) ** 2, np.zeros(1001)], axis=1)  # density of x: 1 / (2 sqrt x)
    line = datasets.curve([stroke, stroke + np.array([0.0, 9.0])], 0.01)
    for level in (0.0, 9.0):
        on_stroke = line.means[:, 1] == level
        assert line.weights[on_stroke].sum() == pytest.approx(0.5)
        middle = line.means[on_stroke, 0] + 0.005
        np.testing.assert_allclose(np.cumsum(line.weights[on_stroke]), np.sqrt(middle) / 2, atol=1e-3)


def test_letters_have_even_lines():
    for stroke in letters():
        gaps = np.linalg.norm(np.diff(stroke, axis=0), axis=1)
        assert np.quantile(gaps, 0.01) > 0.0019
        assert gaps.max() < 0.0024
    assert 0.9 < np.ptp(np.concatenate(letters()[:-1])[:, 1]) < 1.1


# --- one's own points -----------------------------------------------------------------------------------------------


def test_own_points_are_centered_scaled_and_denoised_exactly(generator, rng):
    points = 30 + 7 * rng.standard_normal((300, 2)) * [1.0, 3.0]
    data = from_points(points.tolist(), name="mine", title="Mine")
    assert (data.name, data.title, data.has_modes) == ("mine", "Mine", False)
    moved = (points - points.mean(axis=0)) / np.sqrt(points.var(axis=0).mean()) * 0.5
    np.testing.assert_allclose(data.mixture.means, moved, atol=1e-12)
    x = torch.randn(50, 2, generator=generator)
    assert torch.equal(data.denoiser()(x, 0.1), EmpiricalDenoiser(data.mixture.means)(x, 0.1))
    drawn = data.sample(500, generator)
    assert torch.cdist(drawn.double(), torch.as_tensor(moved)).min(dim=1).values.max() < 1e-6


@pytest.mark.parametrize(
    ("points", "advice"),
    [
        ([[0.0, 1.0]], "at least 2 points; it has 1"),
        (np.zeros((0, 2)), "at least 2 points; it has 0"),
        (np.zeros((20_001, 2)), "At most 20,000 points can be used; this has 20,001"),
        (np.ones((5, 2)), "All points are equal"),
        ([[0.0, 1.0], [np.nan, 1.0], [1.0, np.inf]], r"remove or mend row 2 \(the first of 2\)"),
        (np.zeros((5, 3)), r"two columns.*\(5, 3\)"),
        ([1.0, 2.0, 3.0], "two columns"),
        (["a", "b"], "must be numbers"),
        ([[1.0, 2.0], [3.0]], "must be numbers"),
        (None, "two columns|must be numbers"),
    ],
)
def test_points_that_cannot_be_used_are_refused_with_advice(points, advice):
    with pytest.raises(ValueError, match=advice):
        from_points(points)


def test_twenty_thousand_points_or_two_are_enough(rng):
    assert from_points(rng.standard_normal((20_000, 2))).mixture.std == pytest.approx(0.5)
    assert from_points([[0, 0], [0, 1e-9]]).mixture.std == pytest.approx(0.5)
