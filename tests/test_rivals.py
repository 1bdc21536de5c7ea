"""Comparators against what is exactly known: closed forms on Gaussian data, brute force, and their authors' code."""

from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from ays_toy.data import datasets
from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.optimize import RIVALS, Given, Needs
from ays_toy.optimize.rivals import multistep, teacher
from ays_toy.pricing import klub
from ays_toy.pricing.ode import OdeWalk
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import comparison, finding
from ays_toy.runs.comparison import Model
from ays_toy.sampling import samplers, schedules
from ays_toy.sampling.solvers import SOLVERS, find

C, LOW, HIGH = 0.5, 0.002, 80.0
QUICK = [name for name, one in RIVALS.items() if one.needs in (Needs.ERRORS, Needs.TRAJECTORIES)]


def noise(n, seed=0):
    return HIGH * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gaussian_walk(levels, n=64):
    """The exact flow of Gaussian data, as it would be collected."""
    grid = schedules.logsnr(levels - 1)
    states = torch.stack([noise(n) * np.sqrt((s**2 + C**2) / (HIGH**2 + C**2)) for s in grid])
    return OdeWalk(grid, states, torch.stack([GaussianDenoiser(C)(x, s) for x, s in zip(states, grid, strict=True)]))


# --- entropy and curvature -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [2, 7, 20])
def test_entropic_schedules_of_gaussian_data_are_the_two_optimal_ones(steps):
    grid = schedules.logsnr(127)
    mse = 2 * C**2 * grid**2 / (C**2 + grid**2)
    gram = PathGram(grid, np.diag(np.append(mse, 1.0))[None], np.array([256]))
    given = Given(LOW, HIGH, "ddim", gram=gram)
    best = klub.gaussian_optimum(steps, C, LOW, HIGH)
    np.testing.assert_allclose(RIVALS["entropic"].find(given, steps), best, rtol=2e-4)
    np.testing.assert_allclose(RIVALS["rescaled-entropic"].find(given, steps), schedules.gaussian(steps), rtol=2e-4)


def test_what_a_step_takes_of_the_entropy_is_what_the_data_set_says():
    model = Model("ring-8")
    found = finding.rival(model, "entropic", "", 6)
    entropies = [model.dataset.mixture.entropy(sigma) - np.log(2 * np.pi * np.e * sigma**2) for sigma in found.sigmas]
    information = np.diff(entropies)  # I(x0; x) = H(x) - H(noise), in nats
    np.testing.assert_allclose(information, information.mean(), rtol=0.05)
    assert information.sum() == pytest.approx(entropies[-1] - entropies[0])


def test_the_density_of_gaussian_data_is_the_root_of_the_acceleration():
    levels = RIVALS["curvature"].find(Given(LOW, HIGH, "ddim", walk=gaussian_walk(256)), 9)
    # v = (x - D) / sigma - D has dv/ds = x_T (1 + sigma)^3 c^2 / (sigma^2 + c^2)^(3/2) / sqrt(T^2 + c^2)
    density = lambda s: (s**2 + C**2) ** -0.75 * (1 + s) ** -0.5  # noqa: E731
    amounts = [quad(density, low, high)[0] for high, low in pairwise(levels)]
    np.testing.assert_allclose(amounts, np.mean(amounts), rtol=2e-3)


# --- local errors along the ODE --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "power", "scale"), [("boss", 2, lambda a: 1 + a), ("gits", 1, lambda _: 1.0)])
@pytest.mark.parametrize("steps", [2, 3])
def test_boss_and_gits_on_gaussian_data_are_brute_force(name, power, scale, steps):
    walk = gaussian_walk(30)

    def cost(chain):
        gains = [(a / b + (1 - a / b) * C**2 / (C**2 + b**2), a, b) for b, a in pairwise(chain)]
        off = [abs(g * np.sqrt(b**2 + C**2) - np.sqrt(a**2 + C**2)) / scale(a) for g, a, b in gains]
        return sum(error**power for error in off)

    best = min(((HIGH, *inner, LOW) for inner in combinations(walk.grid[1:-1], steps - 1)), key=cost)
    np.testing.assert_array_equal(RIVALS[name].find(Given(LOW, HIGH, "ddim", walk=walk), steps), best)


def test_the_lengths_of_errors_are_those_of_the_samplers_own_step():
    grid, denoiser = schedules.logsnr(15), datasets.get("grid-4x4").denoiser()
    walk = OdeWalk.collect(denoiser, noise(200), grid)
    for i, j in [(0, 1), (0, 15), (3, 9), (14, 15)]:
        reached = samplers.sample(denoiser, walk.states[i], grid[[i, j]], "ddim")
        assert walk.mean_errors[i, j] == pytest.approx(float((reached - walk.states[j]).norm(dim=1).mean()), rel=1e-6)
    assert np.isinf(walk.mean_errors[np.tril_indices(16)]).all()


