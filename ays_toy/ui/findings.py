"""The ways to find a schedule, kept between reruns by their configurations."""

from concurrent.futures import Future
from functools import lru_cache

from ays_toy import finding, names, optimize, shipped
from ays_toy.comparison import Model
from ays_toy.finding import Chosen, OdePass
from ays_toy.names import BASELINES, KLUB_POWER
from ays_toy.schedules import SCHEDULES, Schedule
from ays_toy.ui import compute
from ays_toy.ui.view import ComparedView, SearchView


def p_optimum(view: SearchView) -> Schedule:
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
    title = names.blend(names.title(view.start), best.title, view.share / 100)
    style = "ode-optimum" if view.prices_ode else "p-optimum"
    return Schedule(style, title, sigmas, best.calls, best.seconds)


@lru_cache(maxsize=512)
def named(
    model: Model, name: str, solver: str, steps: int, power: float = 2.0, metric: str = "energy"
) -> "Future[Schedule]":
    """The schedule of a name in `names.COMPARED`: what takes a search and does not ship is under way, the rest done."""
    if name in BASELINES:
        return _done(finding.family(model, name, steps))
    if name in ("klub-optimum", "p-optimum"):
        return _done(compute.optimum(model, steps, KLUB_POWER if name == "klub-optimum" else power))
    if metric == shipped.METRIC and (ready := shipped.find(model, solver, steps, name)):
        return _done(ready)
    return compute.submit(finding.find, model, compute.one_pass(model), name, solver, steps, power, metric)


def of(view: ComparedView, name: str) -> "Future[Schedule]":
    """A schedule of a page on which schedules stand side by side."""
    return named(view.chosen_model, name, view.solver, view.steps, view.power)


def _done(found: Schedule) -> "Future[Schedule]":
    future: Future[Schedule] = Future()
    future.set_result(found)
    return future


@lru_cache(maxsize=16)
def _ode_pass(model: Model) -> OdePass:
    return finding.ode_pass(model)


@lru_cache(maxsize=256)
def _ode_optimum(model: Model, solver: str, steps: int, gamma: float) -> Schedule:
    return finding.ode_optimum(_ode_pass(model), solver, steps, gamma)


@lru_cache(maxsize=128)
def choice(model: Model, solver: str, steps: int, metric: str) -> "Future[Chosen]":
    """The automatic choice, under way or done."""
    return compute.submit(finding.choose, model, solver, steps, metric)
