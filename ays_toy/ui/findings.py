"""The ways to find a schedule, kept between reruns by their configurations."""

from concurrent.futures import Future
from functools import lru_cache

from ays_toy import finding, optimize
from ays_toy.comparison import Model
from ays_toy.finding import Chosen, Found, OdePass
from ays_toy.schedules import SCHEDULES
from ays_toy.ui import compute
from ays_toy.ui.view import SearchView


def dialled(view: SearchView) -> Found:
    """The optimum by the page's dials: matrix, weight, and the share of the way from the start to the optimum."""
    model = view.chosen_model
    if view.prices_ode:
        best = _ode_optimum(model, view.solver, view.steps, view.gamma)
    else:
        best = compute.optimum(model, view.steps, view.power)
    if view.share == 100:
        return best
    first = SCHEDULES[view.start](view.steps, view.sigma_min, view.sigma_max)
    sigmas = optimize.blend(first, best.sigmas, view.share / 100)
    return Found(f"{best.title}, {view.share} %", best.style, sigmas, best.calls, best.seconds)


@lru_cache(maxsize=16)
def _ode_pass(model: Model) -> OdePass:
    return finding.ode_pass(model)


@lru_cache(maxsize=256)
def _ode_optimum(model: Model, solver: str, steps: int, gamma: float) -> Found:
    return finding.ode_optimum(_ode_pass(model), solver, steps, gamma)


@lru_cache(maxsize=128)
def choice(model: Model, solver: str, steps: int, metric: str) -> "Future[Chosen]":
    """The automatic choice, under way or done."""
    return compute.submit(finding.choose, model, solver, steps, metric)