def test_boss_in_the_time_of_flow_matching_makes_the_same_step():
    """z = x / (1 + sigma) moved by Euler in s = sigma / (1 + sigma) is DDIM's step: its error is x's, scaled."""
    x, b, a, denoised = noise(5), 3.0, 0.4, noise(5, 1)
    velocity = (x - denoised) / b - denoised
    moved = x / (1 + b) + (a / (1 + a) - b / (1 + b)) * velocity
    torch.testing.assert_close(moved, (a / b * x + (1 - a / b) * denoised) / (1 + a))


# --- DMN -------------------------------------------------------------------------------------------------------------

# What the authors' code gives (scxue/DM-NonUniform, step_optim.py, VP with linear beta, eps = 1e-3, `unif`): its bound
# of levels even in lambda for p = 1 and p = 2, its bound of what it finds with p = 1, and that, its ends left out.
ENDS = (152.16697028394645, 0.010485992786703324)
THEIRS = {
    3: (465.06646245445414, 447.41277089713685, 153.23649016896297, [3.1679589266761763, 0.7658479165438414]),
    5: (
        243.44491078239162,
        231.47846510520728,
        71.37570367272741,
        [7.886289611280527, 2.972722437202476, 1.084397357985158, 0.26585327036938167],
    ),
    10: (
        22.984966891714862,
        15.906928568506336,
        13.993046137181379,
        [
            *(65.00642439819205, 15.642395757203845, 6.416428162123371, 3.08701830115807, 1.2471819521266931),
            *(0.4633000011245939, 0.18421658444080058, 0.08798998770662547, 0.03684986323641069),
        ],
    ),
}


def bound(sigmas, power=1.0):
    return float(multistep.bound(torch.as_tensor(np.asarray(sigmas)), power))


@pytest.mark.parametrize("steps", THEIRS)
def test_the_bound_is_that_of_the_authors_code_and_as_low_a_one_is_found(steps):
    high, low = ENDS
    first, second, least, inner = THEIRS[steps]
    assert bound(schedules.logsnr(steps, low, high)) == pytest.approx(first, rel=1e-9)
    assert bound(schedules.logsnr(steps, low, high), 2.0) == pytest.approx(second, rel=1e-9)
    assert bound([high, *inner, low]) == pytest.approx(least, rel=1e-9)
    found = RIVALS["dmn"].find(Given(low, high, "ddim"), steps)
    assert least / 1.15 < bound(found) < 1.15 * least
    if steps < 10:  # where both come to rest at the same place
        np.testing.assert_allclose(found[1:-1], inner, rtol=0.03)


def test_two_steps_of_dmn_meet_at_the_geometric_mean_and_only_ratios_matter():
    find = RIVALS["dmn"].find
    assert find(Given(LOW, HIGH, "ddim"), 2)[1] == pytest.approx(np.sqrt(LOW * HIGH), rel=1e-3)
    once, thrice = find(Given(LOW, HIGH, "ddim"), 5), find(Given(3 * LOW, 3 * HIGH, "ddim"), 5)
    np.testing.assert_allclose(thrice, 3 * once, rtol=1e-3)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_weights_integrate_polynomials_exactly(order):
    lambdas = torch.tensor([-4.0, -3.2, -1.0, 0.3, 2.0], dtype=torch.float64)
    weights = multistep.lagrange(lambdas, torch.tensor([3]), order)[0]
    for degree in range(order):
        exact = quad(lambda t, k=degree: np.exp(t) * t**k, 0.3, 2.0)[0]
        assert float(weights @ lambdas[[3, 2, 1]][:order] ** degree) == pytest.approx(exact, rel=1e-9)


# --- levels by gradients ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "steps", "close"), [("ld3", 2, 0.03), ("ld3", 4, 0.1), ("bezier", 4, 0.1)])
def test_on_gaussian_data_they_come_to_the_gaussian_optimal_schedule(name, steps, close):
    given = Given(LOW, HIGH, "stochastic-ddim", denoiser=GaussianDenoiser(C), x_T=noise(256))
    found, pairs = RIVALS[name].find(given, steps), teacher.Pairs.of(given)
    best = schedules.gaussian(steps)  # AYS, Theorem 3.1: for DDIM, which stands for its stochastic twin
    assert float(pairs.loss(found, slice(None))) < 1.02 * float(pairs.loss(best, slice(None)))
    np.testing.assert_allclose(np.log(found), np.log(best), atol=close)


