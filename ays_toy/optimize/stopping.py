"""When to stop the search: a rule for what the paper does by eye (AYS, App. A.3).

KLUB bounds the divergence of whole paths. Past a point, lowering it favors intermediate distributions over the output,
so every sweep is scored by an output metric, on noise and data that the search does not see.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import torch

from ays_toy.checks import whole_number
from ays_toy.data.denoisers import Denoiser
from ays_toy.metrics import Estimate, Reference, evaluate, fitting
from ays_toy.optimize.sweep import Sweep
from ays_toy.sampling.samplers import draw_samples

Score = Callable[[np.ndarray], Estimate]  # of a schedule [n+1]; lower is better


class EarlyStopping:
    """Patience with error bars: watch sweeps, keep the best by score, end when they have stopped getting better.

    The search ends once `patience` sweeps in a row were no better than the best before them. Chosen is the earliest
    sweep whose score lies within one standard error of the least: among equals, the one least optimized.
    """

    def __init__(self, score: Score, patience: int = 4) -> None:
        self.score, self.patience = score, whole_number(patience, "The patience", 1)
        self.sweeps: list[Sweep] = []
        self.scores: list[Estimate] = []

    def watch(self, sweeps: Iterable[Sweep]) -> Iterator[Sweep]:
        """Pass the sweeps on, each with its score, and end early."""
        for sweep in sweeps:
            yield self.add(sweep)
            if self.over:
                return

    def add(self, sweep: Sweep) -> Sweep:
        """Take in the next sweep -> the same with its score."""
        self.scores.append(self.score(sweep.sigmas))
        self.sweeps.append(replace(sweep, score=self.scores[-1]))
        return self.sweeps[-1]

    @property
    def over(self) -> bool:
        """Whether `patience` sweeps in a row were no better than the best before them."""
        return len(self.sweeps) - 1 - self._least() >= self.patience if self.sweeps else False

    def _least(self) -> int:
        return int(np.argmin([estimate.value for estimate in self.scores]))

    @property
    def chosen(self) -> Sweep:
        """The sweep to take; ValueError before any was watched."""
        if not self.sweeps:
            raise ValueError("No sweep was watched yet: run the search first.")
        least = self.scores[self._least()]
        good = (score.value <= least.value + least.stderr for score in self.scores)
        return next(sweep for sweep, is_good in zip(self.sweeps, good, strict=True) if is_good)


def sample_score(
    denoiser: Denoiser,
    reference: Reference,
    solver: str,
    *,
    seed: int,
    n: int = 8192,
    metric: str = "energy",
    device: str | torch.device = "cpu",
) -> Score:
    """Score a schedule by a metric of n samples drawn with it on a device, from the same noise for every schedule.

    A metric that is better when higher enters with its sign turned. Raises ValueError for an unknown metric, and for
    one that counts modes where the data have none.
    """
    chosen = fitting(metric, reference.dataset)

    def score(sigmas: np.ndarray) -> Estimate:
        return chosen.turned(
            evaluate(draw_samples(denoiser, sigmas, solver, seed, n, device), reference, [metric])[metric]
        )

    return score
