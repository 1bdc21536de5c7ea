import itertools

import numpy as np
import pytest
import torch

from ays_toy.data import datasets
from ays_toy.optimize import exact_schedules, off_grid
from ays_toy.pricing import klub
from ays_toy.pricing.intervals import GridCosts
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling import schedules

SOLVERS = ["stochastic-ddim", "sde-dpmpp-2m"]


@pytest.fixture(scope="module")
def gaussian_gram(exact_gram, gaussian_mse):
    return exact_gram(schedules.logsnr(255), gaussian_mse)


@pytest.fixture(scope="module")
def gaussian_schedules(gaussian_gram):
    return exact_schedules(gaussian_gram, 20)


def small_gram(levels, seed, name="multiscale"):
    """A noisy PathGram of few paths, whose differences obey no identity."""
    generator = torch.Generator().manual_seed(seed)
    data = datasets.get(name)
    return PathGram.collect(
        data.denoiser(), data.sample(40, generator), schedules.logsnr(levels - 1), generator=generator
    )


def excess(sigmas):
    return klub.gaussian_klub(sigmas) / klub.gaussian_klub(klub.gaussian_optimum(sigmas.size - 1)) - 1


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_on_256_levels_the_programme_comes_within_0_3_percent_of_the_optimum(gaussian_schedules, n):
    assert 0 <= excess(gaussian_schedules[n]) + 1e-12 < 0.003


@pytest.mark.parametrize("n", [5, 10, 20])
def test_refining_comes_within_0_2_percent_of_the_optimum(gaussian_gram, gaussian_schedules, n):
    assert 0 <= excess(off_grid(gaussian_gram, gaussian_schedules[n])) < 0.002
    assert excess(gaussian_schedules[20]) < 0.006


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("power", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_subset_of_the_levels_beats_the_programme(solver, power, seed):
    gram = small_gram(9, seed)
    found = exact_schedules(gram, 8, power, solver)
    for n in range(1, 9):
        subsets = (gram.grid[[0, *inner, 8]] for inner in itertools.combinations(range(1, 8), n - 1))
        best = min(gram.klub(sigmas, power, solver) for sigmas in subsets)
        assert found[n].size == n + 1
        assert set(found[n]) <= set(gram.grid)
        assert gram.klub(found[n], power, solver) == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
def test_prefix_sums_price_every_step_as_the_direct_rule_does(solver):
    gram = small_gram(12, 7)
    costs = GridCosts(gram.differences, gram.grid, 2.5)
    steps, pairs = costs.steps(), costs.step_pairs()
    for chain in ([0, 11], [0, 3, 11], [0, 1, 5, 6, 11], list(range(12))):
        terms = [steps[chain[0], chain[1]]]
        for c, b, a in zip(chain, chain[1:], chain[2:], strict=False):
            terms.append(steps[b, a] if solver == "stochastic-ddim" else pairs[c, b, a])
        np.testing.assert_allclose(terms, gram.price(gram.grid[chain], 2.5, solver).terms, rtol=1e-9)
    i, j = np.indices(steps.shape)
    assert np.isinf(steps[i >= j]).all()
    assert np.isfinite(steps[i < j]).all()
    i, j, k = np.indices(pairs.shape)
    assert np.isinf(pairs[(i >= j) | (j >= k)]).all()
    assert np.isfinite(pairs[(i < j) & (j < k)]).all()


@pytest.mark.parametrize("name", ["grid-8x8", "moons"])
def test_more_steps_cost_less_for_a_martingale(name, generator):
    data = datasets.get(name)
    gram = PathGram.collect(data.denoiser(), data.sample(2048, generator), schedules.logsnr(63), generator=generator)
    found = exact_schedules(gram, 30)
    costs = [gram.klub(found[n]) for n in range(1, 31)]
    assert (np.diff(costs) < 0).all()
    for n, build in itertools.product((5, 10, 20), schedules.SCHEDULES.values()):
        assert costs[n - 1] < gram.klub(build(n))


def test_a_lower_power_moves_every_level_up(gaussian_gram):
    by_power = [exact_schedules(gaussian_gram, 10, power)[10][1:-1] for power in (3.0, 2.0, 1.0)]
    assert (by_power[1] > by_power[0]).all()
    assert (by_power[2] > by_power[1]).all()


@pytest.mark.parametrize("power", [1.0, 3.0])
def test_refining_never_raises_the_cost(power, generator):
    data = datasets.get("grid-4x4")
    gram = PathGram.collect(data.denoiser(), data.sample(1024, generator), schedules.logsnr(47), generator=generator)
    for n, sigmas in exact_schedules(gram, 24, power).items():
        finer = off_grid(gram, sigmas, power)
        assert finer.size == n + 1
        assert (finer[0], finer[-1]) == (sigmas[0], sigmas[-1])
        assert gram.klub(finer, power) <= gram.klub(sigmas, power) * (1 + 1e-9)


def test_refining_a_schedule_off_the_grid_lowers_its_cost_too(gaussian_gram):
    sigmas = schedules.logsnr(10, 0.003, 60.0)
    finer = off_grid(gaussian_gram, sigmas)
    assert (finer[0], finer[-1]) == (sigmas[0], sigmas[-1])
    assert klub.gaussian_klub(finer) < klub.gaussian_klub(sigmas)


@pytest.mark.parametrize("steps", [0, 9, 2.5, "many"])
def test_more_steps_than_intervals_are_refused(steps):
    with pytest.raises(ValueError, match="largest number of steps must be a whole number from 1 to 8"):
        exact_schedules(small_gram(9, 0), steps)


def test_unknown_solvers_and_powers_are_refused():
    with pytest.raises(ValueError, match="choose one of stochastic-ddim, sde-dpmpp-2m"):
        exact_schedules(small_gram(9, 0), 5, solver="ddim")
    with pytest.raises(ValueError, match="power must be a number from 0 to 4"):
        exact_schedules(small_gram(9, 0), 5, power=7)
    with pytest.raises(ValueError, match="on a grid that holds the schedule"):
        off_grid(small_gram(9, 0), [100.0, 1.0, 0.002])