@pytest.mark.parametrize("name", ["ld3", "bezier"])
def test_two_steps_reach_the_best_of_all_and_fresh_noise_ends_nearer_to_the_teacher(name):
    denoiser = datasets.get("ring-8").denoiser()
    given = Given(LOW, HIGH, "ddim", denoiser=denoiser, x_T=noise(1024))
    fresh = teacher.Pairs.of(Given(LOW, HIGH, "ddim", denoiser=denoiser, x_T=noise(1024, 5)))

    def loss(sigmas):
        return float(fresh.loss(np.asarray(sigmas), slice(None)))

    brute = min(loss([HIGH, sigma, LOW]) for sigma in np.geomspace(0.1, 10, 60))
    assert loss(RIVALS[name].find(given, 2)) < 1.03 * brute
    found = RIVALS[name].find(given, 5)
    assert loss(found) < 0.7 * min(loss(family(5)) for family in (schedules.logsnr, schedules.edm))


def test_a_solver_without_noise_stands_for_every_one_with_noise():
    for solver in SOLVERS.values():
        twin = find(teacher.without_noise(solver.name))
        assert not twin.stochastic
        assert solver.stochastic or twin is solver


# --- all of them -----------------------------------------------------------------------------------------------------


def valid(sigmas, steps, model):
    assert schedules.validate(sigmas).size == steps + 1
    assert (sigmas[0], sigmas[-1]) == (model.sigma_max, model.sigma_min)


@pytest.mark.parametrize("data", datasets.DATASETS)
def test_every_preset_has_them_in_all_lengths(data, monkeypatch):
    model = Model(data)
    passed, walked = finding.Pass(model.collect(paths=256), 0, 0.0), finding.followed(model, paths=64)
    for steps in range(2, 21):
        for name in QUICK:
            valid(finding.find(model, passed, name, "ddim", steps, walked=walked).sigmas, steps, model)
    monkeypatch.setattr(teacher, "ITERATIONS", 2)
    monkeypatch.setattr(comparison, "STARTS", 128)
    for steps, name in [(2, "ld3"), (3, "bezier"), (20, "ld3"), (20, "bezier")]:
        valid(finding.rival(model, name, "dpmpp-2m", steps).sigmas, steps, model)


def test_fitted_ones_and_dmn_have_all_lengths_and_other_ranges(monkeypatch):
    monkeypatch.setattr(teacher, "ITERATIONS", 2)
    monkeypatch.setattr(comparison, "STARTS", 128)
    monkeypatch.setattr(multistep, "ITERATIONS", 10)
    for steps in range(2, 21):
        model = Model("gaussian", sigma_min=0.05, sigma_max=5.0 + steps)
        for name in ("dmn", "ld3", "bezier"):
            valid(finding.rival(model, name, "sde-dpmpp-2m", steps).sigmas, steps, model)


def test_the_cost_is_what_is_said():
    model = Model("gaussian")
    assert finding.rival(model, "ld3", "ddim", 3).calls == 128 * 1024 + 3 * (151 * 128 + 31 * 512)
    assert finding.rival(model, "entropic", "ddim", 3).calls == 4096 * 128
    assert finding.rival(model, "gits", "ddim", 3).calls == 255 * 1000
    assert finding.rival(model, "dmn", "ddim", 3).calls == 0
    for one in RIVALS.values():
        assert all(text.strip() for text in (one.title, one.about, one.source, one.rule, one.cost))


def test_where_the_data_are_thousands_of_points_fewer_starts_are_taken(monkeypatch):
    assert Model("ring-8").starts == 1024
    monkeypatch.setattr(comparison, "START_PAIRS", 8 * 300)
    assert Model("ring-8").starts == 300


def test_an_unknown_one_is_told_the_known():
    with pytest.raises(ValueError, match="choose one of entropic, rescaled-entropic, boss"):
        finding.rival(Model("gaussian"), "magic", "ddim", 5)
    with pytest.raises(ValueError, match="number of steps"):
        finding.rival(Model("gaussian"), "boss", "ddim", 128)


@pytest.mark.parametrize("name", ["ld3", "bezier"])
def test_levels_are_fitted_to_a_network_too(name, monkeypatch):
    monkeypatch.setattr(teacher, "ITERATIONS", 5)
    found = finding.rival(Model("moons", "mlp"), name, "ddim", 4)
    assert schedules.validate(found.sigmas).size == 5
