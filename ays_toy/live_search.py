"""The paper's search as it is watched: every sweep scored, the stop found on the way, and on to where nothing moves.

Beyond the stop the search goes on only to show what over-optimizing does. A generator of frozen states; where it is
asked to stop it can be iterated again and goes on as if it had never stopped.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ays_toy.checks import lookup, whole_number
from ays_toy.comparison import Model
from ays_toy.denoisers import Denoiser
from ays_toy.metrics import METRICS, Reference
from ays_toy.optimize import MonteCarloCosts, Score, Searched, Sweep, refine_search, sample_score, stopped_search
from ays_toy.samplers import SOLVERS
from ays_toy.schedules import SCHEDULES

HELD_OUT = 8192  # samples that every sweep is scored on
DATA_SEED, SCORE_SEED = 20_000, 30_000  # apart from those of all pictures and tables, which end at 9999


@dataclass(frozen=True)
class SearchConfig:
    """Everything that decides how a search goes."""

    model: Model
    solver: str = "stochastic-ddim"
    steps: int = 10
    start: str = "edm"
    metric: str = "energy"
    samples: int = 2048  # behind every price; the paper takes 8192
    patience: int = 4
    device: str = "cpu"

    def __post_init__(self) -> None:
        lookup(SOLVERS, self.solver, "solver")
        lookup(SCHEDULES, self.start, "schedule")
        lookup(METRICS, self.metric, "metric")
        whole_number(self.steps, "The number of steps", 2, 60)
        whole_number(self.samples, "The number of samples", 16, 1_000_000)

    @property
    def held_out(self) -> int:
        """Samples that every sweep is scored on: fewer where the data are thousands of points."""
        return min(HELD_OUT, self.model.samples)

    def first(self) -> np.ndarray:
        """The levels [n+1] that the search starts from."""
        return SCHEDULES[self.start](self.steps, self.model.sigma_min, self.model.sigma_max)


@dataclass(eq=False)
class Place:
    """Where the unfinished sweep is: the level just placed and the levels now; replaced as a whole, never changed."""

    now: tuple[int, np.ndarray] | None = None

    def at(self, index: int, levels: np.ndarray) -> None:
        """Take note of a level that was placed."""
        self.now = index, levels


@dataclass(frozen=True, eq=False)
class SearchState(Searched):
    """The search so far, as it is watched."""

    seconds: tuple[float, ...] = ()  # of searching and scoring, until the end of each sweep
    place: Place = field(default_factory=Place)


def search(config: SearchConfig, stop: Callable[[], bool] = lambda: False) -> Iterator[SearchState]:
    """Yield the state after every sweep, until nothing moves; `stop` is asked before every level."""
    state, denoiser = SearchState(), config.model.denoiser(config.device)
    score = held_out_score(config.model, denoiser, config.solver, config.metric, config.held_out, config.device)
    whole = stopped_search(
        _costs(config),
        config.first(),
        score,
        patience=config.patience,
        beyond=True,
        stop=stop,
        watch=state.place.at,
    )
    spent, began = 0.0, time.perf_counter()
    for found in whole:
        if len(found.sweeps) > len(state.sweeps):  # else it was stopped amid a sweep, whose time is thrown away too
            spent += time.perf_counter() - began
            state.place.now = None
            state = SearchState(**vars(found), seconds=(*state.seconds, spent), place=state.place)
        yield state
        began = time.perf_counter()


def held_out_score(
    model: Model, denoiser: Denoiser, solver: str, metric: str, n: int = HELD_OUT, device: str = "cpu"
) -> Score:
    """What stops a search: the metric of n samples of the model's denoiser, on noise and data held out for that."""
    generator = torch.Generator(device).manual_seed(SCORE_SEED)
    reference = Reference.of(model.dataset, model.sigma_min, n=n, generator=generator)
    return sample_score(denoiser, reference, solver, seed=SCORE_SEED + 1, n=n, metric=metric, device=device)


def refinement(config: SearchConfig, sigmas: Any, stop: Callable[[], bool] = lambda: False) -> Iterator[Sweep]:
    """The sweeps of the paper's later stages, from the schedule that was chosen to twice and four times its steps."""
    return refine_search(_costs(config), sigmas, stop=stop)


def _costs(config: SearchConfig) -> MonteCarloCosts:
    generator = torch.Generator(config.device).manual_seed(DATA_SEED)
    x0 = config.model.dataset.sample(config.samples, generator)
    return MonteCarloCosts(config.model.denoiser(config.device), x0, generator=generator)
