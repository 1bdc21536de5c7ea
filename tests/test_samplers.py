import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler
from scipy.integrate import solve_ivp
from scipy.stats import chi2

from ays_toy.data import datasets
from ays_toy.data.denoisers import EmpiricalDenoiser, GaussianDenoiser, MixtureDenoiser
from ays_toy.data.mixtures import Mixture
from ays_toy.sampling.samplers import denoiser_calls, sample, steps
from ays_toy.sampling.schedules import SCHEDULES, edm, logsnr
from ays_toy.sampling.solver_steps import Step, transfer
from ays_toy.sampling.solvers import SOLVERS

DETERMINISTIC = [name for name, solver in SOLVERS.items() if not solver.stochastic]
STOCHASTIC = [name for name, solver in SOLVERS.items() if solver.stochastic]
GRID = datasets.get("grid-4x4").denoiser()
STD = 0.5


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise_at(sigma: float, *shape: int, seed: int = 1, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return sigma * torch.randn(shape, generator=seeded(seed), dtype=dtype)


def each_step_with_its_noise(solver: str, sigmas: np.ndarray) -> Iterator[tuple[Step, torch.Tensor]]:
    stream = seeded(7)
    for step in steps(GRID, noise_at(sigmas[0], 64, 2), sigmas, solver, generator=seeded(7)):
        yield step, torch.randn(step.x.shape, generator=stream, dtype=step.x.dtype)


def to_vp(x: torch.Tensor, sigma: float) -> torch.Tensor:
    return x / math.sqrt(1 + sigma**2)


# Against diffusers


@pytest.mark.parametrize("n", [1, 7, 12])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("solver", "eta"), [("ddim", 0.0), ("stochastic-ddim", 1.0)])
def test_ddim_equals_diffusers_step_for_step(solver: str, eta: float, schedule: str, n: int) -> None:
    sigmas = SCHEDULES[schedule](n)
    theirs = DDIMScheduler(num_train_timesteps=n + 1, prediction_type="sample", clip_sample=False)
    theirs.alphas_cumprod = torch.as_tensor(1 / (1 + sigmas[::-1] ** 2))  # timestep k is level n - k, in float64
    theirs.set_timesteps(n + 1)
    for step, noise in each_step_with_its_noise(solver, sigmas):
        x_vp = to_vp(step.x, step.sigma)
        expected = theirs.step(step.denoised, n - step.index, x_vp, eta=eta, variance_noise=noise).prev_sample
        torch.testing.assert_close(to_vp(step.x_next, step.sigma_next), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n", [1, 7, 12])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("solver", "algorithm"), [("dpmpp-2m", "dpmsolver++"), ("sde-dpmpp-2m", "sde-dpmsolver++")])
def test_2m_equals_diffusers_step_for_step(solver: str, algorithm: str, schedule: str, n: int) -> None:
    sigmas = SCHEDULES[schedule](n)
    theirs = DPMSolverMultistepScheduler(
        solver_order=2,
        prediction_type="sample",
        algorithm_type=algorithm,
        solver_type="midpoint",
        lower_order_final=False,
        euler_at_final=False,
        final_sigmas_type="sigma_min",  # with "zero" the last step would be lowered all the same
    )
    theirs.set_timesteps(n)
    theirs.sigmas, theirs.timesteps = torch.as_tensor(sigmas), torch.arange(n)
    theirs.set_begin_index(0)
    for step, noise in each_step_with_its_noise(solver, sigmas):
        x_vp = to_vp(step.x, step.sigma)
        expected = theirs.step(step.denoised, step.index, x_vp, variance_noise=noise).prev_sample
        # diffusers works in float32 here whatever it is given
        torch.testing.assert_close(to_vp(step.x_next, step.sigma_next), expected, rtol=1e-6, atol=1e-6)


# Against the ODE


def order_of(solver: str, x_T: torch.Tensor, exact: torch.Tensor, schedule: str, ends: tuple[float, float]) -> float:
    counts = [96, 136, 192, 272, 384]
    denoiser = GRID if x_T.ndim == 2 else GaussianDenoiser(STD)
    runs = (sample(denoiser, x_T, SCHEDULES[schedule](n, *ends), solver) for n in counts)
    errors = [float((run - exact).square().mean().sqrt()) for run in runs]
    return -float(np.polyfit(np.log(counts), np.log(errors), 1)[0])


@pytest.mark.parametrize("schedule", ["edm", "logsnr"])
@pytest.mark.parametrize("solver", DETERMINISTIC)
def test_order_of_convergence_on_a_mixture(solver: str, schedule: str) -> None:
    low, high = 0.1, 2.0
    x_T = noise_at(high, 32, 2)

    def velocity(tau: float, flat: np.ndarray) -> np.ndarray:  # dx / d log sigma = x - D
        x = torch.as_tensor(flat).reshape(-1, 2)
        return (x - GRID(x, math.exp(tau))).numpy().ravel()

    span = (math.log(high), math.log(low))
    solution = solve_ivp(velocity, span, x_T.numpy().ravel(), "DOP853", rtol=1e-11, atol=1e-12)
    exact = torch.as_tensor(solution.y[:, -1]).reshape(-1, 2)
    assert order_of(solver, x_T, exact, schedule, (low, high)) == pytest.approx(SOLVERS[solver].order, abs=0.2)


@pytest.mark.parametrize("solver", DETERMINISTIC)
def test_order_of_convergence_on_a_gaussian(solver: str) -> None:
    low, high = 0.05, 5.0
    x_T = noise_at(high, 8)
    exact = x_T * math.sqrt((low**2 + STD**2) / (high**2 + STD**2))
    assert order_of(solver, x_T, exact, "edm", (low, high)) == pytest.approx(SOLVERS[solver].order, abs=0.1)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("solver", DETERMINISTIC)
def test_paths_to_a_single_point_are_straight_and_solved_exactly(solver: str, schedule: str) -> None:
    point = torch.tensor([[0.3, -0.7]], dtype=torch.float64)
    sigmas = SCHEDULES[schedule](5)
    x_T = point + noise_at(sigmas[0], 9, 2)
    x = sample(EmpiricalDenoiser(point), x_T, sigmas, solver)
    torch.testing.assert_close(x - point, (x_T - point) * (sigmas[-1] / sigmas[0]), rtol=0, atol=1e-12)


# Gaussian data: everything in closed form


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_ddim_on_a_gaussian_scales_by_the_product_in_theorem_3_1(schedule: str) -> None:
    t = SCHEDULES[schedule](8)
    b, a = t[:-1], t[1:]
    f = np.prod((a**2 + STD**2) * (b**2 + STD**2) / (a * b + STD**2) ** 2)  # true variance over DDIM's
    variance_ratio = (t[-1] ** 2 + STD**2) / (t[0] ** 2 + STD**2) / f
    x_T = noise_at(t[0], 16)
    x = sample(GaussianDenoiser(STD), x_T, t, "ddim")
    torch.testing.assert_close(x, x_T * math.sqrt(variance_ratio), rtol=1e-10, atol=0)


@pytest.mark.parametrize("schedule", ["edm", "logsnr", "gaussian"])
def test_stochastic_ddim_on_a_gaussian_has_the_variance_of_the_unrolled_sum(schedule: str) -> None:
    # A step multiplies x by (a^2 + c^2) / (b^2 + c^2) and adds variance a^2 (1 - a^2 / b^2): the product telescopes.
    t = SCHEDULES[schedule](6)
    b, a = t[:-1], t[1:]
    start = t[0] ** 2 + STD**2
    added = np.sum(a**2 * (1 - (a / b) ** 2) / (a**2 + STD**2) ** 2)
    expected = (t[-1] ** 2 + STD**2) ** 2 * (start / start**2 + added)
    x_T = noise_at(math.sqrt(start), 100_000)
    x = sample(GaussianDenoiser(STD), x_T, t, "stochastic-ddim", generator=seeded(2))
    z = (float(x.square().mean()) / expected - 1) / math.sqrt(2 / len(x))
    assert abs(z) < 4


def variance_of_2m(t: np.ndarray, start: float, stochastic: bool) -> float:
    """Variance after the 2M solvers on Gaussian data: covariance of (x_i, x_{i-1}) moved on by a 2x2 matrix."""
    power = 2 if stochastic else 1
    shrink = STD**2 / (STD**2 + t**2)
    covariance = np.array([[start, 0.0], [0.0, 0.0]])
    for i in range(len(t) - 1):
        r = (t[i + 1] / t[i]) ** power
        w = np.log(t[i] / t[i + 1]) / (2 * np.log(t[i - 1] / t[i])) if i else 0.0
        move = np.array([[r + (1 - r) * (1 + w) * shrink[i], -(1 - r) * w * shrink[i - 1]], [1.0, 0.0]])
        covariance = move @ covariance @ move.T
        covariance[0, 0] += t[i + 1] ** 2 * (1 - r) if stochastic else 0.0
    return float(covariance[0, 0])


@pytest.mark.parametrize("schedule", ["edm", "logsnr", "gaussian"])
def test_2m_solvers_on_a_gaussian_have_the_variance_of_their_linear_recursion(schedule: str) -> None:
    t = SCHEDULES[schedule](8)
    start = t[0] ** 2 + STD**2
    x_T = noise_at(math.sqrt(start), 100_000)
    x = sample(GaussianDenoiser(STD), x_T, t, "dpmpp-2m")
    torch.testing.assert_close(x.abs(), x_T.abs() * math.sqrt(variance_of_2m(t, start, False) / start))
    x = sample(GaussianDenoiser(STD), x_T, t, "sde-dpmpp-2m", generator=seeded(2))
    z = (float(x.square().mean()) / variance_of_2m(t, start, True) - 1) / math.sqrt(2 / len(x))
    assert abs(z) < 4


def test_heun_on_a_gaussian_scales_by_the_product_of_its_stability_factors() -> None:
    t = edm(8)
    rate = t / (t**2 + STD**2)  # dx / d sigma = rate x
    delta = np.diff(t)
    factor = float(np.prod(1 + delta * (rate[:-1] + rate[1:]) / 2 + delta**2 * rate[:-1] * rate[1:] / 2))
    x_T = noise_at(t[0], 16)
    torch.testing.assert_close(sample(GaussianDenoiser(STD), x_T, t, "heun"), x_T * factor, rtol=1e-9, atol=0)


# The distribution that comes out

MIXTURE = Mixture(*map(np.array, ([[-0.6, 0.0], [0.5, 0.6], [0.4, -0.5]], [0.06, 0.10, 0.04], [0.5, 0.3, 0.2])))


def mode_statistics(n: int, solver: str) -> tuple[float, np.ndarray]:
    """Chi-square of the mode counts against the weights, and z-scores of the variance inside each mode."""
    sigmas = logsnr(n, 0.01, 10.0)
    clean = MIXTURE.sample(10_000, seeded(3), torch.float64)
    x_T = clean + noise_at(sigmas[0], *clean.shape, seed=4)
    denoiser = MixtureDenoiser(MIXTURE.means, MIXTURE.stds, MIXTURE.weights)
    x = sample(denoiser, x_T, sigmas, solver, generator=seeded(5)).numpy()
    distances = np.square(x[:, None] - MIXTURE.means).sum(axis=2)
    nearest = distances.argmin(axis=1)
    counts = np.bincount(nearest, minlength=3)
    expected = len(x) * MIXTURE.weights
    own = np.array([distances[nearest == k, k].sum() for k in range(3)])  # chi-square with 2 counts[k] dof
    variances = MIXTURE.stds**2 + sigmas[-1] ** 2
    return float(((counts - expected) ** 2 / expected).sum()), (own / variances - 2 * counts) / np.sqrt(4 * counts)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_many_steps_preserve_mode_weights_and_mode_widths(solver: str) -> None:
    statistic, z = mode_statistics(400, solver)
    assert statistic < chi2.isf(1e-3, df=2)
    assert (np.abs(z) < 4).all()


def test_few_steps_do_not_preserve_the_distribution() -> None:
    _, z = mode_statistics(8, "stochastic-ddim")
    assert (np.abs(z) > 10).any()


# Precision


@pytest.mark.parametrize("gap", [1e-12, 1e-9, 1e-6, 0.1, 0.9999])
def test_transfer_keeps_every_digit_of_a_short_step(gap: float) -> None:
    b, a = 1.5, 1.5 * (1 - gap)
    ratio = Fraction(a) / Fraction(b)
    zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    assert float(transfer(zero, one, b, a)) == pytest.approx(float(1 - ratio), rel=1e-14, abs=0)
    assert float(transfer(zero, one, b, a, noise=zero)) == pytest.approx(float(1 - ratio**2), rel=1e-14, abs=0)
    noise_std = float(transfer(zero, zero, b, a, noise=one))
    assert noise_std**2 == pytest.approx(float(Fraction(a) ** 2 * (1 - ratio**2)), rel=1e-14, abs=0)


@pytest.mark.parametrize("solver", SOLVERS)
def test_float32_stays_float32_and_close_to_float64(solver: str) -> None:
    x_T, sigmas = noise_at(80.0, 200, 2), edm(10)
    denoiser = GaussianDenoiser(STD)
    single = list(steps(denoiser, x_T.float(), sigmas, solver, generator=seeded()))
    assert {t.dtype for step in single for t in (step.x, step.denoised, step.x_next)} == {torch.float32}
    if not SOLVERS[solver].stochastic:  # the two types draw different noise from one seed
        double = sample(denoiser, x_T, sigmas, solver)
        torch.testing.assert_close(single[-1].x_next.double(), double, rtol=1e-4, atol=1e-6)


# The interface


@pytest.mark.parametrize("denoise_to_zero", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
def test_records_chain_and_calls_are_as_announced(solver: str, denoise_to_zero: bool) -> None:
    calls = []

    def counted(x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        calls.append(float(sigma))
        return GRID(x, sigma)

    sigmas, x_T = logsnr(5), noise_at(80.0, 10, 2)
    records = list(steps(counted, x_T, sigmas, solver, generator=seeded(), denoise_to_zero=denoise_to_zero))
    assert len(calls) == denoiser_calls(solver, 5, denoise_to_zero)
    assert len(calls) == (10 if solver == "heun" else 5) + denoise_to_zero
    levels = [*sigmas, 0.0] if denoise_to_zero else [*sigmas]
    assert [(r.index, r.sigma, r.sigma_next) for r in records] == list(
        zip(range(len(levels) - 1), levels[:-1], levels[1:], strict=True)
    )
    assert torch.equal(records[0].x, x_T)
    for record, following in zip(records, [*records[1:], None], strict=True):
        assert torch.equal(record.denoised, GRID(record.x, record.sigma))
        assert following is None or torch.equal(record.x_next, following.x)
    out = sample(GRID, x_T, sigmas, solver, generator=seeded(), denoise_to_zero=denoise_to_zero)
    assert torch.equal(out, records[-1].x_next)
    if denoise_to_zero:
        assert torch.equal(out, GRID(records[-1].x, sigmas[-1]))


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_seed_matters_to_stochastic_solvers_alone(solver: str) -> None:
    x_T = noise_at(80.0, 10, 2)
    first, again, other = (sample(GRID, x_T, edm(4), solver, generator=seeded(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) != SOLVERS[solver].stochastic


@pytest.mark.parametrize("solver", SOLVERS)
def test_images_are_sampled_pixel_by_pixel_as_vectors_are(solver: str) -> None:
    x_T = noise_at(80.0, 3, 2, 4, 5)
    image = sample(GaussianDenoiser(STD), x_T, edm(4), solver, generator=seeded())
    vector = sample(GaussianDenoiser(STD), x_T.reshape(3, 40), edm(4), solver, generator=seeded())
    torch.testing.assert_close(image, vector.reshape(3, 2, 4, 5), rtol=1e-12, atol=0)


@pytest.mark.parametrize("caller", [True, False])
@pytest.mark.parametrize("solver", SOLVERS)
def test_callers_gradients_are_left_as_they_were_and_no_graph_is_kept(solver: str, caller: bool) -> None:
    weight = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    x_T = noise_at(80.0, 4, 2).requires_grad_()
    with torch.set_grad_enabled(caller):
        for step in steps(lambda x, _: weight * x, x_T, edm(3), solver, generator=seeded(), denoise_to_zero=True):
            assert torch.is_grad_enabled() is caller
            assert not any(tensor.requires_grad for tensor in (step.x, step.denoised, step.x_next))
        assert torch.is_grad_enabled() is caller


GOOD = torch.ones(3, 2)


@pytest.mark.parametrize(
    ("x_T", "sigmas", "solver", "says"),
    [
        (
            GOOD,
            edm(3),
            "lms",
            "choose one of stochastic-ddim, ddim, sde-dpmpp-2m, dpmpp-2m, heun, sde-dpmpp-3m, unipc, ipndm",
        ),
        (GOOD, edm(3)[::-1], "ddim", "sort them from high to low"),
        (GOOD, [1.0, 0.5, 0.0], "ddim", "leave out a final zero"),
        (GOOD, [1.0], "ddim", "at least two noise levels"),
        (GOOD, edm(3), "stochastic-ddim", "pass generator="),
        (GOOD, edm(3), "sde-dpmpp-2m", "pass generator="),
        (GOOD * torch.nan, edm(3), "ddim", "must be finite"),
        (GOOD.int(), edm(3), "ddim", "floating-point tensor"),
        (torch.tensor(1.0), edm(3), "ddim", "floating-point tensor"),
        (np.ones((3, 2)), edm(3), "ddim", "not ndarray"),
    ],
)
def test_mistakes_are_answered_by_the_call_itself(
    x_T: torch.Tensor, sigmas: np.ndarray, solver: str, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        steps(GRID, x_T, sigmas, solver)  # not iterated
    with pytest.raises(ValueError, match=says):
        sample(GRID, x_T, sigmas, solver)


def test_mistakes_in_counting_calls_and_in_a_denoisers_shape_are_answered() -> None:
    with pytest.raises(ValueError, match="choose one of"):
        denoiser_calls("lms", 5)
    with pytest.raises(ValueError, match="number of steps"):
        denoiser_calls("ddim", 0)
    with pytest.raises(ValueError, match=r"must return x's shape \[3, 2\], not \[3, 1\]"):
        sample(lambda x, _: x[:, :1], GOOD, edm(3), "ddim")
