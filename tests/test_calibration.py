"""The calibration check: nothing for a posterior mean, the right sign and size for what is not one."""

import numpy as np
import pytest
import torch

from ays_toy.data import datasets
from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.pricing.calibration import calibration
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import logsnr

GRID = logsnr(95)


def collect(denoiser, x0, grid=GRID):
    return PathGram.collect(denoiser, x0, grid, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ["gaussian", "grid-4x4", "moons"])
def test_posterior_means_are_calibrated_within_their_error_bars(name, generator):
    data = datasets.get(name)
    measured = calibration(collect(data.denoiser(), data.sample(8192, generator)))
    assert np.square(measured.gap / measured.stderr).mean() < 2.5  # 1 on average; neighboring levels are correlated
    assert np.abs(measured.gap / measured.stderr).max() < 4
    assert measured.stderr.max() < 0.03
    assert (np.diff(measured.sigma) < 0).all()
    assert measured.sigma[0] < 80 / 2


@pytest.mark.parametrize("scale", [0.9, 1.05])
def test_an_output_that_is_too_small_or_too_large_shows_as_much_as_it_should(scale, generator):
    # D = a x with a = scale c^2/(c^2 + sigma^2): all moments along a path of Gaussian data are known.
    c = 0.5

    def scaled(x, sigma):
        return scale * GaussianDenoiser(c)(x, sigma)

    measured = calibration(collect(scaled, c * torch.randn(32_768, 2, generator=generator)), ratio=4.0)
    upper = np.array([GRID[np.abs(np.log(GRID / (4 * sigma))).argmin()] for sigma in measured.sigma])
    low, high = (scale * c**2 / (c**2 + s**2) for s in (measured.sigma, upper))
    square = c**2 + measured.sigma**2  # E x_k^2 = E x_k x_j
    moved = low**2 * square - 2 * low * high * square + high**2 * (c**2 + upper**2)  # E(D_k - D_j)^2
    below, above = (a**2 * (c**2 + s**2) - 2 * a * c**2 + c**2 for a, s in ((low, measured.sigma), (high, upper)))
    expected = (moved - (above - below)) / above
    assert np.abs(expected).max() > 0.05
    assert np.abs((measured.gap - expected) / measured.stderr).max() < 4.5
    assert np.abs(expected / measured.stderr).max() > 10  # what is wrong is far outside the error bars


def test_it_is_what_the_matrix_says_of_differences_and_errors(generator):
    gram = collect(GaussianDenoiser(0.4), 0.5 * torch.randn(1000, 2, generator=generator), logsnr(12, 0.02, 20.0))
    measured, mse = calibration(gram, ratio=1.7), gram.mse  # one level apart
    step = np.arange(12)
    gap = (gram.differences[step + 1, step] - (mse[step] - mse[step + 1])) / mse[step]
    np.testing.assert_allclose(measured.gap, gap, atol=1e-9)
    np.testing.assert_array_equal(measured.sigma, gram.grid[1:])
    np.testing.assert_array_equal(calibration(gram, ratio=1.1).gap, measured.gap)  # never with itself
    pieces = [PathGram(gram.grid, gram.moments[k : k + 1], gram.counts[k : k + 1]) for k in range(4)]
    assert all(np.isnan(calibration(piece).stderr).all() for piece in pieces)
    spread = np.std([calibration(piece, ratio=1.7).gap for piece in pieces], axis=0, ddof=1) / 2
    np.testing.assert_allclose(measured.stderr, spread, rtol=0.3)


def test_what_cannot_be_compared_is_said(generator):
    gram = collect(GaussianDenoiser(0.5), torch.randn(64, 2, generator=generator), logsnr(4, 0.1, 0.15))
    with pytest.raises(ValueError, match="a factor of 2 apart"):
        calibration(gram)
    with pytest.raises(ValueError, match="ratio of noise levels"):
        calibration(gram, ratio=1.0)
