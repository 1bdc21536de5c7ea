"""The automatic choice for images: what is near the best baseline, judged by output on seeds of its own.

On images the unblended optimum often loses, and what gains lies between it and the best baseline. So three rounds, each
with fresh noise and more samples for fewer schedules: baselines and optima of several weights; blends of the best of
both in log sigma; and the best of those pushed further, along the same line and towards either end of the range.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import torch

from ays_toy.checks import lookup, whole_number
from ays_toy.images.baselines import baselines
from ays_toy.images.collect import grid_for
from ays_toy.images.models import ImageModel
from ays_toy.metrics import Estimate
from ays_toy.ode import EXTRAPOLATES, OdePaths
from ays_toy.optimize import Candidate, blend, ode_schedules, optimum
from ays_toy.paths import PathGram
from ays_toy.samplers import SOLVERS
from ays_toy.schedules import validate

POWERS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
GAMMAS = (1.0, 2.0)
SHARES = (0.25, 0.5, 0.75)
WARPS = (0.85, 0.93, 1.08, 1.18)
ODE_LEVELS = 48

Score = Callable[[np.ndarray, int, int], Estimate]  # of levels, by that many samples of that seed; lower is better


@dataclass(frozen=True)
class Effort:
    """Samples behind every score of the three rounds, and how many schedules go on from the first two."""

    samples: tuple[int, int, int] = (512, 1024, 2048)
    keep: tuple[int, int] = (3, 3)


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
    """Choose a schedule of that many steps for a model and solver by its score, yielding after each of three rounds.

    The matrix prices the optima; `ode`, for solvers of the ODE, those by local error. Every round has noise of its own,
    and the best baseline is in all of them. The last round's score is the best of several: report it on other seeds.
    """
    chosen, effort = lookup(SOLVERS, solver, "solver"), effort or Effort()
    whole_number(steps, "The number of steps", 2, gram.grid.size - 1)
    families = [Candidate(name, sigmas) for name, sigmas in baselines(model, steps).items()]
    found = [Candidate(f"optimum p = {power:g}", optimum(gram, steps, power)) for power in POWERS]
    if not chosen.stochastic and ode is not None:
        kind = solver if solver in EXTRAPOLATES else "ddim"
        found += [
            Candidate(f"ODE optimum, γ = {gamma:g}", ode_schedules(ode, steps, kind, gamma)[steps]) for gamma in GAMMAS
        ]
    rounds: list[tuple[Candidate, ...]] = []

    def judged(field: Iterable[Candidate]) -> ImageChoice:
        samples, noise = effort.samples[len(rounds)], seed + len(rounds)
        scored = [replace(c, score=score(c.sigmas, samples, noise), samples=samples) for c in field]
        rounds.append(tuple(sorted(scored, key=_value)))
        return ImageChoice(rounds[-1][0], _best_baseline(rounds[-1]), tuple(rounds))

    choice = judged([*families, *found])
    yield choice
    base, first = choice.baseline, rounds[0]
    others = [c for c in first if c.name != base.name][: effort.keep[0]]
    blends = [_blend(base, other, share) for other, share in product(others, SHARES)]
    choice = judged([base, *others[:1], *blends])
    yield choice
    leaders = [c for c in rounds[1] if c.name != base.name][: effort.keep[1]]
    pushed = [
        Candidate(f"{leaders[0].name}, {'later' if warp < 1 else 'earlier'} {abs(warp - 1):.0%}", sigmas)
        for warp in WARPS
        if (sigmas := warped(leaders[0].sigmas, warp)) is not None
    ]
    yield judged([base, *leaders, *pushed])


def local_errors(model: ImageModel, x0: torch.Tensor, *, seed: int, levels: int = ODE_LEVELS) -> OdePaths:
    """Trajectories of the ODE from the noised images, for optima by the solver's own local error."""
    generator = torch.Generator().manual_seed(seed)
    x_T = x0 + model.sigma_max * torch.randn(x0.shape, generator=generator)
    return OdePaths.collect(model.denoiser, x_T, grid_for(model, levels))


def warped(sigmas: np.ndarray, power: float) -> np.ndarray:
    """The schedule read at (k/n)^power instead of k/n in log sigma -> [n+1]; above 1 it stays high for longer."""
    u = np.linspace(0.0, 1.0, sigmas.size)
    levels = np.exp(np.interp(u**power, u, np.log(sigmas)))
    levels[0], levels[-1] = sigmas[0], sigmas[-1]
    return validate(levels)


def _blend(base: Candidate, other: Candidate, share: float) -> Candidate:
    return Candidate(f"{share:.0%} from {base.name} to {other.name}", blend(base.sigmas, other.sigmas, share))


def _value(candidate: Candidate) -> float:
    return candidate.score.value if candidate.score else np.inf


def _best_baseline(scored: Iterable[Candidate]) -> Candidate:
    return next(c for c in scored if c.is_baseline)
