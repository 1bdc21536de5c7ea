"""The paper's optimizer: coordinate search, early stopping, subdivision (AYS, Algorithm 1 and App. B.1)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ays_toy.checks import SIGMA_MAX, SIGMA_MIN, whole_number
from ays_toy.data.denoisers import Denoiser
from ays_toy.optimize.costs import Costs, MonteCarloCosts
from ays_toy.optimize.stopping import EarlyStopping, Score
from ays_toy.optimize.sweep import Sweep
from ays_toy.sampling.schedules import edm, subdivide, validate

CANDIDATES, MAX_SWEEPS = 11, 300  # the paper's


def coordinate_search(
    costs: Costs,
    sigmas: Any,
    *,
    candidates: int = CANDIDATES,
    max_sweeps: int = MAX_SWEEPS,
    free: Iterable[int] | None = None,
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[int, np.ndarray], None] | None = None,
) -> Iterator[Sweep]:
    """Yield the start and then the schedule after every sweep, until nothing moves (AYS, Algorithm 1).

    In a sweep every free level in turn (default: all but the two ends) goes to the best of `candidates` places
    between its neighbors, its own among them, by the KLUB of the two steps that it touches: `MonteCarloCosts` are the
    paper's prices. `stop` is asked before every level, and where it says True the search ends without the sweep it was
    in; `watch` hears of every level that was placed, with the levels as they are then. Raises ValueError for an invalid
    schedule, fewer than two candidates, or a level that is not free to move.

    Examples:
        >>> sweeps = list(optimize.coordinate_search(optimize.GaussianCosts(), schedules.edm(8)))
        >>> sweeps[-1].moved, sweeps[-1].klub.value < sweeps[0].klub.value
        (0, True)
    """
    levels = validate(sigmas)
    whole_number(candidates, "The number of candidates", 2)
    whole_number(max_sweeps, "The largest number of sweeps", 0)
    inner = range(1, len(levels) - 1)
    moving = list(inner) if free is None else sorted(set(free))
    if not set(moving) <= set(inner):
        raise ValueError(f"Only the levels 1 to {len(levels) - 2} of this schedule can move; both ends are fixed.")
    return _sweeps(costs, levels, moving, candidates, max_sweeps, stop, watch)


def _sweeps(
    costs: Costs,
    levels: np.ndarray,
    moving: list[int],
    candidates: int,
    max_sweeps: int,
    stop: Callable[[], bool],
    watch: Callable[[int, np.ndarray], None] | None,
) -> Iterator[Sweep]:
    klub = costs.schedule(levels)
    yield Sweep(0, levels, klub, len(moving), costs.calls)
    for index in range(1, max_sweeps + 1):
        before, levels = levels, levels.copy()
        for k in reversed(moving):  # the paper numbers levels from low noise up
            if stop():
                return
            places = candidate_places(levels[k - 1], levels[k], levels[k + 1], candidates)
            levels[k] = places[int(np.argmin(costs.around(levels[k - 1], places, levels[k + 1], k)))]
            if watch:
                watch(k, levels.copy())
        moved = int((levels != before).sum())
        if moved:
            klub = costs.schedule(levels)
        yield Sweep(index, levels, klub, moved, costs.calls)
        if not moved:
            return


def candidate_places(upper: float, current: float, lower: float, count: int) -> np.ndarray:
    """The current level first, so that it wins a tie, and count - 1 places even in log sigma between the neighbors."""
    between = np.geomspace(upper, lower, count + 1)[1:-1]
    return np.concatenate([[current], between])


@dataclass(frozen=True, eq=False)
class Searched:
    """A search so far: its sweeps with their scores, sweep 0 being its start, and which of them to take."""

    sweeps: tuple[Sweep, ...] = ()
    chosen: int = 0  # the sweep that the rule takes of those so far
    stop: int | None = None  # the same, once the rule has stopped or nothing moved any more
    rested: bool = False

    @property
    def sigmas(self) -> np.ndarray:
        """The levels [n+1] of the sweep to take."""
        return self.sweeps[self.chosen].sigmas


def stopped_search(
    costs: Costs,
    sigmas: Any,
    score: Score,
    *,
    patience: int = 4,
    beyond: bool = False,
    candidates: int = CANDIDATES,
    max_sweeps: int = MAX_SWEEPS,
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[int, np.ndarray], None] | None = None,
) -> Iterator[Searched]:
    """The paper's search, every sweep scored and stopped early by `EarlyStopping`: yields what it has after each.

    `score` must use other noise and data than the costs. With `beyond` it goes on past the stop until nothing moves.
    Where `stop` ends it amid a sweep it yields what was reached; iterated again, it begins that sweep anew.
    """
    rule, levels, found = EarlyStopping(score, patience), validate(sigmas), Searched()
    while True:
        sweeps = coordinate_search(costs, levels, candidates=candidates, max_sweeps=max_sweeps, stop=stop, watch=watch)
        for sweep in sweeps:
            if sweep.index == 0 and found.sweeps:  # where it goes on after a stop: this sweep is known
                costs.calls = found.sweeps[-1].calls  # what the stop threw away is no part of the price
                continue
            levels, numbered, at = sweep.sigmas, replace(sweep, index=len(found.sweeps)), found.stop
            rested = sweep.moved == 0 or numbered.index >= max_sweeps
            if at is None:
                numbered = rule.add(numbered)
                at = rule.chosen.index if rule.over or rested else None
            else:
                numbered = replace(numbered, score=score(levels))
            found = Searched((*found.sweeps, numbered), rule.chosen.index, at, rested)
            yield found
            if rested or (at is not None and not beyond):
                return
        if stop():
            yield found
            if stop():
                return


def align_your_steps(
    denoiser: Denoiser,
    x0: torch.Tensor,
    *,
    generator: torch.Generator,
    score: Score,
    sigmas: Any = None,
    patience: int = 4,
    candidates: int = CANDIDATES,
    max_sweeps: int = MAX_SWEEPS,
) -> Iterator[Sweep]:
    """The paper's three stages, 10 -> 20 -> 40 steps: yields every sweep of each, scored in the first (App. B.1).

    The first stage starts from `sigmas` (default EDM's 10 steps) and is stopped early by its score (`stopped_search`).
    Each of the two rounds that follow puts geometric midpoints into the chosen schedule and moves only those, until
    they rest (`refine_search`).

    Examples:
        >>> data, generator = datasets.get("ring-8"), torch.Generator().manual_seed(0)
        >>> denoiser, x0 = data.denoiser(), data.sample(64, generator)
        >>> reference = metrics.Reference.of(data, 0.002, n=500, generator=generator)
        >>> score = optimize.sample_score(denoiser, reference, "stochastic-ddim", seed=1, n=500)
        >>> short = {"candidates": 3, "max_sweeps": 1}  # left out: until nothing moves
        >>> found = list(optimize.align_your_steps(denoiser, x0, generator=generator, score=score, **short))
        >>> sorted({sweep.sigmas.size - 1 for sweep in found})
        [10, 20, 40]
    """
    start = edm(10, SIGMA_MIN, SIGMA_MAX) if sigmas is None else validate(sigmas)
    costs = MonteCarloCosts(denoiser, x0, generator=generator)
    for found in stopped_search(costs, start, score, patience=patience, candidates=candidates, max_sweeps=max_sweeps):
        yield found.sweeps[-1]
    yield from refine_search(costs, found.sigmas, candidates=candidates, max_sweeps=max_sweeps)


def refine_search(
    costs: Costs,
    sigmas: Any,
    *,
    stages: int = 2,
    candidates: int = CANDIDATES,
    max_sweeps: int = MAX_SWEEPS,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Sweep]:
    """The paper's later stages, n -> 2n -> 4n steps: geometric midpoints, of which only the new ones move (App. B.1).

    Yields every sweep of each stage, until nothing moves in it; `stop` as in `coordinate_search`. Resample the last
    schedule to any number of steps with `schedules.interpolate`.
    """
    levels = validate(sigmas)
    for stage in range(1, stages + 1):
        levels = subdivide(levels)
        fresh = range(1, len(levels) - 1, 2)
        search = coordinate_search(costs, levels, free=fresh, candidates=candidates, max_sweeps=max_sweeps, stop=stop)
        for sweep in search:
            yield replace(sweep, stage=stage)
        levels = sweep.sigmas
        if stop():
            return
