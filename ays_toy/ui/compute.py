"""The library's results, kept between reruns, shared by sessions and drawn in parallel.

Everything is keyed by small frozen configurations, never by arrays, and every cache is bounded. The schedules of one
view are independent of each other, so each is a task of one pool that the whole server shares.
"""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ays_toy import comparison
from ays_toy.comparison import Model
from ays_toy.figures import Priced
from ays_toy.metrics import Estimate, Reference, evaluate
from ays_toy.paths import PathGram

BINS = 128
_pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="outcome")


@dataclass(frozen=True)
class Run:
    """All that decides what samples come out, besides the schedule's name."""

    model: Model
    solver: str
    steps: int
    power: float
    seed: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """What samples of one schedule came to: their metrics and a picture of their density (bin masses)."""

    metrics: dict[str, Estimate]
    image: np.ndarray


Outcomes = Mapping[str, "Future[Outcome]"]


def start(run: Run, names: Iterable[str]) -> Outcomes:
    """Begin drawing and measuring samples of the named schedules, the first named first."""
    gram(run.model), reference(run.model)  # once, before the tasks would all ask for them
    return {name: _pool.submit(_outcome, _needed(run, name), name) for name in names}


def stop(outcomes: Outcomes) -> None:
    """Drop what has not begun: nobody is waiting for it any more."""
    for future in outcomes.values():
        future.cancel()


def _needed(run: Run, name: str) -> Run:
    """The run as far as it matters for that schedule: only the optimized one depends on the power."""
    return run if name == "exact" else Run(run.model, run.solver, run.steps, 0.0, run.seed)


@lru_cache(maxsize=512)
def _outcome(run: Run, name: str) -> Outcome:
    """Samples of one schedule, drawn and measured; 'data' is the data themselves."""
    if name == "data":
        samples = run.model.fresh_data(seed=run.seed + 2)
    else:
        levels = schedule(run.model, name, run.steps, run.power)
        samples = comparison.draw(run.model, levels, run.solver, run.seed)
    image = comparison.density_image(samples, run.model.dataset.half_width, BINS)
    return Outcome(evaluate(samples, reference(run.model)), image)


@lru_cache(maxsize=32)
def gram(model: Model) -> PathGram:
    """The model's PathGram: prices every schedule, whatever the solver and steps."""
    return model.collect()


@lru_cache(maxsize=32)
def reference(model: Model) -> Reference:
    """What the model's samples are held against."""
    return model.reference()


@lru_cache(maxsize=512)
def schedule(model: Model, name: str, steps: int, power: float) -> np.ndarray:
    """The levels of one schedule, 'exact' being the optimum for the power."""
    return model.schedule(name, gram(model), steps, power)


@lru_cache(maxsize=512)
def priced(model: Model, name: str, steps: int, power: float) -> Priced:
    """The same schedule with its KLUB and the outline of its patches."""
    sigmas, paths = schedule(model, name, steps, power), gram(model)
    return Priced(name, sigmas, paths.price(sigmas), paths.outline(sigmas))


@lru_cache(maxsize=128)
def entropy(model: Model) -> float:
    """Entropy of the data at noise sigma_min: the NLL of perfect samples."""
    return model.dataset.mixture.entropy(model.sigma_min)


@lru_cache(maxsize=32)
def truth(model: Model) -> np.ndarray:
    """The exact bin masses of the data."""
    return comparison.true_image(model, model.dataset.half_width, BINS)
