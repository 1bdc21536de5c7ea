"""The paper's search as it is watched: every sweep scored, the stop found on the way, and on to where nothing moves.

Beyond the stop the search goes on only to show what over-optimizing does. A generator of frozen states; where it is
asked to stop it can be iterated again and goes on as if it had never stopped.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.checks import lookup, whole_number
from ays_toy.data.denoisers import Denoiser
from ays_toy.metrics import METRICS, Reference
from ays_toy.optimize import MonteCarloCosts, Score, Searched, Sweep, refine_search, sample_score, stopped_search
from ays_toy.optimize.search import MAX_SWEEPS
from ays_toy.runs.comparison import Model
from ays_toy.sampling.schedules import SCHEDULES
from ays_toy.sampling.solvers import find

HELD_OUT = 8192  # samples that every sweep is scored on


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
        object.__setattr__(self, "solver", find(self.solver).name)
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

    @property
    def share(self) -> float | None:
        """1 at rest; before that nobody can tell how many sweeps are left."""
        return 1.0 if self.rested else None


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
    generator = torch.Generator(device).manual_seed(seeds.SCORE)
    reference = Reference.of(model.dataset, model.sigma_min, n=n, generator=generator)
    return sample_score(denoiser, reference, solver, seed=seeds.SCORE + 1, n=n, metric=metric, device=device)


def refinement(config: SearchConfig, sigmas: Any, stop: Callable[[], bool] = lambda: False) -> Iterator[SearchState]:
    """The paper's later stages, from the schedule that was chosen to twice and four times its steps, sweep by sweep.

    Where it goes on after a stop, the stage that it was in begins anew.
    """
    costs, levels = _costs(config), sigmas
    sweeps: tuple[Sweep, ...] = ()
    for stage in (1, 2):
        before, calls, rested = sweeps, costs.calls, False
        while not rested:
            sweeps, costs.calls = before, calls  # what the stop threw away is no part of the price
            for sweep in refine_search(costs, levels, stages=1, stop=stop):
                sweeps = (*sweeps, replace(sweep, stage=stage))
                yield SearchState(sweeps)
            rested = sweep.moved == 0 or sweep.index >= MAX_SWEEPS
            if not rested and stop():
                yield SearchState(sweeps)
                if stop():
                    return
        levels = sweep.sigmas


def _costs(config: SearchConfig) -> MonteCarloCosts:
    generator = torch.Generator(config.device).manual_seed(seeds.SEARCH)
    x0 = config.model.dataset.sample(config.samples, generator)
    return MonteCarloCosts(config.model.denoiser(config.device), x0, generator=generator)
