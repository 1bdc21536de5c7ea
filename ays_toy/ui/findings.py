"""The ways to find a schedule, kept between reruns by their configurations."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import lru_cache
from typing import cast

import numpy as np
import streamlit as st

from ays_toy import names, optimize
from ays_toy.names import BASELINES, KLUB_POWER, SEARCHED
from ays_toy.runs import finding, shipped
from ays_toy.runs.comparison import Model
from ays_toy.runs.finding import Chosen, OdePass
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import compute
from ays_toy.ui.view import ComparedView, ModelView, SearchView


def named(
    model: Model, name: str, solver: str, steps: int, power: float = 2.0, metric: str = "energy"
) -> "Future[Schedule]":
    """The schedule of a name in `names.COMPARED`: what takes a search and does not ship is under way, the rest done."""
    if name in SEARCHED:
        return _find(model, name, steps, solver, metric)
    if name in BASELINES:
        return _find(model, name, steps)
    power = KLUB_POWER if name == "klub-optimum" else power
    return _find(model, names.optimum(power), steps, power=power)


@lru_cache(maxsize=128)
def _under_way(_: Model, __: str, ___: str) -> "dict[int, Future[Schedule]]":
    """Searches for a model's schedule of a name, for a solver, by the usual metric, whoever asked; by steps."""
    return {}


def found(model: Model, name: str, solver: str) -> dict[int, np.ndarray]:
    """Levels [n+1] by n of a name in `names.SEARCHED`, as far as somebody has had it searched for."""
    under_way = dict(_under_way(model, name, solver))
    return {n: one.result().sigmas for n, one in sorted(under_way.items()) if _succeeded(one)}


def _succeeded(future: "Future[Schedule]") -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


@lru_cache(maxsize=512)
def _find(
    model: Model, name: str, steps: int, solver: str = "", metric: str = "", power: float = 0.0
) -> "Future[Schedule]":
    """As `named`, kept by that alone which decides what is found."""
    if metric == shipped.METRIC and (ready := shipped.find(model, solver, steps, name)):
        return _done(ready)
    searched = _begin(model, name, steps, solver, metric, power)
    if name in SEARCHED and metric == shipped.METRIC:
        _under_way(model, name, solver)[steps] = searched
    return searched


def _begin(model: Model, name: str, steps: int, solver: str, metric: str, power: float) -> "Future[Schedule]":
    if name == "choice":
        return cast("Future[Schedule]", choice(model, solver, steps, metric))
    passed = None if name in BASELINES else compute.one_pass(model)
    asked = model, passed, name, solver, steps, power, metric
    return compute.search(finding.find, *asked) if name in SEARCHED else _done(finding.find(*asked))


def of(view: ComparedView, name: str) -> "Future[Schedule]":
    """A schedule of a page on which schedules stand side by side."""
    return named(view.chosen_model, name, view.solver, view.steps, view.power)


def _done(found: Schedule) -> "Future[Schedule]":
    future: Future[Schedule] = Future()
    future.set_result(found)
    return future


def optimum(model: Model, steps: int, power: float = KLUB_POWER) -> Schedule:
    """The optimum for the power."""
    return named(model, names.optimum(power), "", steps, power).result()


def family(view: SearchView, steps: int) -> Schedule:
    """The baseline that the page's search starts from."""
    return named(view.chosen_model, view.start, "", steps).result()


def p_optimum(view: SearchView, steps: int) -> Schedule:
    """The optimum by the page's dials: matrix, weight, and the share of the way from the start to the optimum."""
    if view.prices_ode:
        best = _ode_optimum(view.chosen_model, view.solver, steps, view.gamma)
    else:
        best = optimum(view.chosen_model, steps, view.power)
    return blended(family(view, steps), best, view.share)


def blended(first: Schedule, best: Schedule, percent: int) -> Schedule:
    """The schedule that lies so far on the way from the first to an optimum; at 100 the optimum itself."""
    if percent == 100:
        return best
    name = "p-optimum" if best.name == "klub-optimum" else best.name
    title = names.blend(first.title, best.title, percent / 100)
    return replace(best, name=name, title=title, sigmas=optimize.blend(first.sigmas, best.sigmas, percent / 100))


def begin(view: ModelView, shown: Mapping[str, Schedule]) -> compute.Outcomes:
    """Begin drawing samples of every schedule and of the data; drop what the last view left in the queue."""
    compute.stop(st.session_state.get("outcomes", {}))
    outcomes = compute.start(compute.samplings(view.chosen_model, view.solver, view.seed, shown))
    st.session_state["outcomes"] = outcomes
    return outcomes


@lru_cache(maxsize=16)
def _ode_pass(model: Model) -> OdePass:
    return finding.ode_pass(model)


@lru_cache(maxsize=256)
def _ode_optimum(model: Model, solver: str, steps: int, gamma: float) -> Schedule:
    return finding.ode_optimum(_ode_pass(model), solver, steps, gamma)


@lru_cache(maxsize=128)
def choice(model: Model, solver: str, steps: int, metric: str) -> "Future[Chosen]":
    """The automatic choice, under way or done."""
    return compute.search(finding.choose, model, solver, steps, metric)
