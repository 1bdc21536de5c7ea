"""Schedules for an image model by the same three ways as in 2D: the exact programme, the paper's search, the choice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from ays_toy import names, optimize
from ays_toy.checks import lookup
from ays_toy.images.baselines import baselines
from ays_toy.images.choose import Effort, ImageChoice, choose, local_errors
from ays_toy.images.models import ImageModel
from ays_toy.images.scores import Judge, check_figure
from ays_toy.metrics import Estimate
from ays_toy.optimize import EarlyStopping, GramCosts, Sweep
from ays_toy.paths import PathGram
from ays_toy.solvers import find as find_solver

ODE_PATHS = 64  # trajectories behind local errors, at most as many as there are images
SEARCH_SEED = 40_000  # apart from the seeds of tables and pictures


@dataclass(frozen=True)
class Search:
    """What is looked for: a schedule of that many steps for a solver, by a method and, where it judges, a figure."""

    solver: str = "stochastic-ddim"
    steps: int = 10
    method: str = "choice"
    figure: str = "frechet-pixels"
    power: float = 2.0  # of the p-optimum
    start: str = "time-uniform"  # of the paper's search; the paper's own for models with discrete timesteps
    seed: int = SEARCH_SEED
    effort: Effort = field(default_factory=Effort)


@dataclass(frozen=True, eq=False)
class Finding:
    """How far a search has come: its best schedule so far, a line on this stage, and all that it has tried."""

    sigmas: np.ndarray
    title: str
    line: str
    choice: ImageChoice | None = None
    sweeps: tuple[Sweep, ...] = ()


def find(judge: Judge, gram: PathGram, x0: torch.Tensor, search: Search) -> Iterator[Finding]:
    """Find a schedule, yielding after every stage; the last one yielded is the result.

    `gram` holds the prices, x0 [N, C, H, W] the images that it was collected from. Raises ValueError for an unknown
    method, solver, start or figure, and for a figure that does not fit model or solver.
    """
    lookup(names.METHODS, search.method, "method")
    find_solver(search.solver)
    if search.method in ("klub-optimum", "p-optimum"):
        power = names.KLUB_POWER if search.method == "klub-optimum" else search.power
        title = names.title("p-optimum", power)
        yield Finding(optimize.optimum(gram, search.steps, power), title, title)
        return
    check_figure(judge.model.name, search.solver, search.figure)
    score = judge.score(search.solver, search.figure)
    yield from (_choice if search.method == "choice" else _search)(judge.model, gram, x0, search, score)


Score = Callable[[np.ndarray, int, int], Estimate]


def _choice(model: ImageModel, gram: PathGram, x0: torch.Tensor, search: Search, score: Score) -> Iterator[Finding]:
    ode = None if find_solver(search.solver).stochastic else local_errors(model, x0[:ODE_PATHS], seed=search.seed - 1)
    found = choose(model, gram, search.solver, search.steps, score, seed=search.seed, effort=search.effort, ode=ode)
    for choice in found:
        count, samples = len(choice.rounds[-1]), choice.best.samples
        line = f"round {len(choice.rounds)}: {count} schedules by {samples:,} samples each, best is {choice.best.name}"
        yield Finding(choice.sigmas, names.title("choice"), line, choice)


def _search(model: ImageModel, gram: PathGram, _x0: torch.Tensor, search: Search, score: Score) -> Iterator[Finding]:
    """The paper's coordinate search on the matrix's prices, stopped early by the figure on held-out noise."""
    start = lookup(baselines(model, search.steps), search.start, "start")
    stopping = EarlyStopping(lambda sigmas: score(sigmas, search.effort.samples[-1], search.seed))
    for sweep in stopping.watch(optimize.coordinate_search(None, None, start, costs=GramCosts(gram))):
        assert sweep.score is not None
        line = (
            f"sweep {sweep.index}: KLUB {sweep.klub.value:.4g}, {search.figure} {sweep.score.value:.4g}, "
            f"best at sweep {stopping.chosen.index}"
        )
        yield Finding(stopping.chosen.sigmas, names.title("ays"), line, sweeps=tuple(stopping.sweeps))
