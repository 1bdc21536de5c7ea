"""Ways to find a schedule for a model, each with what it cost: the paper's search, one pass, the automatic choice."""

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from ays_toy import challenge, optimize
from ays_toy.comparison import Model
from ays_toy.denoisers import Denoiser
from ays_toy.live_search import HELD_OUT, SearchConfig, SearchState
from ays_toy.ode import OdePaths
from ays_toy.optimize import Choice
from ays_toy.paths import PathGram
from ays_toy.samplers import denoiser_calls
from ays_toy.schedules import logsnr

ODE_PATHS, ODE_LEVELS = 1024, 64
CHOICE_POINTS, CHOICE_SEED = 8192, 40_000  # apart from the seeds of all pictures and tables, which end at 9999


@dataclass(frozen=True, eq=False)
class Found:
    """A schedule by one way of finding it: what that took in points given to the denoiser, and in seconds."""

    title: str
    style: str  # its entry in palette.STYLES
    sigmas: np.ndarray
    calls: int = 0
    seconds: float = 0.0


class Pass(NamedTuple):
    """One pass over coupled paths, which prices every schedule, and its cost."""

    gram: PathGram
    calls: int
    seconds: float


class OdePass(NamedTuple):
    """Trajectories of the ODE, which price every step of its solvers, and their cost."""

    paths: OdePaths
    calls: int
    seconds: float


class Counted:
    """A denoiser that counts the points it is given."""

    def __init__(self, denoiser: Denoiser) -> None:
        self.denoiser, self.points = denoiser, 0

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """As the denoiser itself."""
        self.points += len(x)
        return self.denoiser(x, sigma)


def one_pass(model: Model) -> Pass:
    """The model's PathGram."""
    began = time.perf_counter()
    gram = model.collect()
    return Pass(gram, gram.paths * gram.grid.size, time.perf_counter() - began)


def optimum(passed: Pass, steps: int, power: float = 3.0) -> Found:
    """The schedule of least cost for the power, 3 being KLUB."""
    began = time.perf_counter()
    sigmas = optimize.optimum(passed.gram, steps, power)
    title = "KLUB optimum" if power == 3 else f"Optimized, p = {power:g}"
    return Found(title, "exact", sigmas, passed.calls, passed.seconds + time.perf_counter() - began)


def ode_pass(model: Model) -> OdePass:
    """The model's trajectories along the ODE."""
    began, denoiser = time.perf_counter(), Counted(model.denoiser())
    x_T = model.dataset.noisy(ODE_PATHS, model.sigma_max, torch.Generator().manual_seed(0))
    paths = OdePaths.collect(denoiser, x_T, logsnr(ODE_LEVELS - 1, model.sigma_min, model.sigma_max))
    return OdePass(paths, denoiser.points, time.perf_counter() - began)


def ode_optimum(passed: OdePass, solver: str, steps: int, gamma: float) -> Found:
    """The schedule of least summed error of the solver's steps; gamma as in `OdePaths.costs`."""
    began = time.perf_counter()
    sigmas = optimize.ode_schedules(passed.paths, steps, solver, gamma)[steps]
    seconds = passed.seconds + time.perf_counter() - began
    return Found(f"ODE optimum, γ = {gamma:g}", "exact", sigmas, passed.calls, seconds)


def searched(config: SearchConfig, state: SearchState, sweep: int, title: str) -> Found:
    """What the paper's search had reached after a sweep, at the price of searching and scoring until then."""
    scoring = (sweep + 1) * config.held_out * denoiser_calls(config.solver, config.steps)
    done = state.sweeps[sweep]
    return Found(title, "ays", done.sigmas, done.calls + scoring, state.seconds[sweep])


def stopped(config: SearchConfig, state: SearchState) -> Found | None:
    """The sweep that the rule chose, at the price of the sweeps that showed it to be the best; None before."""
    if state.stop is None:
        return None
    known = min(state.stop + config.patience, len(state.sweeps) - 1)
    price = searched(config, state, known, "")
    return Found(
        f"AYS, stopped at sweep {state.stop}", "ays", state.sweeps[state.stop].sigmas, price.calls, price.seconds
    )


class Stopped(NamedTuple):
    """AYS, and the sweep that it was stopped at."""

    found: Found
    sweep: int


def ays(model: Model, passed: Pass, solver: str, steps: int, metric: str = "energy") -> Stopped:
    """AYS by the prices of one pass: the sweep that the rule chose, at the price of all that it watched."""
    began = time.perf_counter()
    rule = challenge.watched_search(model, passed.gram, solver, steps, metric)
    seconds = passed.seconds + time.perf_counter() - began
    calls = passed.calls + len(rule.sweeps) * HELD_OUT * denoiser_calls(solver, steps)
    sweep = rule.chosen.index
    return Stopped(Found(f"AYS, stopped at sweep {sweep}", "ays", rule.chosen.sigmas, calls, seconds), sweep)


@dataclass(frozen=True, eq=False)
class Chosen:
    """The automatic choice, and the evidence for it."""

    found: Found
    choice: Choice


def choose(model: Model, solver: str, steps: int, metric: str = "energy") -> Chosen:
    """The automatic choice for a model."""
    began, generator = time.perf_counter(), torch.Generator().manual_seed(CHOICE_SEED)
    denoiser = Counted(model.denoiser())
    made = optimize.choose(
        denoiser,
        model.dataset.sample(CHOICE_POINTS, generator),
        solver,
        steps,
        generator=generator,
        metric=metric,
        sigma_min=model.sigma_min,
        sigma_max=model.sigma_max,
        data=model.dataset,
    )
    seconds = time.perf_counter() - began
    return Chosen(Found("Automatic choice", "choice", made.sigmas, denoiser.points, seconds), made)
