"""Local errors along the ODE, held against the solvers' own steps, and the programme over them."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch

from ays_toy import optimize
from ays_toy.data import datasets
from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.pricing.ode import OdePaths
from ays_toy.sampling import samplers, schedules
from ays_toy.sampling.solver_steps import Step, target, transfer

GRID = schedules.logsnr(23, 0.01, 20.0)


@pytest.fixture(scope="module")
def walk() -> list[Step]:
    """The trajectories that OdePaths follows, one record a level."""
    x_T = 20 * torch.randn(400, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return list(samplers.steps(datasets.get("grid-4x4").denoiser(), x_T, GRID, "heun", denoise_to_zero=True))


@pytest.fixture(scope="module")
def paths(walk) -> OdePaths:
    return OdePaths.collect(datasets.get("grid-4x4").denoiser(), walk[0].x, GRID)


def mean_square(error: torch.Tensor) -> float:
    return float(error.square().sum(1).mean())


def test_ddim_errors_are_those_of_the_samplers_own_step(walk, paths):
    errors = paths.local_errors()
    for i, j in [(0, 1), (0, 23), (3, 9), (10, 11), (12, 20), (22, 23)]:
        b, a = walk[i], walk[j]
        reached = transfer(b.x, b.denoised, b.sigma, a.sigma)
        assert errors[i, j] == pytest.approx(mean_square(reached - a.x), rel=1e-6)
    assert np.isinf(errors[np.tril_indices(24)]).all()


def test_2m_errors_are_those_of_the_samplers_own_step(walk, paths):
    errors = paths.local_error_pairs()
    for i, j, k in [(0, 1, 2), (0, 5, 23), (3, 9, 12), (10, 11, 20), (12, 20, 21), (21, 22, 23)]:
        c, b, a = walk[i], walk[j], walk[k]
        last = replace(c, sigma_next=b.sigma, x_next=b.x)
        held = target(b.denoised, last, b.sigma, a.sigma)
        reached = transfer(b.x, held, b.sigma, a.sigma)
        assert errors[i, j, k] == pytest.approx(mean_square(reached - a.x), rel=1e-6)
    assert np.isfinite(errors).sum() == sum(1 for _ in combinations(range(24), 3))


def test_on_gaussian_data_the_errors_are_the_closed_form():
    std, grid = 0.5, schedules.logsnr(255)
    x_T = 80 * torch.randn(64, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    errors = OdePaths.collect(GaussianDenoiser(std), x_T, grid).local_errors()
    power = mean_square(x_T) / (80**2 + std**2)  # x_t = x_T sqrt((t^2 + c^2) / (T^2 + c^2))
    for i, j in [(0, 200), (100, 180), (150, 160), (190, 255)]:
        b, a = grid[i], grid[j]
        gain = a / b + (1 - a / b) * std**2 / (std**2 + b**2)
        exact = power * (gain * np.sqrt(b**2 + std**2) - np.sqrt(a**2 + std**2)) ** 2
        assert errors[i, j] == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("solver", ["ddim", "dpmpp-2m"])
@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_the_programme_equals_brute_force(solver, gamma):
    grid = schedules.logsnr(9, 0.01, 20.0)
    x_T = 20 * torch.randn(100, 2, generator=torch.Generator().manual_seed(2))
    paths = OdePaths.collect(datasets.get("ring-8").denoiser(), x_T, grid)
    single = paths.costs(paths.local_errors(), gamma)
    double = paths.costs(paths.local_error_pairs(), gamma)

    def cost(chain: tuple[int, ...]) -> float:
        first = single[chain[0], chain[1]]
        if solver == "ddim":
            return sum(single[i, j] for i, j in pairwise(chain))
        return first + sum(double[i, j, k] for i, j, k in zip(chain, chain[1:], chain[2:], strict=False))

    found = optimize.ode_schedules(paths, 6, solver, gamma)
    for n in range(1, 7):
        best = min(((0, *inner, 9) for inner in combinations(range(1, 9), n - 1)), key=cost)
        np.testing.assert_array_equal(found[n], grid[list(best)])


def test_it_beats_every_baseline_where_forward_paths_cannot_see_why():
    dataset, solver, steps = datasets.get("grid-4x4"), "dpmpp-2m", 8
    denoiser, generator = dataset.denoiser(), torch.Generator().manual_seed(3)
    paths = OdePaths.collect(denoiser, 80 * torch.randn(512, 2, generator=generator), schedules.logsnr(63))
    named = {name: family(steps) for name, family in schedules.SCHEDULES.items()}
    named["ours"] = optimize.ode_schedules(paths, steps, solver, 2.0)[steps]
    x_T = 80 * torch.randn(2048, 2, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    exact = samplers.sample(denoiser, x_T, schedules.logsnr(400), "heun")
    errors = {n: mean_square(samplers.sample(denoiser, x_T, s, solver) - exact) for n, s in named.items()}
    assert min(errors, key=lambda name: errors[name]) == "ours"


def test_bad_arguments_say_what_to_change(paths):
    with pytest.raises(ValueError, match="local error"):
        optimize.ode_schedules(paths, 5, "stochastic-ddim")
    with pytest.raises(ValueError, match="number of steps"):
        optimize.ode_schedules(paths, 24)
    with pytest.raises(ValueError, match="gamma"):
        optimize.ode_schedules(paths, 5, gamma=0.0)
