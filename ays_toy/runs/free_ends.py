"""Free ends: every schedule over the range that suits it best, its two ends found with one budget for all.

Elsewhere all schedules share the model's range. Here the highest and the lowest level move too, for baselines as for
what is optimized, and every schedule ends in a jump to zero, so that samples can be compared wherever they end: n calls
of the denoiser are n levels. These rows are a table of their own, since their freedom is another.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import torch

from ays_toy import names, optimize, seeds
from ays_toy.checks import whole_number
from ays_toy.data.counted import Stopped, never
from ays_toy.metrics import Estimate, evaluate
from ays_toy.metrics.law import law_of
from ays_toy.runs import finding, shipped
from ays_toy.runs.comparison import Model
from ays_toy.sampling import samplers, schedules
from ays_toy.sampling.counter_noise import CounterNoise
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import find

SIDE, FINER = 5, 2  # ends of either kind that are tried at first, and how often the grid is halved around the best
BUDGET = SIDE**2 + FINER * 8  # ranges that are judged for every schedule
SAMPLES = 4096  # behind every judgement
HIGHEST, LOWEST = 128.0, 256.0  # by how much the highest level may fall, and the lowest rise
NARROWEST = 0.1  # what must be left of the model's range in log sigma
PATHS, LEVELS = 1024, 64  # of the pass that prices the optima over a range
LEAST_CALLS = 4
SHOWN = ("choice", "klub-optimum", "p-optimum", *names.BASELINES)

Placed = Callable[[float, float], np.ndarray]  # (sigma_max, sigma_min) -> levels


@dataclass(frozen=True, eq=False)
class Free(Schedule):
    """A schedule over ends of its own, and the metrics of its samples there and over the model's range."""

    metrics: dict[str, Estimate] = field(kw_only=True)
    over_model: dict[str, Estimate] = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Reached:
    """How far a comparison has come: the schedules whose ends are found, of so many, and ranges judged for the next."""

    found: tuple[Free, ...]
    of: int
    judged: int = 0
    now: str = ""  # the title of the next

    @property
    def share(self) -> float:
        """Share of the work that is done, 1 at its end."""
        return (len(self.found) + min(self.judged / (BUDGET + 1), 1.0)) / self.of


def compare(
    model: Model,
    solver: str,
    calls: int,
    power: float = 2.0,
    seed: int = 0,
    which: tuple[str, ...] | None = None,
    stop: Callable[[], bool] = never,
) -> Iterator[Reached]:
    """Every schedule at its own ends, of so many levels, on fresh noise: what is reached after every range judged.

    The metrics are those of `model.samples` samples that no search has seen. Raises ValueError for fewer than 4 calls.
    It ends amid the automatic choice, where none ships, once `stop` says so; between two ranges it may just be left.
    """
    steps = whole_number(calls, "The number of steps", LEAST_CALLS, schedules.MAX_STEPS) - 1
    wanted, found = SHOWN if which is None else which, list[Free]()
    reference = model.reference()
    for name in wanted:
        title = names.title(name, power)
        yield (at := Reached(tuple(found), len(wanted), 0, title))
        try:
            one = placed(model, name, solver, steps, power, stop)
        except Stopped:
            return
        for judged, best in enumerate(best_ends(model, one, solver), start=1):
            ends = map(float, np.exp(best))
            yield replace(at, judged=judged)
        own, whole = one(*ends), one(model.sigma_max, model.sigma_min)
        measured = [evaluate(draw(model, levels, solver, seed, model.samples), reference) for levels in (own, whole)]
        found.append(Free(name, title, own, metrics=measured[0], over_model=measured[1]))
    yield Reached(tuple(found), len(wanted))


def placed(model: Model, name: str, solver: str, steps: int, power: float, stop: Callable[[], bool] = never) -> Placed:
    """The schedule of that name as a function of its ends.

    A baseline by its formula, an optimum by the exact programme over that range, and the automatic choice as it is over
    the model's range, stretched in log sigma.
    """
    if name in schedules.SCHEDULES:
        family = schedules.SCHEDULES[name]
        return lambda high, low: family(steps, low, high)
    if name == "choice":
        ships = shipped.find(model, solver, steps, name)
        found = (ships or finding.choose(model, solver, steps, stop=stop)).sigmas
        return lambda high, low: stretched(found, high, low)
    weight = names.KLUB_POWER if name == "klub-optimum" else power

    def optimum(high: float, low: float) -> np.ndarray:
        gram = replace(model, sigma_max=high, sigma_min=low).collect(PATHS, LEVELS)
        return optimize.optimum(gram, steps, weight)

    return optimum


def stretched(sigmas: np.ndarray, high: float, low: float) -> np.ndarray:
    """A schedule [n+1] moved to other ends, linear in log sigma."""
    logs = np.log(sigmas)
    share = (logs - logs[-1]) / (logs[0] - logs[-1])
    levels = np.exp(np.log(low) + share * np.log(high / low))
    levels[0], levels[-1] = high, low
    return schedules.validate(levels)


def best_ends(model: Model, one: Placed, solver: str) -> Iterator[tuple[float, float]]:
    """The logarithms of the ends with the least energy distance so far, of at most `BUDGET` that are tried.

    They are those of a grid, then of finer ones around the best.
    """
    high, low = np.log(model.sigma_max), np.log(model.sigma_min)
    most = (1 - NARROWEST) / 2 * (high - low)
    highs = high - np.linspace(0.0, min(np.log(HIGHEST), most), SIDE)
    lows = low + np.linspace(0.0, min(np.log(LOWEST), most), SIDE)
    scores: dict[tuple[float, float], float] = {}

    def judged(tried: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
        for ends in tried:
            if ends not in scores:
                levels = one(*map(float, np.exp(ends)))
                drawn = draw(model, levels, solver, seeds.CHOICE, SAMPLES)
                scores[ends] = law_of(model.dataset.mixture, model.sigma_min).energy(drawn).value
                yield best()

    def best() -> tuple[float, float]:
        return min(scores, key=lambda ends: scores[ends])

    yield from judged(product(highs, lows))
    reach = np.array([highs[0] - highs[1], lows[1] - lows[0]])
    for _ in range(FINER):
        reach, (first, last) = reach / 2, best()
        around = [
            (min(first + a * reach[0], high), max(last + b * reach[1], low)) for a, b in product((-1, 0, 1), repeat=2)
        ]
        yield from judged(ends for ends in around if ends[0] - ends[1] >= NARROWEST * (high - low))


def draw(model: Model, sigmas: np.ndarray, solver: str, seed: int, count: int) -> torch.Tensor:
    """Samples [count, 2] along levels [n] and then to zero; noise depends on the seed alone."""
    noise = CounterNoise(seed % 2**32, count)
    start = noise.start(float(sigmas[0]))
    return samplers.sample(model.denoiser(), start, sigmas, find(solver), noise=noise, denoise_to_zero=True)
