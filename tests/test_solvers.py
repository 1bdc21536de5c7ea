"""Solvers against diffusers and the authors' recursions, by any of their names, and one more in an entry."""

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
import typer.testing
from diffusers import EulerAncestralDiscreteScheduler, IPNDMScheduler, UniPCMultistepScheduler
from scipy.integrate import quad

from ays_toy import cli, glossary, optimize
from ays_toy.data import datasets
from ays_toy.exchange.diffusers_code import as_diffusers
from ays_toy.runs import finding
from ays_toy.runs.comparison import Model
from ays_toy.sampling import samplers, schedules, solver_steps, solvers, trajectories
from ays_toy.ui import codec
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.view import SearchView, View

GRID = datasets.get("grid-4x4").denoiser()


def seeded(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def walk(solver: str, sigmas: np.ndarray) -> Iterator[tuple[solver_steps.Step, torch.Tensor]]:
    """Every step of a solver, with the noise that it had."""
    x_T, stream = sigmas[0] * torch.randn(64, 2, generator=seeded(1), dtype=torch.float64), seeded()
    for step in samplers.steps(GRID, x_T, sigmas, solver, generator=seeded()):
        yield step, torch.randn(step.x.shape, generator=stream, dtype=step.x.dtype)


# --- against others --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 7, 20])
@pytest.mark.parametrize("schedule", schedules.SCHEDULES)
def test_unipc_equals_diffusers_step_for_step(schedule, n):
    sigmas = schedules.SCHEDULES[schedule](n)
    theirs = UniPCMultistepScheduler(solver_order=2, prediction_type="sample", lower_order_final=False)
    theirs.set_timesteps(n)
    theirs.sigmas, theirs.timesteps = torch.as_tensor(sigmas), torch.arange(n)
    theirs.set_begin_index(0)
    x_vp = None
    for step, _ in walk("unipc", sigmas):
        scale, scale_next = math.hypot(1, step.sigma), math.hypot(1, step.sigma_next)
        x_vp = step.x / scale if x_vp is None else x_vp  # its own from here on: it remembers what it started from
        x_vp = theirs.step(step.denoised, step.index, x_vp).prev_sample
        torch.testing.assert_close(step.x_next / scale_next, x_vp, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3, 12])
@pytest.mark.parametrize("schedule", schedules.SCHEDULES)
def test_sde_3m_equals_the_recursion_of_k_diffusion(schedule, n):
    """As `sample_dpmpp_3m_sde` has it, with eta = 1, which diffusers' third order does not."""
    past: list[tuple[torch.Tensor, float]] = []  # of earlier steps D and h, the latest first
    for step, noise in walk("sde-dpmpp-3m", schedules.SCHEDULES[schedule](n)):
        denoised, h = step.denoised, math.log(step.sigma / step.sigma_next)
        h_eta = 2 * h
        x = math.exp(-h_eta) * step.x + -math.expm1(-h_eta) * denoised
        phi_2 = math.expm1(-h_eta) / h_eta + 1
        phi_3 = phi_2 / h_eta - 0.5
        if len(past) > 1:
            (denoised_1, h_1), (denoised_2, h_2) = past[:2]
            r0, r1 = h_1 / h, h_2 / h
            d1_0, d1_1 = (denoised - denoised_1) / r0, (denoised_1 - denoised_2) / r1
            d1 = d1_0 + (d1_0 - d1_1) * r0 / (r0 + r1)
            x = x + phi_2 * d1 - phi_3 * (d1_0 - d1_1) / (r0 + r1)
        elif past:
            x = x + phi_2 * (denoised - past[0][0]) / (past[0][1] / h)
        x = x + noise * step.sigma_next * math.sqrt(-math.expm1(-2 * h))
        torch.testing.assert_close(step.x_next, x, rtol=1e-9, atol=1e-9)
        past.insert(0, (denoised, h))


