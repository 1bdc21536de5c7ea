"""What the table of search and objective stands on: gradients of KLUB reach the same optimum as its closed form."""

import numpy as np
import pytest
import torch

from ays_toy.pricing import klub
from ays_toy.sampling import schedules
from benchmarks.stopping import refined_on_klub, slope_of_klub


@pytest.fixture(scope="module")
def gaussian_gram(exact_gram, gaussian_mse):
    return exact_gram(schedules.logsnr(127), gaussian_mse)


def test_gradients_of_klub_reach_the_closed_form_optimum(gaussian_gram):
    found = refined_on_klub(gaussian_gram, schedules.edm(4), torch.Generator())
    best = klub.gaussian_klub(klub.gaussian_optimum(4))
    assert best * (1 - 1e-9) <= klub.gaussian_klub(found) < 1.005 * best


def test_the_slope_is_that_of_the_closed_form_and_the_ends_stay(gaussian_gram):
    levels = schedules.logsnr(5)
    slope = slope_of_klub(gaussian_gram)(torch.tensor(levels)).numpy()
    assert (slope[0], slope[-1]) == (0.0, 0.0)
    for k in range(1, 5):
        step = np.where(np.arange(6) == k, 1e-5 * levels, 0.0)
        exact = (klub.gaussian_klub(levels + step) - klub.gaussian_klub(levels - step)) / (2 * step[k])
        assert slope[k] == pytest.approx(exact, rel=0.02)
