import math
from dataclasses import replace

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import energy_distance

from ays_toy.data.datasets import from_points, get
from ays_toy.metrics import DEFAULT, METRICS, Estimate, Reference, evaluate
from ays_toy.metrics.distances import SLICED_POINTS, potentials

SIGMA = 0.002


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def fresh(name, n, seed=1, sigma=SIGMA):
    g = generator(seed)
    return get(name).sample(n, g) + sigma * torch.randn(n, 2, generator=g)


def reference(name, n=20_000, sigma=SIGMA, seed=0):
    return Reference.of(get(name), sigma, n, generator=generator(seed))


def measure(samples, ref, name):
    return evaluate(samples, ref, [name])[name]


def z(estimate: Estimate, truth: float) -> float:
    return abs(estimate.value - truth) / estimate.stderr


@pytest.mark.parametrize(("name", "sigma"), [("grid-8x8", SIGMA), ("multiscale", 0.05), ("lettering", 0.02)])
def test_nll_of_the_data_is_their_entropy(name, sigma):
    nll = measure(fresh(name, 20_000, sigma=sigma), reference(name, sigma=sigma, n=100), "nll")
    assert z(nll, get(name).mixture.entropy(sigma)) < 4


def test_sliced_w2_is_pots():
    ref, samples = reference("multiscale", n=1600), 0.8 * fresh("moons", 1600)
    pot = ot.sliced_wasserstein_distance(
        samples.double().numpy(), ref.points.double().numpy(), projections=ref.directions.double().numpy().T
    )
    assert measure(samples, ref, "sliced-w2").value == pytest.approx(pot, rel=1e-5)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_w2_and_its_error_are_pots(spread):
    ref, samples = (
        reference("grid-8x8", n=500),
        fresh("grid-8x8", 500) + spread * torch.randn(500, 2, generator=generator()),
    )
    costs = ot.dist(samples.double().numpy(), ref.points.double().numpy())
    squared, dual = ot.emd2([], [], costs, log=True)
    found = measure(samples, ref, "w2")
    assert found.value == pytest.approx(math.sqrt(squared), rel=1e-9)
    error = math.sqrt((dual["u"].var(ddof=1) + dual["v"].var(ddof=1)) / 500)
    assert found.stderr == pytest.approx(error / (2 * found.value), rel=0.1)  # potentials are not unique in a sample


@pytest.mark.parametrize("points", [1, 2, 7, 200])
def test_potentials_bound_every_cost_and_add_up_to_what_is_paid(points):
    x, y = (np.random.default_rng(seed).normal(size=(points, 2)) for seed in (1, 2))
    costs = ot.dist(x, y)
    rows, columns = linear_sum_assignment(costs)
    u, v = potentials(costs, columns)
    assert (costs - u[:, None] - v >= -1e-9).all()
    assert u.sum() + v.sum() == pytest.approx(costs[rows, columns].sum())


@pytest.mark.parametrize("metric", ["sliced-w2", "w2"])
def test_a_translation_costs_its_length_whole_or_projected(metric):
    ref, shift = reference("moons", n=960), torch.tensor([0.3, -0.4])
    length = {"w2": 0.5, "sliced-w2": 0.5 / math.sqrt(2)}[metric]  # the mean of cos^2 is one half
    assert measure(ref.points + shift, ref, metric).value == pytest.approx(length, rel=1e-5)
    assert measure(ref.points, ref, metric).value == pytest.approx(0, abs=1e-6)


def test_sliced_w2_between_gaussians_is_the_difference_of_their_stds():
    ref = reference("gaussian", sigma=0.3, n=SLICED_POINTS)
    samples = 1.2 * torch.randn(SLICED_POINTS, 2, generator=generator(3))
    assert z(measure(samples, ref, "sliced-w2"), 1.2 - math.hypot(0.5, 0.3)) < 4


def test_w2_between_gaussians_is_the_bures_distance():
    samples = 3.0 * torch.randn(1024, 2, generator=generator(3))
    assert z(measure(samples, reference("gaussian", n=1024), "w2"), math.sqrt(2) * (3.0 - math.hypot(0.5, SIGMA))) < 4


@pytest.mark.parametrize("std", [0.3, 1.0])
def test_energy_distance_between_gaussians_has_its_closed_form(std):
    samples, own = std * torch.randn(20_000, 2, generator=generator(5)), math.hypot(0.5, 0.1)
    exact = math.sqrt(math.pi / 2) * (2 * math.hypot(std, own) - math.sqrt(2) * (std + own))
    assert z(measure(samples, reference("gaussian", sigma=0.1), "energy"), exact) < 4