@pytest.mark.parametrize("schedule", schedules.SCHEDULES)
def test_ipndm_equals_the_authors_recursion(schedule):
    """As `ipndm_sampler` of diff-solvers has it, with max_order = 3."""
    buffer: list[torch.Tensor] = []
    for step, _ in walk("ipndm", schedules.SCHEDULES[schedule](9)):
        d_cur = (step.x - step.denoised) / step.sigma
        slope = d_cur
        if len(buffer) == 1:
            slope = (3 * d_cur - buffer[-1]) / 2
        elif buffer:
            slope = (23 * d_cur - 16 * buffer[-1] + 5 * buffer[-2]) / 12
        expected = step.x + (step.sigma_next - step.sigma) * slope
        torch.testing.assert_close(step.x_next, expected, rtol=1e-12, atol=1e-12)
        buffer.append(d_cur)


def test_ipndm_equals_diffusers_for_as_long_as_that_is_of_the_third_order():
    sigmas = schedules.edm(3)
    theirs = IPNDMScheduler(3, trained_betas=(sigmas / np.hypot(1, sigmas)).tolist())
    for step, _ in walk("ipndm", sigmas):
        scale, scale_next = math.hypot(1, step.sigma), math.hypot(1, step.sigma_next)
        v = ((step.x - step.denoised) / step.sigma - step.sigma * step.denoised) / scale
        theirs.set_begin_index(0)
        made = theirs.step(v, theirs.timesteps[step.index], step.x / scale).prev_sample
        torch.testing.assert_close(made, step.x_next / scale_next, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("schedule", schedules.SCHEDULES)
def test_euler_ancestral_is_stochastic_ddim_step_for_step(schedule):
    """By k-diffusion's formula with eta = 1, and by diffusers' scheduler."""
    sigmas = schedules.SCHEDULES[schedule](7)
    theirs = EulerAncestralDiscreteScheduler()
    theirs.set_timesteps(7)
    theirs.sigmas = torch.as_tensor(sigmas)
    theirs.is_scale_input_called = True
    stream = seeded()
    for step, noise in walk("euler_ancestral", sigmas):
        slope, b, a = (step.x - step.denoised) / step.sigma, step.sigma, step.sigma_next
        up = min(a, math.sqrt(a**2 * (b**2 - a**2) / b**2))
        down = math.sqrt(a**2 - up**2)
        expected = step.x + slope * (down - b) + noise * up
        torch.testing.assert_close(step.x_next, expected, rtol=1e-9, atol=1e-9)
        made = theirs.step(slope, theirs.timesteps[step.index], step.x, generator=stream).prev_sample
        torch.testing.assert_close(step.x_next, made.double(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("exponent", [1e-12, 1e-6, 0.1, 1.0, 21.0, 300.0])
def test_a_moment_is_its_integral_however_short_or_long_the_step(exponent, k):
    weighted = quad(lambda s: s**k * exponent * math.exp(exponent * (s - 1)), 0, 1, points=[1 - 1 / (1 + exponent)])[0]
    assert solver_steps.moment(k, exponent) == pytest.approx(weighted / -math.expm1(-exponent), rel=1e-12)


def test_a_corrector_keeps_every_digit_of_short_steps():
    """A line in log sigma has its mean at the middle of a short step, to which the pull of both halves is alike."""
    sigmas = 1.5 * (1 - 1e-9) ** np.arange(6)
    points = lambda x, sigma: torch.zeros_like(x) + math.log(float(sigma))  # noqa: E731
    x_T = torch.ones(1, 1, dtype=torch.float64)
    *_, last = samplers.steps(points, x_T, sigmas, "unipc")
    ratio = float(Fraction(float(sigmas[-1])) / Fraction(float(sigmas[0])))
    middle = math.log(1.5) - 2.5e-9
    assert float(last.x_next) - 1 == pytest.approx((1 - ratio) * (middle - 1), rel=1e-6)


# --- by any of its names ---------------------------------------------------------------------------------------------

ELSEWHERE = {
    "stochastic-ddim": ["Stochastic-DDIM", "Euler a", "euler_ancestral", "sample_euler_ancestral", "DDPMScheduler"],
    "ddim": ["DDIM", "Euler", "sample_euler", "EulerDiscreteScheduler"],
    "sde-dpmpp-2m": ["DPM++ 2M SDE", "dpmpp_2m_sde", "sample_dpmpp_2m_sde", "SDE-DPM-Solver++(2M)"],
    "dpmpp-2m": ["DPM++ 2M", "dpmpp_2m", "sample_dpmpp_2m", "DPM-Solver++(2M)", "DPMPP-2M"],
    "heun": ["Heun", "sample_heun", "HeunDiscreteScheduler"],
    "sde-dpmpp-3m": ["DPM++ 3M SDE", "dpmpp_3m_sde", "sample_dpmpp_3m_sde", "SDE-DPM-Solver++(3M)"],
    "unipc": ["UniPC", "uni_pc", "uni_pc_bh2", "UniPCMultistepScheduler"],
    "ipndm": ["iPNDM", "IPNDM", "sample_ipndm"],
}
ALIASES = [(name, other) for name, others in ELSEWHERE.items() for other in others]


@pytest.mark.parametrize(("name", "other"), ALIASES)
def test_a_solver_is_found_by_its_name_in_other_tools(name, other):
    assert solvers.find(other) is solvers.SOLVERS[name]
    for view in (View, SearchView, ImagesView):
        assert codec.from_query(view, {"solver": other}) == (view(solver=name), []), "a link becomes our name"


def test_no_two_solvers_go_by_one_name():
    words = [
        word
        for one in solvers.SOLVERS.values()
        for word in {solvers.plain(one.name), solvers.plain(one.title), *one.also}
    ]
    assert len(set(words)) == len(words)
    assert words == [solvers.plain(word) for word in words], "each is spelled as it is looked for"


@pytest.mark.parametrize("name", ["lms", "", "dpm", None, 3, ["ddim"], "DPM++ 2M Karras"])
def test_other_names_are_answered_with_ours(name):
    with pytest.raises(ValueError, match=r"Unknown solver .*: choose one of stochastic-ddim, .*, ipndm"):
        solvers.find(name)


def test_every_library_function_that_asks_for_a_solver_takes_those_names():
    ours, theirs = (
        trajectories.follow(GRID, {"a": schedules.edm(4), "b": schedules.logsnr(4)}, name, generator=seeded(), n=4)
        for name in ("unipc", "uni_pc")
    )
    np.testing.assert_array_equal(ours.paths["a"].states, theirs.paths["a"].states)
    assert samplers.denoiser_calls("Heun", 3) == 6
    assert finding.SearchConfig(Model("ring-8"), "Euler a").solver == "stochastic-ddim"
    done = typer.testing.CliRunner().invoke(
        cli.app, ["optimize", "ring-8", "--method", "nonsense", "--solver", "UniPC"]
    )
    assert "Unknown method" in " ".join(done.output.replace("│", " ").split()), "the solver was understood"


def test_each_says_what_it_is_and_where_it_is_from():
    assert "Euler ancestral with η = 1" in glossary.solvers()["Stochastic-DDIM"]
    for one in solvers.SOLVERS.values():
        assert one.about.endswith(".")
        assert one.source in glossary.solvers()[one.title]


# --- what its steps cost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["unipc", "ipndm"])
def test_solvers_without_a_price_of_their_own_are_optimized_at_the_prices_of_2m(solver):
    passed = finding.ode_pass(Model("ring-8"))
    ours, theirs = (finding.ode_optimum(passed, name, 6, 1.5) for name in (solver, "dpmpp-2m"))
    np.testing.assert_array_equal(ours.sigmas, theirs.sigmas)
    assert ours.title == theirs.title == "ODE optimum, γ = 1.5"


def test_what_has_no_price_is_refused_in_a_sentence():
    gram = Model("ring-8").collect(512, 32)
    borrowed = optimize.exact_schedules(gram, 5, solver="sde-dpmpp-3m")[5]
    np.testing.assert_array_equal(borrowed, optimize.exact_schedules(gram, 5, solver="sde-dpmpp-2m")[5])
    with pytest.raises(ValueError, match=r"\(3M\) have no KLUB of their own: choose one of stochastic-ddim, sde-dpmpp"):
        gram.klub(borrowed, solver="sde-dpmpp-3m")
    with pytest.raises(ValueError, match="Heun have no local error along the ODE of their own: choose one of ddim"):
        solvers.pricing("heun", stochastic=False)


@pytest.mark.parametrize("solver", ["sde-dpmpp-3m", "unipc", "ipndm"])
def test_the_automatic_choice_is_no_worse_than_the_best_baseline(solver):
    made = finding.choose(Model("ring-8"), solver, 6).choice
    assert made.best.score.value <= made.baseline.score.value
    borrowed = {one.title for one in made.tried if one.name == "ode-optimum"}
    assert bool(borrowed) is not solvers.find(solver).stochastic
    assert all("for DPM-Solver++(2M)" in name for name in borrowed)


# --- one more --------------------------------------------------------------------------------------------------------


@pytest.fixture
def toy(monkeypatch) -> solvers.Solver:
    """A solver in one entry: DDIM that stops half of the way to where the denoiser points."""

    def lazy(at: solver_steps.Start) -> torch.Tensor:
        return at.holding((at.denoised + at.x) / 2)

    toy = solvers.Solver(
        name="lazy",
        title="Lazy",
        about="DDIM, half of the way.",
        source="this test",
        step=lazy,
        price="ddim",
        diffusers=solvers.SOLVERS["ddim"].diffusers,
        flow=solvers.SOLVERS["ddim"].flow,
        edm=solvers.SOLVERS["ddim"].edm,
        also=("lazyddim",),
    )
    monkeypatch.setitem(solvers.SOLVERS, toy.name, toy)
    return toy


def test_a_solver_is_one_entry(toy, monkeypatch):
    x_T = torch.ones(3, 2, dtype=torch.float64)
    assert not torch.equal(
        samplers.sample(GRID, x_T, [2.0, 1.0], "Lazy DDIM"), samplers.sample(GRID, x_T, [2.0, 1.0], "ddim")
    )
    named = {"edm": schedules.edm(4), "logsnr": schedules.logsnr(4)}
    assert trajectories.follow(GRID, named, "lazy", generator=seeded(), n=4).solver is toy
    rows = finding.compare(Model("ring-8"), "lazy", 4, n=400, which=("edm", "ays", "choice"), metrics=["energy"])
    assert [row.schedule.name for row in rows] == ["edm", "ays", "choice", "data"]
    assert codec.from_query(View, {"solver": "lazy"}) == (View(solver="lazy"), [])
    assert SearchView(solver="lazy", matrix="ode").prices_ode
    assert glossary.solvers()["Lazy"] == "DDIM, half of the way. Source: this test."
    assert as_diffusers(named["edm"], solver="lazy").startswith("# Lazy, 4 steps")
    seen = []
    monkeypatch.setattr(finding, "compare", lambda _model, solver, *_rest, **_more: seen.append(solver) or rows)
    done = typer.testing.CliRunner().invoke(cli.app, ["compare", "ring-8", "--steps", "4", "--solver", "lazy_ddim"])
    assert done.exit_code == 0, done.output
    assert seen == ["lazy"]


def test_the_toy_is_gone_again():
    assert "lazy" not in solvers.SOLVERS
    with pytest.raises(ValueError, match="Unknown solver"):
        replace(SearchView(solver="lazy").search)
