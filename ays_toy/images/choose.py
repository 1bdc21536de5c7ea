"""The automatic choice for images: what is near the best baseline, judged by output on seeds of its own.

On images the unblended optimum often loses, and what gains lies between it and the best baseline. So four rounds, each
with noise of its own: baselines and optima of several weights; blends of the best of both in log sigma; the best of
those moved, a group of neighboring levels at a time, for as long as that lowers the score on the same noise; and last,
on more samples, what has led each round beside the best baseline.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import torch

from ays_toy import names
from ays_toy.checks import whole_number
from ays_toy.images.baselines import baselines
from ays_toy.images.collect import grid_for
from ays_toy.images.models import ImageModel
from ays_toy.metrics import Estimate
from ays_toy.ode import OdePaths
from ays_toy.optimize import Candidate, blend, ode_schedules, ode_title, optimum
from ays_toy.paths import PathGram
from ays_toy.schedules import validate
from ays_toy.solvers import find, priced

POWERS = (0.25, 0.5, 1.0, 1.5, 2.0)
GAMMAS = (1.0, 2.0)
SHARES = (0.25, 0.5, 0.75)
MOVES = (0.35, 0.18)  # of the way to the next level, in log sigma, in the first sweep and the second
GROUPS = 4  # of levels that move together, at most
ODE_LEVELS = 48

Score = Callable[[np.ndarray, int, int], Estimate]  # of levels, by that many samples of that seed; lower is better


@dataclass(frozen=True)
class Effort:
    """Samples behind every score of the four rounds, and how many rivals of the best baseline are blended with it."""

    samples: tuple[int, int, int, int] = (512, 1024, 1024, 2048)
    rivals: int = 2

    @classmethod
    def of(cls, samples: int) -> "Effort":
        """An effort whose last round rests on so many samples; a third of them are enough to compare by."""
        few = max(40, samples // 3)
        return cls((few, few, few, samples))


@dataclass(frozen=True, eq=False)
class ImageChoice:
    """The chosen schedule with the best baseline on the same seeds, and all that was tried, round by round."""

    best: Candidate
    baseline: Candidate
    rounds: tuple[tuple[Candidate, ...], ...]  # best first within each

    @property
    def sigmas(self) -> np.ndarray:
        """The chosen noise levels [n+1]."""
        return self.best.sigmas


def choose(
    model: ImageModel,
    gram: PathGram,
    solver: str,
    steps: int,
    score: Score,
    *,
    seed: int = 0,
    effort: Effort | None = None,
    ode: OdePaths | None = None,
) -> Iterator[ImageChoice]:
    """Choose a schedule of that many steps for a model and solver by its score, yielding after each of four rounds.

    The matrix prices the optima; `ode`, for solvers of the ODE, those by local error. Every round has noise of its own,
    and the best baseline is in the last, where it is chosen unless something does better. That score is the best of
    several: report it on other seeds.
    """
    chosen, effort = find(solver), effort or Effort()
    whole_number(steps, "The number of steps", 2, gram.grid.size - 1)
    families = [Candidate(names.title(name), sigmas) for name, sigmas in baselines(model, steps).items()]
    found = [Candidate(names.title("p-optimum", power), optimum(gram, steps, power)) for power in POWERS]
    if not chosen.stochastic and ode is not None:
        kind = chosen.price or priced(stochastic=False)[0]
        found += [
            Candidate(ode_title(gamma, chosen.price, chosen), ode_schedules(ode, steps, kind, gamma)[steps])
            for gamma in GAMMAS
        ]
    rounds: list[tuple[Candidate, ...]] = []

    def judged(field: Iterable[Candidate]) -> ImageChoice:
        samples, noise = effort.samples[len(rounds)], seed + len(rounds)
        scored = [replace(c, score=score(c.sigmas, samples, noise), samples=samples) for c in field]
        rounds.append(tuple(sorted(scored, key=_value)))
        return ImageChoice(rounds[-1][0], _best_baseline(rounds[-1]), tuple(rounds))

    choice = judged([*families, *found])
    yield choice
    base = choice.baseline
    rivals = [c for c in rounds[0] if c.name != base.name][: effort.rivals]
    blends = [_blend(base, rival, share) for rival, share in product(rivals, SHARES)]
    choice = judged([base, *rivals, *blends])
    yield choice
    leader = choice.best
    noise, samples = seed + len(rounds), effort.samples[2]
    path = list(moved(leader, lambda sigmas: score(sigmas, samples, noise), samples))
    rounds.append(tuple(sorted(path, key=_value)))
    yield ImageChoice(rounds[-1][0], base, tuple(rounds))
    yield judged({c.name: c for c in (base, choice.baseline, leader, rounds[-1][0])}.values())


def moved(start: Candidate, score: Callable[[np.ndarray], Estimate], samples: int) -> Iterator[Candidate]:
    """The start and every schedule on the way down from it, a group of neighboring levels moved at a time."""
    best = replace(start, score=score(start.sigmas), samples=samples)
    yield best
    name, inner = f"{start.name}, moved", start.sigmas.size - 2
    centers = np.linspace(1, inner, min(inner, GROUPS))
    reach = max(1.0, (inner - 1) / max(1, GROUPS - 1))
    for size in MOVES:
        for center in centers:
            share = size * np.maximum(0.0, 1 - np.abs(np.arange(inner + 2) - center) / reach)
            for up in (True, False):
                tried = Candidate(name, shifted(best.sigmas, share, up), samples=samples)
                tried = replace(tried, score=score(tried.sigmas))
                if _value(tried) < _value(best):
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


def local_errors(model: ImageModel, x0: torch.Tensor, *, seed: int, levels: int = ODE_LEVELS) -> OdePaths:
    """Trajectories of the ODE from the noised images, for optima by the solver's own local error."""
    generator = torch.Generator().manual_seed(seed)
    x_T = x0 + model.sigma_max * torch.randn(x0.shape, generator=generator).to(x0)
    return OdePaths.collect(model.denoiser, x_T, grid_for(model, levels))


def _blend(base: Candidate, other: Candidate, share: float) -> Candidate:
    return Candidate(names.blend(base.name, other.name, share), blend(base.sigmas, other.sigmas, share))


def _value(candidate: Candidate) -> float:
    return candidate.score.value if candidate.score else np.inf


def _best_baseline(scored: Iterable[Candidate]) -> Candidate:
    return next(c for c in scored if c.is_baseline)
