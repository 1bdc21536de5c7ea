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

from ays_toy.checks import lookup, whole_number
from ays_toy.comparison import Model
from ays_toy.metrics import METRICS, Reference
from ays_toy.optimize import EarlyStopping, MonteCarloCosts, Sweep, coordinate_search, refine_search, sample_score
from ays_toy.schedules import SCHEDULES
from ays_toy.solvers import find

MAX_SWEEPS = 300  # the paper's
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
class SearchState:
    """The search so far; sweep 0 is its start."""

    sweeps: tuple[Sweep, ...] = ()
    seconds: tuple[float, ...] = ()  # of searching and scoring, until the end of each sweep
    stop: int | None = None  # the sweep that the rule chose, once it has
    rested: bool = False
    place: Place = field(default_factory=Place)

    @property
    def best(self) -> int:
        """The sweep with the best score so far."""
        return int(np.argmin([sweep.score.value for sweep in self.sweeps if sweep.score]))


def search(config: SearchConfig, stop: Callable[[], bool] = lambda: False) -> Iterator[SearchState]:
    """Yield the state after every sweep, until nothing moves; `stop` is asked before every level."""
    denoiser, dataset, costs = config.model.denoiser(config.device), config.model.dataset, _costs(config)
    held_out = torch.Generator(config.device).manual_seed(SCORE_SEED)
    reference = Reference.of(dataset, config.model.sigma_min, n=config.held_out, generator=held_out)
    score = sample_score(
        denoiser,
        reference,
        config.solver,
        seed=SCORE_SEED + 1,
        n=config.held_out,
        metric=config.metric,
        device=config.device,
    )
    rule, state, spent = EarlyStopping(score, config.patience), SearchState(), 0.0
    levels = config.first()
    while not state.rested:
        began = time.perf_counter()
        sweeps = coordinate_search(
            None, None, levels, costs=costs, max_sweeps=MAX_SWEEPS, stop=stop, watch=state.place.at
        )
        for sweep in sweeps:
            if sweep.index == 0 and state.sweeps:  # where it goes on after a stop: this sweep is known
                costs.calls = state.sweeps[-1].calls  # what the stop threw away is no part of the price
                continue
            numbered = replace(sweep, index=len(state.sweeps))
            numbered = rule.add(numbered) if state.stop is None else replace(numbered, score=score(sweep.sigmas))
            spent, began = spent + time.perf_counter() - began, time.perf_counter()
            levels, place = sweep.sigmas, state.place
            place.now = None
            chosen = state.stop if state.stop is not None or not rule.over else rule.chosen.index
            rested = sweep.moved == 0 or numbered.index >= MAX_SWEEPS
            if rested and chosen is None:
                chosen = rule.chosen.index
            state = SearchState((*state.sweeps, numbered), (*state.seconds, spent), chosen, rested, place)
            yield state
            began = time.perf_counter()
            if rested:
                return
        if stop():
            yield state  # what was reached; iterated again, the sweep that was left half done begins anew
            if stop():
                return


def refinement(config: SearchConfig, sigmas: Any, stop: Callable[[], bool] = lambda: False) -> Iterator[Sweep]:
    """The sweeps of the paper's later stages, from the schedule that was chosen to twice and four times its steps."""
    return refine_search(_costs(config), sigmas, stop=stop)


def _costs(config: SearchConfig) -> MonteCarloCosts:
    generator = torch.Generator(config.device).manual_seed(DATA_SEED)
    x0 = config.model.dataset.sample(config.samples, generator)
    return MonteCarloCosts(config.model.denoiser(config.device), x0, generator=generator)
