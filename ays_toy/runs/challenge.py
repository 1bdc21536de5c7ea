"""Beat AYS: what an attempt at placing the levels is, how far it is from the best, and what came of it in words."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ays_toy import optimize
from ays_toy.checks import real_number, whole_number
from ays_toy.estimates import Estimate, Measured
from ays_toy.exchange import reading
from ays_toy.metrics import Metric
from ays_toy.optimize.exact import off_grid
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling import schedules
from ays_toy.sampling.schedules import MAX_STEPS

DIGITS = 4  # of a level, so that a link holds exactly what was scored
LOWEST, HIGHEST = 1e-4, 1e4  # noise levels that a link may name, whatever the range


def attempt(inner: Any, high: float, low: float) -> np.ndarray:
    """The schedule [n+1] from high to low by way of the inner levels, in four digits.

    ValueError unless there are 1 to 39 of them, descending between the ends also once they are rounded.
    """
    levels = schedules.validate([high, *_numbers(inner), low])
    whole_number(levels.size - 2, "The number of levels between the two ends", 1, MAX_STEPS - 1)
    levels[1:-1] = [float(f"{level:.{DIGITS}g}") for level in levels[1:-1]]
    return schedules.validate(levels)


def _numbers(values: Any) -> list[float]:
    try:
        return [float(value) for value in values]
    except (TypeError, ValueError):
        raise ValueError("The levels of an attempt must be a list of numbers, from high noise to low.") from None


def read_levels(text: str) -> tuple[float, ...]:
    """Inner levels from a link, '5.66,0.4,0.0283'; ValueError unless they can be an attempt in some range."""
    found = reading.numbers(text, MAX_STEPS - 1)
    levels = [real_number(level, "A noise level", LOWEST, HIGHEST) for level in found]
    return tuple(attempt(levels, 2 * HIGHEST, LOWEST / 2)[1:-1].tolist())


def start(steps: int, high: float, low: float) -> np.ndarray:
    """Where a challenge begins: levels even in log sigma."""
    return attempt(schedules.logsnr(steps, low, high)[1:-1], high, low)


def one_more(gram: PathGram, sigmas: np.ndarray, power: float) -> np.ndarray:
    """The schedule with a level in the middle of its most expensive step."""
    k = int(np.argmax(gram.price(sigmas, power).terms))
    return np.insert(sigmas, k + 1, np.sqrt(sigmas[k] * sigmas[k + 1]))


def one_less(gram: PathGram, sigmas: np.ndarray, power: float) -> np.ndarray:
    """The schedule without the inner level that it misses least."""
    options = [np.delete(sigmas, k) for k in range(1, sigmas.size - 1)]
    return min(options, key=lambda levels: gram.klub(levels, power))


def least_costs(gram: PathGram, power: float, most: int = MAX_STEPS) -> np.ndarray:
    """The cost [most] of the optimum of 1, 2, … steps, refined off the grid as `optimize.optimum`: exact to 0.1 %."""
    found = optimize.exact_schedules(gram, most, power)
    return np.array([gram.klub(off_grid(gram, sigmas, power), power) for sigmas in found.values()])


def times(gap: float) -> str:
    """A gap as the page shows it: '1.42×', '12.3×', '161×'; never below 1."""
    gap = max(1.0, gap)
    return f"{gap:.2f}×" if gap < 10 else f"{gap:.1f}×" if gap < 100 else f"{gap:,.0f}×"


def leaders(rows: Sequence[Measured], metric: Metric) -> list[str]:
    """Titles of the schedules with the best output, and of all that cannot be told apart from it."""
    best = metric.leaders({row.title: row.metrics[metric.name] for row in rows})
    return [row.title for row in rows if row.title in best]


def standing(yours: Measured, fresh: Estimate, least: float, cost: str, metric: Metric) -> str:
    """What an attempt is worth by itself, against nothing but the data; `least` is the least cost of as many steps."""
    assert yours.klub is not None
    output = yours.metrics[metric.name]
    told = "can be told from" if output.differs(fresh) else "cannot be told from"
    return (
        f"**{cost[0].upper()}{cost[1:]} of your levels is {times(yours.klub.value / least)} the least possible; their "
        f"samples {told} the data.** {metric.title} {output}, {fresh} of fresh data."
    )


def verdict(yours: Measured, ays: Measured, least: float, cost: str, metric: Metric) -> str:
    """What the attempt against AYS teaches, in one or two sentences; `least` is the least cost of as many steps."""
    assert yours.klub is not None
    assert ays.klub is not None
    output, other = yours.metrics[metric.name], ays.metrics[metric.name]
    cheaper, finer = yours.klub.value < ays.klub.value, metric.loss(output) < metric.loss(other)
    costs = f"{cost} {times(yours.klub.value / least)} the least possible, AYS {times(ays.klub.value / least)}"
    figures = f"{costs}; {metric.title} {output} against {other}."
    if not output.differs(other):
        return f"**{'Less' if cheaper else 'More'} {cost} than AYS, and pictures that cannot be told apart.** {figures}"
    if cheaper and finer:
        return f"**You beat AYS, bound and picture.** {figures}"
    if cheaper:
        return (
            f"**You beat the bound and lost the picture.** {figures} The bound is on the error of whole paths, not on "
            "that of their ends: this is why the paper stops its search early."
        )
    if finer:
        return f"**More {cost} than AYS, yet the better picture.** {figures} The bound is not the picture."
    return f"**AYS wins, bound and picture.** {figures} Move levels towards where the patches are large."


def guessed(said: str, right: Sequence[str]) -> str:
    """Whether a guess was right, and what would have been."""
    if said in right:
        others = [title for title in right if title != said]
        return f"**{said}**, as you guessed" + (f" (and no worse: {', '.join(others)})" if others else "")
    return f"**{' or '.join(right)}**, not {said}"
