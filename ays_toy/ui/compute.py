"""The library's results, kept between reruns, shared by sessions and drawn in parallel.

Everything is keyed by small frozen configurations, never by arrays, and every cache is bounded. The schedules of one
view are independent of each other, so each is a task of one pool that the whole server shares, once for all who want
it. What a table says besides the pictures is measured later, and choices and searches for a schedule, which take
seconds each, have a queue of their own: both give way to what somebody waits for.
"""

import math
import os
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ays_toy.data.datasets import DATASETS
from ays_toy.estimates import Estimate, KlubEstimate, Measured
from ays_toy.metrics import DEFAULT
from ays_toy.models import catalog
from ays_toy.names import KLUB_POWER
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import apart, beside, challenge, cluster, finding, outcomes, shipped_metrics
from ays_toy.runs.comparison import Model
from ays_toy.runs.finding import FRESH_DATA, Pass, Walk
from ays_toy.runs.outcomes import Sampling
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui.ending import Pool
from ays_toy.ui.kept import Kept, kept
from ays_toy.ui.tasks import Tasks, there
from ays_toy.ui.yielding import give_way

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
BUSY: float = 16  # samples of schedules
WAKE = 0.05  # seconds between looks at whether a session has chosen something else

_pool = Pool(os.cpu_count() or 1, "outcome")
_later = Pool(1, "later", give_way)
# Choices and searches for a schedule: one after the other, unless a cluster does them.
searches = Pool(cluster.PLACES if cluster.wanted() else 1, "search", give_way)
_looks = Pool(1, "look")
_passes = Pool(os.cpu_count() or 1, "pass")
_ahead = Pool(1, "ahead", give_way)


class Metrics(dict[str, Estimate]):
    """The usual metrics of samples, by name; others are measured when they are asked for, on the same samples."""

    def __init__(self, asked: Sampling, usual: Mapping[str, Estimate]) -> None:
        super().__init__(usual)
        self._asked = asked

    def __missing__(self, name: str) -> Estimate:
        self[name] = apart.do(outcomes.measure, replace(self._asked, pictured=False), [name])[0][name]
        return self[name]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What samples of one schedule came to: their metrics and, where asked for, the shades of their density."""

    metrics: Metrics
    image: np.ndarray | None  # [BINS, BINS] of one byte


Outcomes = Mapping[str, "Future[Outcome]"]


def samplings(model: Model, solver: str, seed: int, shown: Mapping[str, Schedule]) -> dict[str, Sampling]:
    """What to draw of schedules, and of the data themselves as 'data'."""
    return {name: Sampling.of(model, solver, seed, one) for name, one in {**shown, "data": FRESH_DATA}.items()}


def start(
    wanted: Mapping[str, Sampling], later: Collection[str] = (), pictured: Collection[str] | None = None
) -> Outcomes:
    """Begin drawing and measuring samples, the first named first; those named in `later` after all others.

    Only those named in `pictured` have pictures, or all but those in `later`. What ships of the others is there now.
    """
    seen = (wanted.keys() - later if pictured is None else {*pictured}) - {"data"}  # they show the exact density
    return {name: _begun(replace(asked, pictured=name in seen), name in later) for name, asked in wanted.items()}


def _begun(asked: Sampling, later: bool) -> "Future[Outcome]":
    if asked.pictured or (ships := _shipped(asked)) is None:
        return _outcomes.want(asked, later)
    return there(Outcome(Metrics(asked, ships), None))


def _shipped(asked: Sampling) -> dict[str, Estimate] | None:
    return None if asked.n else shipped_metrics.find(asked.model, asked.solver, asked.seed, asked.levels)


def submit(work: Callable[..., T], *arguments: Any) -> "Future[T]":
    """Have the pool do something else that takes seconds."""
    return _pool.submit(work, *arguments)


def look(work: Callable[..., T], *arguments: Any) -> "Future[T]":
    """Have a network looked at beside its training: one look after the other."""
    return _looks.submit(work, *arguments)


def stop(outcomes: Iterable["Future[Outcome]"]) -> None:
    """Want these outcomes no longer, once for each start: what nobody else waits for and has not begun is dropped."""
    _outcomes.drop(outcomes)


@kept(512)
def outcome(asked: Sampling) -> Outcome:
    """Samples, drawn and, unless what they are worth ships, measured."""
    ships = _shipped(asked)
    measured, image = apart.do_meanwhile(outcomes.measure, asked, () if ships else DEFAULT)
    return Outcome(Metrics(asked, ships or measured), image)


_outcomes: Tasks[Sampling, Outcome] = Tasks(outcome, _pool, _later)


def busy() -> bool:
    """Whether more samples are waited for than a page or two want: what is begun now takes a while to come."""
    return _outcomes.waited_for() > BUSY


def waited(coming: "Future[T]") -> T:
    """What a page's run waits for, as in `come`."""
    come([coming])
    return coming.result()


