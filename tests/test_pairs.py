"""The energy distance from all pairs, in any number of dimensions: the plain definition, no bias, and its gradient."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, pdist

from ays_toy.images.quality import EnergyTo, Gaussian, frechet
from ays_toy.metrics import pairs
from ays_toy.metrics.pairs import energy_pull, energy_to, own_distances

WIDTH = 12


def drawn(n: int, seed: int, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(n, WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def plain(x: torch.Tensor, y: torch.Tensor) -> float:
    """The definition, by an implementation of its own."""
    return 2 * cdist(x, y).mean() - pdist(x).mean() - pdist(y).mean()


def energy(x: torch.Tensor, y: torch.Tensor):
    return energy_to(x, y, float(own_distances(y).mean()))


@pytest.mark.parametrize("held", [1 << 22, 100], ids=["at once", "in parts"])
def test_it_is_its_definition(held, monkeypatch):
    monkeypatch.setattr(pairs, "PAIRS", held)
    x, y = drawn(60, 1, 1.3), drawn(90, 2)
    assert energy(x, y).value == pytest.approx(plain(x, y), rel=1e-10)
    assert energy(x.float(), y.float()).value == pytest.approx(plain(x, y), rel=1e-4)
    images = EnergyTo.images(y.reshape(90, 3, 2, 2), lambda images: images.flatten(1))
    assert images(x.reshape(60, 3, 2, 2)).value == pytest.approx(plain(x, y), rel=1e-10)


@pytest.mark.parametrize("scale", [1.0, 1.1], ids=["the same law", "another law"])
def test_it_is_unbiased_with_few_points_where_a_frechet_distance_is_not(scale):
    small = np.array([energy(drawn(50, 2 * k, scale), drawn(60, 2 * k + 1)).value for k in range(400)])
    large = np.mean([plain(drawn(2000, 2 * k, scale), drawn(2000, 2 * k + 1)) for k in range(1000, 1008)])
    truth = 0.0 if scale == 1.0 else large
    uncertain = small.std(ddof=1) / 20
    assert abs(small.mean() - truth) < 4 * uncertain
    reference = Gaussian(np.zeros(WIDTH), np.eye(WIDTH))
    few, many = (np.mean([frechet(drawn(n, k, scale), reference).value for k in range(20)]) for n in (50, 5000))
    assert few > 5 * many


@pytest.mark.parametrize("scale", [1.0, 1.5], ids=["the same law", "another law"])
def test_its_error_bar_is_the_scatter_over_samples(scale):
    reference = drawn(800, 0)
    found = [energy(drawn(200, seed, scale), reference) for seed in range(1, 301)]
    scatter = np.std([one.value for one in found], ddof=1)
    assert math.sqrt(np.mean([one.stderr**2 for one in found])) == pytest.approx(scatter, rel=0.2)  # known to 4 %


def test_its_gradient_is_that_of_the_definition_and_points_that_coincide_have_one():
    x, y = drawn(30, 1, 1.3), drawn(40, 2)
    x[3], x[4] = y[5], x[6]
    free = x.clone().requires_grad_()
    value = 2 * torch.cdist(free, y).mean() - torch.pdist(free).mean()
    value.backward()
    torch.testing.assert_close(energy_pull(x, y), free.grad)
    assert energy_pull(x.float(), y).dtype == torch.float32
