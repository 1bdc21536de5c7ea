"""Numbers that were measured, with their error bars, and what was measured of a schedule."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ays_toy.sampling.schedules import Schedule
from ays_toy.words import significant


@dataclass(frozen=True)
class Estimate:
    """A figure and the standard error that the finite numbers of samples and of reference points leave in it.

    As text it is the value with its error bar, both to the digit that is known: '0.482 ± 0.014'.
    """

    value: float
    stderr: float

    def __str__(self) -> str:
        return significant(self.value, self.stderr)

    def differs(self, other: "Estimate") -> bool:
        """Whether the two differ by more than two standard errors of their difference."""
        return abs(self.value - other.value) > 2 * math.hypot(self.stderr, other.stderr)

    def exceeds(self, other: "Estimate") -> bool:
        """Whether it differs from the other and is the higher of the two."""
        return self.value > other.value and self.differs(other)


@dataclass(frozen=True, eq=False)
class KlubEstimate(Estimate):
    """A KLUB in nats, its standard error, and the term [n] of every step from the highest noise down."""

    terms: np.ndarray


@dataclass(frozen=True, eq=False)
class Measured:
    """A schedule beside what it was measured to be worth.

    `klub` is its KLUB, or its cost by another weight, and None for the data themselves, which no step has cost
    anything; `metrics` are those of its samples by name, as far as they are known.
    """

    schedule: Schedule
    klub: KlubEstimate | None = None
    metrics: Mapping[str, Estimate] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The schedule's."""
        return self.schedule.title