def test_energy_distance_on_a_line_is_the_square_of_scipys():
    x, y = torch.randn(8192, generator=generator(1)), torch.rand(8192, generator=generator(2)) * 4 - 1
    on_line = [torch.stack([points, torch.zeros_like(points)], dim=1) for points in (x, y)]
    energy = measure(on_line[0], replace(reference("gaussian", n=8192), points=on_line[1]), "energy")
    assert z(energy, energy_distance(x.numpy(), y.numpy()) ** 2) < 4
    assert energy.stderr < 0.05 * energy.value


def test_energy_distance_is_unbiased_at_the_truth():
    values = [
        measure(fresh("ring-8", 200, 2 * k), reference("ring-8", 200, seed=2 * k + 1), "energy") for k in range(80)
    ]
    mean = np.mean([v.value for v in values])
    assert abs(mean) < 4 * np.std([v.value for v in values]) / math.sqrt(80)
    assert min(v.value for v in values) < 0


def right_half_with_odds(odds, n):
    """Gaussian samples whose left half, a union of whole bins, is `odds` times as likely as the right."""
    points = fresh("gaussian", n, sigma=0.3)
    left = torch.rand(n, generator=generator(9)) < odds / (1 + odds)
    points[:, 0] = torch.where(left, -points[:, 0].abs(), points[:, 0].abs())
    return points


@pytest.mark.parametrize("odds", [1.0, 0.5, 0.25])
def test_histogram_kl_of_a_tilted_gaussian_both_ways(odds):
    right, left = 1 / (1 + odds), odds / (1 + odds)
    forward = -0.5 * math.log(4 * right * left)
    backward = right * math.log(2 * right) + left * math.log(2 * left)
    figures = evaluate(
        right_half_with_odds(odds, 400_000), reference("gaussian", sigma=0.3), ["hist-kl", "hist-kl-reverse"]
    )
    assert figures["hist-kl"].value == pytest.approx(forward, abs=0.004)  # bias: half the number of bins over n
    assert figures["hist-kl-reverse"].value == pytest.approx(backward, abs=0.004)


def test_histogram_kl_stays_finite_and_below_that_of_the_bins_where_half_the_data_is_missed():
    figures = evaluate(
        right_half_with_odds(0.0, 400_000), reference("gaussian", sigma=0.3), ["hist-kl", "hist-kl-reverse"]
    )
    assert 2 < figures["hist-kl"].value < 20
    assert math.log(2) - 0.015 < figures["hist-kl-reverse"].value < math.log(2)


@pytest.mark.parametrize("sigma", [SIGMA, 0.5])
def test_outliers_of_a_gaussian_are_its_tail(sigma):
    outliers = measure(fresh("gaussian", 400_000, sigma=sigma), reference("gaussian", 100, sigma), "outliers")
    assert z(outliers, math.exp(-8)) < 4


def test_no_outlier_seen_does_not_mean_none():
    outliers = measure(torch.zeros(1000, 2), reference("gaussian", 100), "outliers")
    assert outliers.value == 0
    assert 0.5 / 1000 < outliers.stderr < 1 / 1000


def test_very_many_components_are_measured_on_fewer_samples_with_the_error_bar_of_those():
    own = from_points(torch.randn(20_000, 2, generator=generator(4)))
    samples = own.sample(4000, generator(5)) + 0.1 * torch.randn(4000, 2, generator=generator(6))
    first = evaluate(samples[:1000], Reference.of(own, 0.1, 100, generator=generator()), ["nll", "outliers"])
    every = evaluate(samples, Reference.of(own, 0.1, 100, generator=generator()), ["nll", "outliers"])
    assert abs(every["nll"].value - first["nll"].value) < 4 * first["nll"].stderr
    assert first["nll"].stderr / math.sqrt(4) * 0.9 < every["nll"].stderr < first["nll"].stderr


def without_modes(name, n, dropped):
    samples = fresh(name, n)
    return samples[~np.isin(cdist(samples, get(name).mixture.means).argmin(axis=1), dropped)]


def test_three_of_eight_modes_dropped():
    figures = evaluate(without_modes("ring-8", 20_000, [0, 3, 4]), reference("ring-8"))
    assert figures["coverage"] == Estimate(5 / 8, 0.0)
    assert figures["mode-mass"].value == pytest.approx(3 / 8, abs=1e-9)  # the other five only ever have too much
    assert z(figures["nll"], get("ring-8").mixture.entropy(SIGMA)) < 4  # and the likelihood sees nothing


