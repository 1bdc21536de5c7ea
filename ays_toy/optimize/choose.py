"""The automatic choice: many candidate schedules, few kept, judged by the output on held-out noise and data.

No single rule is best for every solver and step count, so candidates come from several: the exact programme for a range
of powers, local errors along the ODE where the solver follows it, the baselines, and blends in log sigma between what
has done best. What leads is then refined, all levels together. Every round has noise of its own. 2D data and image
models differ in their `Subject` and `Plan` alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import torch

from ays_toy import names
from ays_toy.checks import SIGMA_MAX, SIGMA_MIN, lookup, sigma_range, whole_number
from ays_toy.data.datasets import Dataset, equal
from ays_toy.data.denoisers import Denoiser
from ays_toy.metrics import METRICS, Estimate, Figure
from ays_toy.optimize.candidates import Candidate, Rounds, best_baseline, blends, distinct, gained, moved
from ays_toy.optimize.exact import ode_schedules, optimum
from ays_toy.optimize.points import Points, entropy_of, second_to
from ays_toy.optimize.refine import Effort, offered
from ays_toy.pricing.ode import OdePaths
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import SCHEDULES, logsnr
from ays_toy.sampling.solvers import SOLVERS, Solver, find

MOST_REFINED = 1024  # components of the data


@dataclass(frozen=True)
class Plan:
    """How a choice goes: what is tried, and in which rounds."""

    powers: tuple[float, ...]  # of the optima
    gammas: tuple[float, ...]  # of the optima along the ODE
    stand_ins: tuple[str, ...]  # whose local errors they are over, for solvers of the ODE that have none of their own
    shares: tuple[float, ...]  # of the blends
    rounds: tuple[tuple[int, int], ...]  # samples behind every score, and how many go on from there
    effort: Effort | None = None  # of the refinement of what leads in the end, by as many samples as the last round
    near: bool = False  # whether only the best baseline is blended, and what leads then is moved in a round of its own

    def by(self, samples: int) -> "Plan":
        """The same, its last round resting on so many samples: a third of them are enough to compare by."""
        few, last = max(40, samples // 3), len(self.rounds) - 1
        return replace(
            self, rounds=tuple((few if k < last else samples, keep) for k, (_, keep) in enumerate(self.rounds))
        )

    def refined(self, iterations: int, samples: int | None = None) -> "Plan":
        """The same with so many iterations of its refinement, of so many samples: without one where there are none."""
        before = self.effort or Effort()
        effort = replace(before, iterations=iterations, samples=samples or before.samples)
        return replace(self, effort=effort if iterations else None)

    def moves(self, done: Rounds) -> bool:
        """Whether the round after those is the one in which what leads is moved."""
        return self.near and len(done) == 2

    def field(self, done: Rounds) -> list[Candidate]:
        """Who takes part in the round after those."""
        scored, keep, leader = done[-1], self.rounds[len(done) - 1][1], done[-1][0]
        if not self.near:  # the best baseline always goes on, so that the last round holds the comparison
            ahead = distinct([*scored[:keep], best_baseline(scored)])
            three = distinct([*ahead[:2], best_baseline(scored)]) if len(done) == 1 else []
            return [*ahead, *blends(combinations(three, 2), self.shares)]
        bases = [best_baseline(scored) for scored in done[:2]]
        if len(done) == 1:
            rivals = [candidate for candidate in scored if candidate.title != bases[0].title][:keep]
            return [*bases, *rivals, *blends(product(bases, rivals), self.shares)]
        return [leader] if self.moves(done) else distinct([*bases, done[1][0], leader])


# For data whose samples cost little: many candidates at first, then fewer and more samples.
WIDE = Plan(
    powers=(0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5),
    gammas=(1.0, 1.5, 2.0),
    stand_ins=("ddim", "dpmpp-2m"),
    shares=(0.25, 0.5, 0.75),
    rounds=((1024, 6), (4096, 4), (16_384, 1)),
    effort=Effort(),
)
# For images: the unblended optimum often loses there, and what gains lies between it and the best baseline.
NEAR = Plan(
    powers=(0.25, 0.5, 1.0, 1.5, 2.0),
    gammas=(1.0, 2.0),
    stand_ins=("ddim",),
    shares=(0.25, 0.5, 0.75),
    rounds=((512, 2), (1024, 1), (1024, 1), (2048, 1)),
    effort=Effort(20, 1024, 0.05),
    near=True,
)


@dataclass(frozen=True, eq=False)
class Subject:
    """What a schedule is chosen for, and what judges it.

    `baselines` are its schedules otherwise, [n+1] by name, all over one range; `gram` prices the optima over it, and
    `ode`, for solvers of the ODE, those by local error. score(levels, samples, seed) is the loss, by the `figure`, of
    that many samples from that seed; `beside` is that of the same samples by the `second` figure, which counts a
    little in a refinement, over its `floor`. descent(levels, effort, seed) yields the levels of a refinement after
    every iteration; without one nothing is refined.
    """

    solver: str
    baselines: Mapping[str, np.ndarray]
    gram: PathGram
    figure: Figure
    score: Callable[[np.ndarray, int, int], Estimate]
    ode: OdePaths | None = None
    second: Figure | None = None
    beside: Callable[[np.ndarray, int, int], Estimate] | None = None
    descent: Callable[[np.ndarray, Effort, int], Iterator[np.ndarray]] | None = None
    floor: float = 0.0

    def optima(self, plan: Plan) -> Iterator[Candidate]:
        """The optimum of every power over forward paths and of every gamma along the ODE."""
        steps = next(iter(self.baselines.values())).size - 1
        whole_number(steps, "The number of steps", 2, self.gram.grid.size - 1)
        for power in plan.powers:
            title = names.title("p-optimum", power)
            yield Candidate(names.optimum(power), title, optimum(self.gram, steps, power))
        if self.ode is not None:
            solver = find(self.solver)
            for kind, gamma in product([solver.price] if solver.price else plan.stand_ins, plan.gammas):
                title = ode_title(gamma, kind, solver)
                yield Candidate("ode-optimum", title, ode_schedules(self.ode, steps, kind, gamma)[steps])

    def judge(self, samples: int, seed: int) -> Callable[[Candidate], Candidate]:
        """Gives a candidate its score by so many samples from that seed."""
        return lambda one: replace(one, score=self.score(one.sigmas, samples, seed), samples=samples)

    def compared(self, start: Candidate, others: Iterable[Candidate], samples: int, seed: int) -> list[Candidate]:
        """The start and others with their scores; refused is what loses more by the second figure than it gains."""
        scored = list[Candidate]()
        for one in map(self.judge(samples, seed), [start, *others]):
            now = replace(one, beside=self.beside(one.sigmas, samples, seed) if self.beside else None)
            refused = bool(scored) and not one.is_baseline and gained(scored[0], now, self.floor) < 0
            scored.append(replace(now, refused=refused))
        return scored


@dataclass(frozen=True, eq=False)
class Choice:
    """The chosen schedule and the evidence for it: all that was tried so far, the best baseline on the same seeds."""

    rounds: Rounds
    figure: Figure
    second: Figure | None = None  # that counts a little in the refinement

    @property
    def best(self) -> Candidate:
        """What did best in the last round."""
        return self.rounds[-1][0]

    @property
    def baseline(self) -> Candidate:
        """The baseline that did best in the last round that any took part in."""
        return best_baseline(self.tried)

    @property
    def tried(self) -> tuple[Candidate, ...]:
        """All candidates, best first within each round, the last round first."""
        return _flat(self.rounds)

    @property
    def metric(self) -> str:
        """The name of the figure that decided."""
        return self.figure.name

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
        mine, other = (self.figure.turned(score) for score in (ours, theirs))
        if self.best.is_baseline:
            return f"The baseline {self.best.title} did best: {self.figure.title} {mine}."
        sure = "" if theirs.exceeds(ours) else " The two differ by less than their error bars tell apart."
        return (
            f"Chosen: {self.best.title}. {self.figure.title} {mine}, against {other} of the best baseline, "
            f"{self.baseline.title} ({self.best.samples:,} samples each).{sure}"
        )


def choices(subject: Subject, plan: Plan, seeds: Iterable[int]) -> Iterator[Choice]:
    """Choose among baselines, optima and what comes of them, yielding after every round; the last is the result.

    `seeds` are those of the rounds. A baseline is chosen where none does better. The last score is the best of several:
    report it on other seeds.
    """
    baselines = [Candidate(name, names.title(name), sigmas) for name, sigmas in subject.baselines.items()]
    field = [*baselines, *subject.optima(plan)]
    done: Rounds = ()
    seeds = iter(seeds)
    for samples, _ in plan.rounds:
        scored = subject.judge(samples, next(seeds))
        judged = moved(field[0], scored) if plan.moves(done) else map(scored, field)
        done = (*done, _best_first(judged))
        yield Choice(done, subject.figure, subject.second)
        field = plan.field(done)
    if plan.effort and subject.descent:
        leader, way = done[-1][0], list[np.ndarray]()
        for sigmas in subject.descent(leader.sigmas, plan.effort, next(seeds)):
            way.append(sigmas)
            yield Choice(done, subject.figure, subject.second)
        found = offered(leader.sigmas, way).items()
        refined = [Candidate("choice", f"{leader.title}, refined{part}", levels) for part, levels in found]
        rivals = distinct([leader, *refined, best_baseline(_flat(done))])[1:]
        done = (*done, _best_first(subject.compared(leader, rivals, plan.rounds[-1][0], next(seeds))))
        yield Choice(done, subject.figure, subject.second)


def _best_first(scored: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(scored, key=lambda candidate: candidate.loss))


def _flat(rounds: Rounds) -> tuple[Candidate, ...]:
    """All candidates, best first within each round, the last round first."""
    return tuple(candidate for scored in reversed(rounds) for candidate in scored)


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
    refine: bool = True,
    effort: Effort | None = None,
) -> Choice:
    """Choose a schedule of that many steps for a denoiser and solver by an output metric, on held-out seeds.

    x0 [N, 2] are clean points; half of them give the prices, the other half (or `data`, where it can be sampled) what
    samples are held against, which are drawn on x0's device. A baseline is chosen where none does better. Metrics with
    modes need `data`. What leads is refined with that effort (default: `WIDE`'s), unless `refine` is False or `data`
    are thousands of points, whose gradients take minutes and gain nothing that is seen. The score is that of the last
    round: report it on seeds of your own. Raises ValueError for unknown names and bad ranges.

    Examples:
        >>> data, generator = datasets.get("ring-8"), torch.Generator().manual_seed(0)
        >>> x0 = data.sample(400, generator)
        >>> found = optimize.choose(data.denoiser(), x0, "ddim", 4, generator=generator, refine=False)
        >>> found.sigmas.size
        5
    """
    chosen = find(solver)
    lookup(METRICS, metric, "metric")
    low, high = sigma_range(sigma_min, sigma_max)
    whole_number(steps, "The number of steps", 2, 60)
    if len(x0) < 200:
        raise ValueError(f"Choosing a schedule needs at least 200 points x0; it has {len(x0)}.")
    half = len(x0) // 2
    held_out = data or Dataset("held-out", "Held-out points", "", equal(x0[half:].double().cpu().numpy(), 0.0))
    few = data is None or len(data.mixture.means) <= MOST_REFINED
    plan = replace(WIDE, effort=(effort or WIDE.effort) if refine and few else None)
    draws = len(plan.rounds) + 2
    seeds = [int(torch.randint(2**31 - 1, (), generator=generator, device=generator.device)) for _ in range(draws)]
    entropy = entropy_of(data, low)
    second = second_to(metric, entropy)
    points = Points(denoiser, chosen.name, held_out, metric, second, low, high, entropy, x0.device)
    start, ode = x0[:half], None
    gram = PathGram.collect(denoiser, start[:4096], logsnr(95, low, high), generator=generator)
    if not chosen.stochastic:
        x_T = start[:1024] + high * torch.randn(start[:1024].shape, generator=generator, device=x0.device)
        ode = OdePaths.collect(denoiser, x_T, logsnr(63, low, high))
    families = {name: family(steps, low, high) for name, family in SCHEDULES.items()}
    subject = Subject(
        chosen.name,
        families,
        gram,
        METRICS[metric],
        points.score,
        ode,
        METRICS[second],
        points.beside,
        points.descent,
        points.floor,
    )
    *_, last = choices(subject, plan, seeds)
    return last


def ode_title(gamma: float, price: str | None, solver: Solver) -> str:
    """The title of an optimum over local errors for a solver; whose errors, where they are not its own."""
    whose = "" if price is None or price == solver.name else f", for {SOLVERS[price].title}"
    return names.ode_optimum(gamma) + whose