def come(coming: "Collection[Future[Any]]", within: float = math.inf) -> bool:
    """Whether all of these are there, if need be after so many seconds, in which a page's run waits.

    The wait ends, and that run with it, where the session has chosen something else.
    """
    end = time.monotonic() + within
    while not all(one.done() for one in coming):
        if (left := end - time.monotonic()) <= 0:
            return False
        wait(coming, min(WAKE, left))
        if get_script_run_ctx():
            _ = "record" in st.session_state  # where Streamlit looks for it
    return True


@kept(64)
def one_pass(model: Model) -> Pass:
    """The model's PathGram, which prices every schedule, and what it cost."""
    return apart.do(finding.one_pass, model)


@kept(64)
def _followed(model: Model) -> Walk:
    return apart.do(finding.followed, model)


_grams: Tasks[Model, Pass] = Tasks(one_pass, _passes, _ahead)
_walks: Tasks[Model, Walk] = Tasks(_followed, _passes, _ahead)


@lru_cache(maxsize=1)
def prepare() -> None:
    """Have passes and samples computed apart, and begin the passes of all data that the project has, once.

    What somebody waits for goes before these.
    """
    apart.begin()
    if not cluster.wanted():
        beside.begin()
    exact = [Model(name) for name in DATASETS]
    for model in exact:
        _grams.want(model, later=True)
    for model in exact:
        _walks.want(model, later=True)
    for model in exact:
        _least.want((model, KLUB_POWER), later=True)
    for name in DATASETS:
        if "mlp" in catalog.models(name):
            _grams.want(Model(name, "mlp"), later=True)


def gram(model: Model) -> PathGram:
    """The model's PathGram."""
    return _awaited(one_pass, _grams, model).gram


@kept(512)
def price(model: Model, levels: tuple[float, ...]) -> KlubEstimate:
    """KLUB of levels with its standard error and the term of every step."""
    return gram(model).price(levels)


def walked(model: Model) -> Walk:
    """The model's trajectories along the ODE, and what they cost."""
    return _awaited(_followed, _walks, model)


def _awaited(work: Kept[[K], T], tasks: Tasks[K, T], asked: K) -> T:
    """What a model's pass gives; a page waits for it in the pool of passes."""
    if not get_script_run_ctx(suppress_warning=True):
        return work(asked)
    coming = tasks.want(asked)
    try:
        return waited(coming)
    finally:
        tasks.drop([coming])


@kept(64)
def _least_costs(asked: tuple[Model, float]) -> np.ndarray:
    return apart.do(challenge.least_costs, one_pass(asked[0]).gram, asked[1])


_least: Tasks[tuple[Model, float], np.ndarray] = Tasks(_least_costs, _passes, _ahead)


def least_costs(model: Model, power: float) -> np.ndarray:
    """What 1, 2, … steps cost at least [MAX_STEPS], at a weight of that power."""
    return _awaited(_least_costs, _least, (model, power))


def measured(model: Model, shown: Mapping[str, Schedule], outcomes: Outcomes) -> dict[str, Measured]:
    """Schedules with their KLUB and the metrics of their samples, and fresh data last, as 'data'.

    What has no outcome yet has no metrics.
    """
    gram(model)  # a page waits for it as for all that takes long
    metrics = {name: outcome.result().metrics for name, outcome in outcomes.items() if outcome.done()}
    rows = {name: Measured(one, price(model, one.levels), metrics.get(name, {})) for name, one in shown.items()}
    return rows | {"data": Measured(FRESH_DATA, None, metrics.get("data", {}))}


@kept(128)
def entropy(model: Model) -> float:
    """Entropy of the data at noise sigma_min: the NLL of perfect samples."""
    return model.dataset.mixture.entropy(model.sigma_min)
