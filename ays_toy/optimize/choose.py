"""The automatic choice: many candidate schedules, few kept, judged by the output on held-out noise and data.

No single rule is best for every solver and step count, so candidates come from several: the exact programme for a range
of powers, local errors along the ODE where the solver follows it, the six baselines, and blends in log sigma between
what has done best. Each round draws more samples, from other seeds, for fewer candidates.
"""

import math
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import torch

from ays_toy import names
from ays_toy.checks import SIGMA_MAX, SIGMA_MIN, lookup, sigma_range, whole_number
from ays_toy.datasets import Dataset, equal
from ays_toy.denoisers import Denoiser
from ays_toy.metrics import METRICS, Estimate, Reference
from ays_toy.ode import OdePaths
from ays_toy.optimize.exact import ode_schedules, optimum
from ays_toy.optimize.stopping import sample_score
from ays_toy.paths import PathGram
from ays_toy.schedules import SCHEDULES, logsnr, validate
from ays_toy.solvers import SOLVERS, Solver, find, priced
from ays_toy.words import significant

POWERS = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5)
GAMMAS = (1.0, 1.5, 2.0)
BLENDS = (0.25, 0.5, 0.75)
BASELINE_TITLES = frozenset(names.BASELINES.values())
ROUNDS = ((1024, 6), (4096, 4), (16_384, 1))  # samples for each candidate, and how many go on


@dataclass(frozen=True, eq=False)
class Candidate:
    """A schedule, its title, which says where it comes from, and its score in the last round it took part in."""

    name: str
    sigmas: np.ndarray
    score: Estimate | None = None  # lower is better, see `sample_score`
    samples: int = 0  # that the score rests on

    @property
    def is_baseline(self) -> bool:
        """Whether it is one of the six families, unchanged."""
        return self.name in BASELINE_TITLES


@dataclass(frozen=True, eq=False)
class Choice:
    """The chosen schedule and the evidence for it: the best baseline on the same seeds, and all that was tried."""

    best: Candidate
    baseline: Candidate
    tried: tuple[Candidate, ...]  # best first within each round, the last round first
    metric: str

    @property
    def sigmas(self) -> np.ndarray:
        """The chosen noise levels [n+1]."""
        return self.best.sigmas

    @property
    def reason(self) -> str:
        """One sentence on what was chosen, against what, by how much."""
        ours, theirs = self.best.score, self.baseline.score
        assert ours is not None
        assert theirs is not None
        metric = METRICS[self.metric]
        sign = -1 if metric.higher_is_better else 1
        mine, other = (significant(sign * score.value, score.stderr) for score in (ours, theirs))
        if self.best.is_baseline:
            return f"The baseline {self.best.name} did best: {metric.title} {mine}."
        gap, noise = theirs.value - ours.value, math.hypot(ours.stderr, theirs.stderr)
        sure = "" if gap > 2 * noise else " The two differ by less than their error bars tell apart."
        return (
            f"Chosen: {self.best.name}. {metric.title} {mine}, against {other} of the best baseline, "
            f"{self.baseline.name} ({self.best.samples:,} samples each).{sure}"
        )


def choose(
    denoiser: Denoiser,
    x0: torch.Tensor,
    solver: str,
    steps: int,
    *,
    generator: torch.Generator,
    metric: str = "energy",
    sigma_min: float = SIGMA_MIN,
    sigma_max: float = SIGMA_MAX,
    data: Dataset | None = None,
) -> Choice:
    """Choose a schedule of that many steps for a denoiser and solver by an output metric, on held-out seeds.

    x0 [N, 2] are clean points; half of them give the prices, the other half (or `data`, where it can be sampled) what
    samples are held against, which are drawn on x0's device. A baseline is chosen where none does better. Metrics with
    modes need `data`. The score is that of the last round: report it on seeds of your own. Raises ValueError for
    unknown names and bad ranges.
    """
    chosen = find(solver)
    lookup(METRICS, metric, "metric")
    low, high = sigma_range(sigma_min, sigma_max)
    whole_number(steps, "The number of steps", 2, 60)
    if len(x0) < 200:
        raise ValueError(f"Choosing a schedule needs at least 200 points x0; it has {len(x0)}.")
    half = len(x0) // 2
    held_out = data or Dataset("held-out", "Held-out points", "", equal(x0[half:].double().cpu().numpy(), 0.0))
    seeds = [int(torch.randint(2**31 - 1, (), generator=generator, device=generator.device)) for _ in ROUNDS]

    field = [Candidate(names.title(name), family(steps, low, high)) for name, family in SCHEDULES.items()]
    field += _optimized(denoiser, x0[:half], chosen, steps, low, high, generator)
    rounds: list[list[Candidate]] = []
    for (count, keep), seed in zip(ROUNDS, seeds, strict=True):
        draws = torch.Generator().manual_seed(seed)
        reference = Reference.of(held_out, low, n=count, generator=draws)
        score = sample_score(denoiser, reference, solver, seed=seed + 1, n=count, metric=metric, device=x0.device)
        scored = [replace(c, score=score(c.sigmas), samples=count) for c in field]
        scored.sort(key=lambda c: c.score.value if c.score else np.inf)
        rounds.append(scored)
        # The best baseline always goes on, so that the last round holds the comparison.
        ahead = [*scored[:keep], next(c for c in scored if c.is_baseline)]
        field = list({c.name: c for c in ahead}.values())
        if len(rounds) == 1:
            field += _blends(field)
    last = rounds[-1]
    tried = tuple(candidate for scored in reversed(rounds) for candidate in scored)
    return Choice(last[0], next(c for c in last if c.is_baseline), tried, metric)


def _optimized(
    denoiser: Denoiser,
    x0: torch.Tensor,
    solver: Solver,
    steps: int,
    low: float,
    high: float,
    generator: torch.Generator,
) -> list[Candidate]:
    """The optimum of every power over forward paths and, for solvers of the ODE, of every gamma along it."""
    gram = PathGram.collect(denoiser, x0[:4096], logsnr(95, low, high), generator=generator)
    found = [Candidate(names.title("p-optimum", power), optimum(gram, steps, power)) for power in POWERS]
    if not solver.stochastic:
        x_T = x0[:1024] + high * torch.randn(x0[:1024].shape, generator=generator, device=x0.device)
        paths = OdePaths.collect(denoiser, x_T, logsnr(63, low, high))
        kinds = [solver.price] if solver.price else priced(stochastic=False)
        found += [
            Candidate(ode_title(gamma, kind, solver), ode_schedules(paths, steps, kind, gamma)[steps])
            for kind, gamma in product(kinds, GAMMAS)
        ]
    return found


def ode_title(gamma: float, price: str | None, solver: Solver) -> str:
    """The title of an optimum over local errors for a solver; whose errors, where they are not its own."""
    whose = "" if price is None or price == solver.name else f", for {SOLVERS[price].title}"
    return names.ode_optimum(gamma) + whose


def blend(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """The schedule [n+1] that lies `share` of the way from the first to the second in log sigma, level by level."""
    mixed = np.exp((1 - share) * np.log(first) + share * np.log(second))
    mixed[0], mixed[-1] = first[0], first[-1]
    return validate(mixed)


def _blends(field: list[Candidate]) -> list[Candidate]:
    """Blends of the two best with each other and with the best baseline."""
    three = list({c.name: c for c in (field[0], field[1], next(c for c in field if c.is_baseline))}.values())
    return [
        Candidate(names.blend(a.name, b.name, share), blend(a.sigmas, b.sigmas, share))
        for a, b in combinations(three, 2)
        for share in BLENDS
    ]
