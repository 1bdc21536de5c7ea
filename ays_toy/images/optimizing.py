"""Schedules for an image model by the same three ways as in 2D: the exact programme, the paper's search, the choice."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

import torch

from ays_toy import names, optimize, seeds
from ays_toy.checks import lookup
from ays_toy.images.baselines import baselines
from ays_toy.images.collect import grid_for
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.refining import descent
from ays_toy.images.scores import Judge, check_figure
from ays_toy.optimize import Choice, GramCosts, Plan, Subject, Sweep
from ays_toy.pricing.ode import OdePaths, OdeWalk
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import find as find_solver

ODE_PATHS, ODE_LEVELS = 64, 48  # trajectories behind local errors, at most as many as there are images, and levels


@dataclass(frozen=True)
class Search:
    """What is looked for: a schedule of that many steps for a solver, by a method and, where it judges, a figure."""

    solver: str = "stochastic-ddim"
    steps: int = 10
    method: str = "choice"
    figure: str = "frechet-pixels"
    power: float = 2.0  # of the p-optimum
    start: str = "time-uniform"  # of the paper's search; the paper's own for models with discrete timesteps
    seed: int = seeds.IMAGE_SEARCH
    plan: Plan = optimize.NEAR  # of the choice; the paper's search is scored by as many samples as its last round


@dataclass(frozen=True, eq=False)
class Finding(Schedule):
    """How far a search has come: its best schedule so far, a line on this stage, and all that it has tried."""

    line: str = ""
    choice: Choice | None = None
    sweeps: tuple[Sweep, ...] = ()


def find(judge: Judge, gram: PathGram, x0: torch.Tensor, search: Search) -> Iterator[Finding]:
    """Find a schedule, yielding after every stage; the last one yielded is the result.

    `gram` holds the prices, x0 [N, C, H, W] the images that it was collected from. Raises ValueError for an unknown
    method, solver, start or figure, and for a figure that does not fit model or solver.
    """
    lookup(names.METHODS, search.method, "method")
    solver = find_solver(search.solver)
    if search.method in ("klub-optimum", "p-optimum"):
        power = names.KLUB_POWER if search.method == "klub-optimum" else search.power
        title = names.title("p-optimum", power)
        yield Finding(names.optimum(power), title, optimize.optimum(gram, search.steps, power), line=title)
        return
    figure, title = check_figure(judge.model.name, search.solver, search.figure), names.title(search.method)
    families, score = baselines(judge.model, search.steps), judge.score(search.solver, search.figure)
    if search.method == "choice":
        ode = None if solver.stochastic else local_errors(judge.model, x0, seed=seeds.IMAGE_ODE_PASS)
        way = partial(descent, judge, search.solver, search.figure)
        subject, before = Subject(search.solver, families, gram, figure, score, ode, descent=way), 0
        for choice in optimize.choices(subject, search.plan, count(search.seed)):
            line = _refining(choice) if len(choice.rounds) == before else _round(choice)
            yield Finding(search.method, title, choice.sigmas, line=line, choice=choice)
            before = len(choice.rounds)
        return
    samples = search.plan.rounds[-1][0]
    found = optimize.stopped_search(
        GramCosts(gram),
        lookup(families, search.start, "start"),
        lambda sigmas: score(sigmas, samples, search.seed),
    )
    for state in found:
        sweep = state.sweeps[-1]
        assert sweep.score is not None
        line = (
            f"sweep {sweep.index}: KLUB {sweep.klub.value:.4g}, {search.figure} {sweep.score.value:.4g}, "
            f"best at sweep {state.chosen}"
        )
        yield Finding(search.method, title, state.sigmas, line=line, sweeps=state.sweeps)


def _round(choice: Choice) -> str:
    done, best = choice.rounds, choice.best
    return f"round {len(done)}: {len(done[-1])} schedules by {best.samples:,} samples each, best is {best.title}"


def _refining(choice: Choice) -> str:
    return f"refining {choice.best.title}, all levels together"


def local_errors(model: ImageModel, x0: torch.Tensor, *, seed: int, levels: int = ODE_LEVELS) -> OdePaths:
    """Trajectories of the ODE from the first of the images, noised, for optima by the solver's own local error."""
    return ode_walk(model, x0, seed=seed, levels=levels).paths


def ode_walk(model: ImageModel, x0: torch.Tensor, *, seed: int, levels: int = ODE_LEVELS) -> OdeWalk:
    """The same trajectories themselves."""
    start, generator = x0[:ODE_PATHS], torch.Generator().manual_seed(seed)
    x_T = start + model.sigma_max * torch.randn(start.shape, generator=generator).to(start)
    return OdeWalk.collect(model.denoiser, x_T, grid_for(model, levels))
