"""The last part of a choice: all levels moved together, along gradients of a metric through the sampler itself.

The levels are free as shares of the range in log sigma, one a step, none of which can vanish; both ends stay. Every
iteration samples with noise of its own, so that what is fitted is the sampler and not one draw.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from ays_toy.data.denoisers import Denoiser
from ays_toy.estimates import Estimate
from ays_toy.models.adam import Adam
from ays_toy.optimize.candidates import Candidate, moved
from ays_toy.optimize.stopping import Score
from ays_toy.sampling.samplers import denoiser_calls, sample
from ays_toy.sampling.schedules import validate

FLOOR = 1e-3  # of an even share, that every step keeps
AVERAGED = 1 / 3  # of the iterations, the last ones, whose mean is taken

Walk = Callable[[torch.Tensor, int, torch.Generator], torch.Tensor]  # what is free, with a gradient -> samples, too
Pull = Callable[[torch.Tensor], torch.Tensor]  # samples -> the gradient of their metric, shaped as they are


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
    to where the score is less. `score` judges levels on noise of its own, which is not the generator's: half way and at
    the end, and what did best is kept, the start where nothing was better. Raises ValueError for a bad schedule or an
    unknown solver.
    """
    first, work = validate(sigmas), effort or Effort()
    if pull is None:
        way, calls = [one.sigmas for one in moved(Candidate("yours", "Yours", first), _judged_by(score))], 0
    else:
        way = list(descend(_walk_of(denoiser, solver, first, shape), pull, first, work, generator))
        calls = work.iterations * work.samples * denoiser_calls(solver, first.size - 1)
    tried = [(one, score(one)) for one in (first, way[len(way) // 2], way[-1])]
    best, found = min(tried, key=lambda pair: pair[1].value)
    return Refined(best, found, tried[0][1], len(way), calls)


def _judged_by(score: Score) -> Callable[[Candidate], Candidate]:
    return lambda one: replace(one, score=score(one.sigmas))


def _walk_of(denoiser: Denoiser, solver: str, sigmas: np.ndarray, shape: tuple[int, ...]) -> Walk:
    """Samples of independent noise from a generator, on its device."""

    def walk(levels: torch.Tensor, count: int, drawn: torch.Generator) -> torch.Tensor:
        x_T = float(sigmas[0]) * torch.randn(count, *shape, generator=drawn, device=drawn.device)
        return sample(denoiser, x_T, levels, solver, generator=drawn)

    return walk


def descend(
    walk: Walk, pull: Pull, sigmas: np.ndarray, effort: Effort, generator: torch.Generator
) -> Iterator[np.ndarray]:
    """Move a schedule [n+1] down the gradient of a metric by Adam, yielding the levels after every iteration.

    What is yielded is the mean of the last third of the iterations so far, in log sigma.
    """
    levels = validate(sigmas)
    gaps = -np.diff(np.log(levels))
    shares = torch.tensor(np.log(gaps / gaps.sum())).requires_grad_()

    def moved_walk(free: torch.Tensor, count: int, drawn: torch.Generator) -> torch.Tensor:
        return walk(spread(free, levels[0], levels[-1]), count, drawn)

    for mean in fitted(shares, moved_walk, pull, effort, generator):
        yield validate(spread(mean, levels[0], levels[-1]).numpy())


def fitted(
    free: torch.Tensor, walk: Walk, pull: Pull, effort: Effort, generator: torch.Generator
) -> Iterator[torch.Tensor]:
    """Move what a walk is free in down the gradient of a metric by Adam, yielding the mean of the last third so far."""
    adam, past = Adam([free]), []
    for k in range(effort.iterations):
        x = walk(free, effort.samples, generator)
        (slope,) = torch.autograd.grad((x * pull(x.detach())).sum(), free)
        free.grad = slope.nan_to_num() / max(1.0, float(slope.norm()))
        adam.step(effort.rate * (1 - k / effort.iterations) ** 0.7)
        past.append(free.detach().clone())
        yield torch.stack(past[-max(1, round(AVERAGED * len(past))) :]).mean(0)


def spread(shares: torch.Tensor, high: float, low: float) -> torch.Tensor:
    """The levels [n+1] from high to low whose steps take such shares [n] of the range in log sigma (by softmax)."""
    gaps = FLOOR / len(shares) + (1 - FLOOR) * shares.softmax(0)
    inner = math.log(high) - math.log(high / low) * gaps.cumsum(0)[:-1]
    ends = torch.tensor([high, low], dtype=shares.dtype)
    return torch.cat([ends[:1], inner.exp(), ends[1:]])