def test_a_mode_below_a_fifth_of_its_mass_is_not_found():
    full, rest = fresh("multiscale", 100_000), without_modes("multiscale", 100_000, [3])
    for share, found in [(0.1, 7 / 8), (0.4, 1.0)]:
        samples = torch.cat([rest, full[: int(share * len(full))]])  # mode 3 has share / (0.9 + share) of its mass
        assert measure(samples, reference("multiscale"), "coverage").value == found


def test_samples_off_every_mode_are_in_none():
    figures = evaluate(torch.full((500, 2), 5.0), reference("ring-8"), ["coverage", "mode-mass", "outliers"])
    assert [figure.value for figure in figures.values()] == [0, 1, 1]


def test_mode_mass_of_the_data_is_at_its_noise_floor():
    n, weights = 20_000, get("multiscale").mixture.weights
    floor = 0.5 * np.sqrt(2 / np.pi * weights * (1 - weights) / n).sum()
    assert measure(fresh("multiscale", n), reference("multiscale"), "mode-mass").value < 2.5 * floor


SEEDS = 60


def lopsided(samples, g):
    """Blurred samples; the left half kept at an eighth only, so that some of its modes fall below a fifth."""
    kept = samples[(samples[:, 0] > 0) | (torch.rand(len(samples), generator=g) < 0.12)]
    return kept + 0.01 * torch.randn(kept.shape, generator=g)


def repeated(name, wrong, n, names):
    rows = []
    for seed in range(SEEDS):
        g, dataset = generator(seed), get(name)
        samples = dataset.sample(3 * n, g) + SIGMA * torch.randn(3 * n, 2, generator=g)
        samples = (lopsided(samples, g) if wrong else samples)[:n]
        rows.append(list(evaluate(samples, Reference.of(dataset, SIGMA, 2000, generator=g), names).values()))
    return dict(zip(names, zip(*rows, strict=True), strict=True))


@pytest.mark.parametrize("name", ["grid-8x8", "multiscale"])
@pytest.mark.parametrize(("wrong", "factor"), [(True, 1.5), (False, 2.0)], ids=["wrong", "truth"])
def test_error_bars_are_the_spread_over_seeds(name, wrong, factor):
    quick = [key for key in METRICS if key != "w2" and (wrong or key != "coverage")]  # at the truth all are found
    estimates = repeated(name, wrong, 2000, quick) | repeated(name, wrong, 300, ["w2"])
    for key, figures in estimates.items():
        ratio = np.mean([f.stderr for f in figures]) / np.std([f.value for f in figures], ddof=1)
        assert 1 / factor < ratio < factor, (key, ratio)


def test_the_same_seed_gives_the_same_figures():
    samples = fresh("grid-4x4", 3000)
    assert evaluate(samples, reference("grid-4x4"), METRICS) == evaluate(samples, reference("grid-4x4"), METRICS)


def test_what_is_measured_and_in_what_order():
    samples = fresh("moons", 200)
    assert tuple(evaluate(fresh("ring-8", 200), reference("ring-8", 200))) == DEFAULT
    assert tuple(evaluate(samples, reference("moons", 200))) == DEFAULT[:-2]  # moons have no modes to count
    assert list(evaluate(samples, reference("moons", 200), ["w2", "coverage", "nll"])) == ["w2", "nll"]
    assert all(metric.name == name and metric.about for name, metric in METRICS.items())


@settings(max_examples=20, deadline=None)
@given(st.integers(100, 700), st.floats(-6, 14), st.integers(0, 99))
def test_every_figure_is_finite_however_far_the_samples(n, log_scale, seed):
    samples = 10**log_scale * torch.randn(n, 2, generator=generator(seed))
    for name, figure in evaluate(samples, reference("ring-8", 333), METRICS).items():
        assert math.isfinite(figure.value), name
        assert 0 <= figure.stderr < math.inf, name


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (torch.zeros(99, 2), "at least 100"),
        (torch.zeros(200, 3), r"\[200, 3\]"),
        (torch.zeros(200), r"samples \[N, 2\]"),
        (torch.full((200, 2), math.nan), "200 of 200 samples are not finite"),
        (torch.cat([torch.zeros(199, 2), torch.tensor([[0.0, math.inf]])]), "1 of 200"),
        (torch.full((200, 2), 1e16), "diverged"),
    ],
)
def test_samples_that_cannot_be_measured_are_refused(samples, message):
    with pytest.raises(ValueError, match=message):
        evaluate(samples, reference("moons", 100))


def test_wrong_requests_are_refused():
    with pytest.raises(ValueError, match="choose one of nll, sliced-w2"):
        evaluate(fresh("moons", 200), reference("moons", 100), ["fid"])
    with pytest.raises(ValueError, match="sigma_min"):
        reference("moons", sigma=0.0)
    with pytest.raises(ValueError, match="number of reference points"):
        reference("moons", n=99)
