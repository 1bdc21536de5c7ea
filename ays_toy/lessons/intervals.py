"""Intervals of 95 % for what a class gained: of means, of differences of shares, of a ratio."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval; without one where it cannot be told."""

    value: float
    low: float | None = None
    high: float | None = None

    def words(self, form: Callable[[float], str]) -> str:
        """'+1.8 (95 % interval +1.2 to +2.4)', numbers in that form."""
        if self.low is None or self.high is None:
            return f"{form(self.value)} (no interval: too few learners, or all alike)"
        return f"{form(self.value)} (95 % interval {form(self.low)} to {form(self.high)})"


def _around(value: float, error: float, freedom: float) -> Interval:
    """Student's interval."""
    reach = float(stdtrit(freedom, (1 + LEVEL) / 2)) * error
    return Interval(value, value - reach, value + reach)


def mean(values: np.ndarray) -> Interval:
    """The mean of independent values; without an interval where all are alike, or there is but one."""
    n, spread = len(values), float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return _around(float(values.mean()), spread / np.sqrt(n), n - 1) if spread else Interval(float(values.mean()))


def between(before: np.ndarray, after: np.ndarray) -> Interval:
    """The difference of two groups that are not the same people (Welch)."""
    from scipy import stats  # seconds to load, which every command and page would wait for

    value = float(after.mean() - before.mean())
    if min(len(before), len(after)) < 2 or not before.std() + after.std():
        return Interval(value)
    tested = stats.ttest_ind(after, before, equal_var=False).confidence_interval(LEVEL)
    return Interval(value, float(tested.low), float(tested.high))


def normalized(before: np.ndarray, after: np.ndarray, most: int) -> Interval | None:
    """What was gained as a share of what was left to gain up to `most` (Hake 1998); None if nothing was left.

    The interval is by the jackknife over learners.
    """
    left, n = most - before, len(before)
    gained = after - before
    if not left.sum():
        return None
    value = float(gained.sum() / left.sum())
    without = left.sum() - left
    if n < 3 or not without.all():
        return Interval(value)
    ratios = (gained.sum() - gained) / without
    error = float(np.sqrt((n - 1) / n * np.square(ratios - ratios.mean()).sum()))
    return _around(value, error, n - 1) if error else Interval(value)


def paired_shares(before: np.ndarray, after: np.ndarray) -> Interval:
    """The difference of two shares of the same learners, half of one added to each outcome (Agresti and Min 2005)."""
    n, up, down = len(before), float((after > before).sum()), float((after < before).sum())
    more, up_, down_ = n + 2, up + 0.5, down + 0.5
    center = (up_ - down_) / more
    return _clipped((up - down) / n, center, np.sqrt(up_ + down_ - (up_ - down_) ** 2 / more) / more)


def shares(before: np.ndarray, after: np.ndarray) -> Interval:
    """The difference of two groups' shares, one right and one wrong added to each (Agresti and Caffo 2000)."""
    parts = [((group.sum() + 1) / (len(group) + 2), len(group) + 2) for group in (before, after)]
    error = np.sqrt(sum(share * (1 - share) / n for share, n in parts))
    return _clipped(float(after.mean() - before.mean()), parts[1][0] - parts[0][0], error)


def _clipped(value: float, center: float, error: float) -> Interval:
    reach = float(ndtri((1 + LEVEL) / 2)) * float(error)
    return Interval(value, max(-1.0, float(center) - reach), min(1.0, float(center) + reach))
