"""The library's results, kept between reruns, shared by sessions and drawn in parallel.

Everything is keyed by small frozen configurations, never by arrays, and every cache is bounded. The schedules of one
view are independent of each other, so each is a task of one pool that the whole server shares. Choices and searches
for a schedule, which take seconds each, have a queue of their own.
"""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.estimates import Estimate, Measured
from ays_toy.metrics import Reference, evaluate
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import comparison, finding, pictures
from ays_toy.runs.comparison import Model
from ays_toy.runs.finding import FRESH_DATA, Pass
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui.ending import Pool

T = TypeVar("T")
BINS = 128
YIELDING = 5  # by how much more than other threads those give way that choose and search


def _give_way() -> None:
    """Let other threads of the process go first, where the system tells threads apart."""
    if sys.platform == "linux":
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + YIELDING)


_pool = Pool(os.cpu_count() or 1, "outcome")
_searches = Pool(1, "search", _give_way)
_looks = Pool(1, "look")


@dataclass(frozen=True)
class Sampling:
    """All that decides what samples come out, `n` of them; without levels they are fresh data."""

    model: Model
    solver: str
    seed: int
    levels: tuple[float, ...]
    n: int | None = None  # as many as `Model.samples`

    @classmethod
    def of(cls, model: Model, solver: str, seed: int, one: Schedule, n: int | None = None) -> "Sampling":
        """Of a schedule, or of `FRESH_DATA`."""
        return cls(model, solver if one.levels else "", seed, one.levels, n)


class Metrics(dict[str, Estimate]):
    """The usual metrics of samples, by name; others are measured when they are asked for, on the same samples."""

    def __init__(self, asked: Sampling, samples: torch.Tensor) -> None:
        super().__init__(evaluate(samples, reference(asked.model)))
        self._asked = asked

    def __missing__(self, name: str) -> Estimate:
        self[name] = evaluate(_samples(self._asked), reference(self._asked.model), [name])[name]
        return self[name]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What samples of one schedule came to: their metrics and a picture of their density (bin masses)."""

    metrics: Metrics
    image: np.ndarray


Outcomes = Mapping[str, "Future[Outcome]"]


def samplings(model: Model, solver: str, seed: int, shown: Mapping[str, Schedule]) -> dict[str, Sampling]:
    """What to draw of schedules, and of the data themselves as 'data'."""
    return {name: Sampling.of(model, solver, seed, one) for name, one in {**shown, "data": FRESH_DATA}.items()}


def start(wanted: Mapping[str, Sampling]) -> Outcomes:
    """Begin drawing and measuring samples, the first named first."""
    for model in {asked.model for asked in wanted.values()}:
        reference(model)  # once, before the tasks would all ask for it
    return {name: _pool.submit(outcome, asked) for name, asked in wanted.items()}


def submit(work: Callable[..., T], *arguments: Any) -> "Future[T]":
    """Have the pool do something else that takes seconds."""
    return _pool.submit(work, *arguments)


def search(work: Callable[..., T], *arguments: Any) -> "Future[T]":
    """Have a schedule searched for or chosen: one after the other, and no sampling waits behind it."""
    return _searches.submit(work, *arguments)


def look(work: Callable[..., T], *arguments: Any) -> "Future[T]":
    """Have a network looked at beside its training: one look after the other."""
    return _looks.submit(work, *arguments)


def stop(outcomes: Outcomes) -> None:
    """Drop what has not begun: nobody is waiting for it any more."""
    for future in outcomes.values():
        future.cancel()


@lru_cache(maxsize=512)
def outcome(asked: Sampling) -> Outcome:
    """Samples, drawn and measured."""
    samples = _samples(asked)
    image = pictures.density_image(samples, asked.model.dataset.half_width, BINS)
    return Outcome(Metrics(asked, samples), image)


def _samples(asked: Sampling) -> torch.Tensor:
    if not asked.levels:
        return asked.model.fresh_data(asked.n, seeds.FRESH_DATA + asked.seed)
    return comparison.draw_samples(asked.model, np.array(asked.levels), asked.solver, asked.seed, asked.n)


@lru_cache(maxsize=32)
def one_pass(model: Model) -> Pass:
    """The model's PathGram, which prices every schedule, and what it cost."""
    return finding.one_pass(model)


def gram(model: Model) -> PathGram:
    """The model's PathGram."""
    return one_pass(model).gram


def measured(model: Model, shown: Mapping[str, Schedule], outcomes: Outcomes) -> dict[str, Measured]:
    """Schedules with their KLUB and the metrics of their samples, and fresh data last, as 'data'."""
    paths, metrics = gram(model), {name: future.result().metrics for name, future in outcomes.items()}
    rows = {name: Measured(one, paths.price(one.sigmas), metrics[name]) for name, one in shown.items()}
    return rows | {"data": Measured(FRESH_DATA, None, metrics["data"])}


@lru_cache(maxsize=32)
def reference(model: Model) -> Reference:
    """What the model's samples are held against."""
    return model.reference()


@lru_cache(maxsize=128)
def entropy(model: Model) -> float:
    """Entropy of the data at noise sigma_min: the NLL of perfect samples."""
    return model.dataset.mixture.entropy(model.sigma_min)


@lru_cache(maxsize=32)
def truth(model: Model) -> np.ndarray:
    """The exact bin masses of the data."""
    return pictures.true_image(model, model.dataset.half_width, BINS)
