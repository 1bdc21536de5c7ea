"""What the automatic choice tries, and how schedules that did well make others: blended, or moved a little."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from ays_toy import names
from ays_toy.metrics import Estimate
from ays_toy.sampling.schedules import Schedule, validate

MOVES = (0.35, 0.18)  # of the way to the next level, in log sigma, in the first sweep and the second
LEAST_SECOND = 0.1  # of the second figure over its floor, that its change is a share of where a start has less
SECOND = 0.06  # what a second figure counts in a refinement, both figures being shares of the start's
GROUPS = 4  # of levels that move together, at most


@dataclass(frozen=True, eq=False)
class Candidate(Schedule):
    """A schedule, whose title says where it comes from, and its score in the last round it took part in."""

    score: Estimate | None = None  # lower is better
    samples: int = 0  # that the score rests on
    beside: Estimate | None = None  # the same samples by a second metric, where a refinement was held to it
    refused: bool = False  # since that loses more than the refinement gains

    @property
    def is_baseline(self) -> bool:
        """Whether it is one of the six families, unchanged."""
        return self.name in names.BASELINES

    @property
    def loss(self) -> float:
        """Its score as a number; infinite where it may not be taken."""
        return self.score.value if self.score and not self.refused else np.inf


def gained(start: Candidate, other: Candidate, floor: float) -> float:
    """How much less the sum of both figures is than the start's, in shares of those; the second one over its floor."""
    assert start.score is not None
    assert other.score is not None
    size = max(abs(start.score.value), start.score.stderr) or 1.0  # where it is zero for sure, nothing can be gained
    gain = (start.score.value - other.score.value) / size
    if start.beside is None or other.beside is None:
        return gain
    before, after = (max(0.0, one.beside.value - floor) for one in (start, other) if one.beside)
    return gain + SECOND * (before - after) / max(before, LEAST_SECOND)


Rounds = tuple[tuple[Candidate, ...], ...]  # of a choice, in each the best first


def best_baseline(scored: Iterable[Candidate]) -> Candidate:
    """The first baseline of candidates that stand best first."""
    return next(candidate for candidate in scored if candidate.is_baseline)


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each candidate once, in order."""
    return list({candidate.title: candidate for candidate in candidates}.values())


def blend(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """The schedule [n+1] that lies `share` of the way from the first to the second in log sigma, level by level.

    Examples:
        >>> optimize.blend(np.array([100.0, 1.0, 0.01]), np.array([100.0, 0.01, 0.01]), 0.5).round(3).tolist()
        [100.0, 0.1, 0.01]
    """
    mixed = np.exp((1 - share) * np.log(first) + share * np.log(second))
    mixed[0], mixed[-1] = first[0], first[-1]
    return validate(mixed)


def blends(pairs: Iterable[tuple[Candidate, Candidate]], shares: Iterable[float]) -> list[Candidate]:
    """Every pair blended, in all those shares."""
    return [
        Candidate("choice", names.blend(a.title, b.title, share), blend(a.sigmas, b.sigmas, share))
        for (a, b), share in product(pairs, shares)
    ]


def moved(start: Candidate, scored: Callable[[Candidate], Candidate]) -> Iterator[Candidate]:
    """The start and every schedule on the way down from it, a group of neighboring levels moved at a time."""
    best = scored(start)
    yield best
    inner = start.sigmas.size - 2
    centers = np.linspace(1, inner, min(inner, GROUPS))
    reach = max(1.0, (inner - 1) / max(1, GROUPS - 1))
    for size, center in product(MOVES, centers):
        share = size * np.maximum(0.0, 1 - np.abs(np.arange(inner + 2) - center) / reach)
        for up in (True, False):
            tried = scored(Candidate("choice", f"{start.title}, moved", shifted(best.sigmas, share, up)))
            if tried.loss < best.loss:
                best = tried
                yield best
                break


def shifted(sigmas: np.ndarray, share: np.ndarray, up: bool) -> np.ndarray:
    """Every inner level moved a share [n+1], below one, of the way to its upper or lower neighbor, in log sigma."""
    logs = np.log(sigmas)
    to = np.concatenate([logs[:1], logs[:-2], logs[-1:]] if up else [logs[:1], logs[2:], logs[-1:]])
    levels = np.exp(logs + share * (to - logs))
    levels[0], levels[-1] = sigmas[0], sigmas[-1]
    return validate(levels)
