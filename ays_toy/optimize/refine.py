"""The last part of a choice: all levels moved together, along gradients of a metric through the sampler itself.

The levels are free as shares of the range in log sigma, one a step, none of which can vanish; both ends stay. Every
iteration has a seed of its own, for noise that makes it the sampler that is fitted and not one draw.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ays_toy.data.denoisers import Denoiser
from ays_toy.estimates import Estimate
from ays_toy.models.adam import Adam
from ays_toy.optimize.candidates import Candidate, blend, moved
from ays_toy.optimize.stopping import Score
from ays_toy.sampling.samplers import denoiser_calls, sample
from ays_toy.sampling.schedules import validate

FLOOR = 1e-3  # of an even share, that every step keeps
AVERAGED = 1 / 3  # of the iterations, the last ones, whose mean is taken
PARTS = (0.5, 0.75)  # of the way of a refinement, that are tried too
MOST_ITERATIONS = 10_000
DIFFERENCE = 0.002  # of the logarithm of a share, where slopes are taken by differences

Walk = Callable[[torch.Tensor, int, int], torch.Tensor]  # what is free, a count, a seed -> what is judged [count, ...]
Pull = Callable[[torch.Tensor], torch.Tensor]  # what is judged -> the gradient of its metric, shaped as it is
Seen = Callable[[torch.Tensor], torch.Tensor]  # shares [n] -> what is judged, on the noise of one iteration
Slope = Callable[[Seen, torch.Tensor, Pull], torch.Tensor]  # -> the slope of the metric by the shares [n]


@dataclass(frozen=True)
class Effort:
    """How long a refinement goes on, by how many samples an iteration, and how far it moves at first."""

    iterations: int = 60
    samples: int = 1024
    rate: float = 0.06


@dataclass(frozen=True, eq=False)
class Refined:
    """What a refinement has led to, no worse than its start on held-out samples, and the evidence for it."""

    sigmas: np.ndarray  # [n+1]
    score: Estimate  # of these levels
    start: Estimate  # of those it began with, on the same samples
    iterations: int
    calls: int  # of the denoiser, on the way; gradients have cost as many backward


def refine(
    denoiser: Denoiser,
    sigmas: np.ndarray,
    solver: str,
    *,
    score: Score,
    generator: torch.Generator,
    pull: Pull | None = None,
    shape: tuple[int, ...] = (2,),
    effort: Effort | None = None,
) -> Refined:
    """Move all levels [n+1] of a schedule but the ends to where samples have a better score.

    `pull` gives the gradient of their metric by samples [N, *shape]; without one, neighboring levels are moved by turns
    to where the score is less. `score` judges levels on noise of its own, which is not the generator's: those that the
    way leads to, as `offered`, and what did best is kept, the start where nothing was better. Raises ValueError for a
    bad schedule or an unknown solver.

    Examples:
        >>> data, generator = datasets.get("ring-8"), torch.Generator().manual_seed(0)
        >>> reference = metrics.Reference.of(data, 0.002, n=500, generator=generator)
        >>> score = optimize.sample_score(data.denoiser(), reference, "ddim", seed=1, n=500)
        >>> found = optimize.refine(data.denoiser(), schedules.edm(4), "ddim", score=score, generator=generator)
        >>> found.score.value <= found.start.value
        True
    """
    first, work = validate(sigmas), effort or Effort()
    if pull is None:
        way, calls = [one.sigmas for one in moved(Candidate("yours", "Yours", first), _judged_by(score))], 0
    else:
        way = list(descend(_walk_of(denoiser, solver, first, shape, generator.device), pull, first, work, generator))
        calls = work.iterations * work.samples * denoiser_calls(solver, first.size - 1)
    tried = [(one, score(one)) for one in (first, *offered(first, way).values())]
    best, found = min(tried, key=lambda pair: pair[1].value)
    return Refined(best, found, tried[0][1], len(way), calls)


def offered(start: np.ndarray, way: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """What a refinement has led to, after every iteration levels [n+1] of `way`, by how much of it that is.

    Its end, what it had reached in half the time, and shares of the way there, which gain less and cost less by other
    metrics. Nothing where there was no iteration.
    """
    if not way:
        return {}
    found = {"": way[-1]}
    if len(way) > 1:
        found[" for half as long"] = way[len(way) // 2 - 1]
    return found | {f" by {share:.0%}": blend(start, way[-1], share) for share in PARTS}


def _judged_by(score: Score) -> Callable[[Candidate], Candidate]:
    return lambda one: replace(one, score=score(one.sigmas))


def _walk_of(denoiser: Denoiser, solver: str, sigmas: np.ndarray, shape: tuple[int, ...], device: torch.device) -> Walk:
    """Samples of independent noise, on that device."""

    def walk(levels: torch.Tensor, count: int, seed: int) -> torch.Tensor:
        drawn = torch.Generator(device).manual_seed(seed)
        x_T = float(sigmas[0]) * torch.randn(count, *shape, generator=drawn, device=device)
        return sample(denoiser, x_T, levels, solver, generator=drawn)

    return walk


def by_gradient(judged: Seen, shares: torch.Tensor, pull: Pull) -> torch.Tensor:
    """The slope [n] of a metric by the shares [n], through what is judged and the sampler behind it."""
    x = judged(shares)
    (slope,) = torch.autograd.grad((x * pull(x.detach())).sum(), shares)
    return slope


@torch.no_grad()
def by_differences(judged: Seen, shares: torch.Tensor, pull: Pull) -> torch.Tensor:
    """The same for denoisers without a gradient: one share grows after the other, on the same noise.

    That takes n walks. The last share needs none, since nothing changes where all of them grow alike.
    """
    x = judged(shares)
    toward = pull(x)
    grown = shares + DIFFERENCE * torch.eye(len(shares), dtype=shares.dtype)[:-1]
    slope = torch.stack([((judged(one) - x) * toward).sum().to(shares) / DIFFERENCE for one in grown])
    return torch.cat([slope, -slope.sum(0, keepdim=True)])


def descend(
    walk: Walk, pull: Pull, sigmas: np.ndarray, effort: Effort, generator: torch.Generator, slope: Slope = by_gradient
) -> Iterator[np.ndarray]:
    """Move a schedule [n+1] down the slope of a metric by Adam, yielding the levels after every iteration.

    What is yielded is the mean of the last third of the iterations so far, in log sigma. `slope` is how that is
    taken.
    """
    levels = validate(sigmas)
    gaps = -np.diff(np.log(levels))
    shares = torch.tensor(np.log(gaps / gaps.sum())).requires_grad_()

    def moved_walk(free: torch.Tensor, count: int, seed: int) -> torch.Tensor:
        return walk(spread(free, levels[0], levels[-1]), count, seed)

    for mean in fitted(shares, moved_walk, pull, effort, generator, slope):
        yield validate(spread(mean, levels[0], levels[-1]).numpy())


def fitted(
    free: torch.Tensor, walk: Walk, pull: Pull, effort: Effort, generator: torch.Generator, slope: Slope = by_gradient
) -> Iterator[torch.Tensor]:
    """Move what a walk is free in down the slope of a metric by Adam, yielding the mean of the last third so far."""
    adam, past = Adam([free]), []
    for k in range(effort.iterations):
        seed = int(torch.randint(2**31 - 1, (), generator=generator, device=generator.device))

        def judged(at: torch.Tensor, seed: int = seed) -> torch.Tensor:
            return walk(at, effort.samples, seed)

        found = slope(judged, free, pull)
        free.grad = found.nan_to_num() / max(1.0, float(found.norm()))
        adam.step(effort.rate * (1 - k / effort.iterations) ** 0.7)
        past.append(free.detach().clone())
        yield torch.stack(past[-max(1, round(AVERAGED * len(past))) :]).mean(0)


def spread(shares: torch.Tensor, high: float, low: float) -> torch.Tensor:
    """The levels [n+1] from high to low whose steps take such shares [n] of the range in log sigma (by softmax)."""
    gaps = FLOOR / len(shares) + (1 - FLOOR) * shares.softmax(0)
    inner = math.log(high) - math.log(high / low) * gaps.cumsum(0)[:-1]
    ends = torch.tensor([high, low], dtype=shares.dtype)
    return torch.cat([ends[:1], inner.exp(), ends[1:]])
