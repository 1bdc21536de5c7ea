"""Cells of the study for the bundled digits: what is compared there besides what `benchmarks.images` has measured.

Measured on the same seed, by as many samples and the same figures, so that the rows of both stand side by side.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import pandas as pd
import torch

from ays_toy import names, seeds
from ays_toy.images import comparators, compared, optimizing, results
from ays_toy.images.config import EFFORT, SAMPLES
from ays_toy.images.sampling import draw_samples
from ays_toy.images.scores import Judge
from ays_toy.optimize import NEAR, RIVALS
from ays_toy.optimize.rivals.teacher import without_noise
from ays_toy.pricing.ode import OdeWalk
from ays_toy.pricing.paths import PathGram
from ays_toy.runs.evidence import DIGITS
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import SOLVERS
from benchmarks import images
from benchmarks.cells import Case

FIGURE = "frechet"  # that stops the paper's search
SETUP = images.Setup(DIGITS, None, FIGURE, 2 * SAMPLES, EFFORT.iterations, EFFORT.samples, SAMPLES)


def which() -> list[str]:
    """What the results of `benchmarks.images digits` leave out."""
    known = {name for cell in results.of(DIGITS).cells.values() for name in cell}
    return [name for name in ("ays", "p-optimum", *RIVALS) if name not in known]


def prepared() -> tuple[Judge, PathGram, torch.Tensor]:
    """The digits with what judges them, their matrix, and the images it was collected from; once in every process."""
    return images.prepared(SETUP, images.Way())


def settings() -> dict[str, Any]:
    """All that decides the numbers, besides the case, the schedule and the code of this version."""
    return {
        "seeds": [seeds.IMAGE_SEARCH, seeds.IMAGE_ODE_PASS, seeds.RIVAL, seeds.IMAGE_REPORT],
        "samples": SAMPLES,
        "metrics": list(results.SHIPPED_FIGURES),
        "comparators": [optimizing.ODE_PATHS, comparators.LEVELS, comparators.STARTS],
        "search": [FIGURE, NEAR.rounds[-1][0]],
    }


def cases() -> list[Case]:
    """The cases that `benchmarks.images digits` has, of few steps first; solvers with noise before those without it.

    Two processes then have what one of them has found for a solver at hand for its twin.
    """
    known = sorted(results.of(DIGITS).cells, key=lambda cell: (cell[1], not SOLVERS[cell[0]].stochastic))
    return [Case(DIGITS, DIGITS, solver, steps) for solver, steps in known]


@lru_cache(maxsize=1)
def _walk() -> OdeWalk:
    judge, _, x0 = prepared()
    return comparators.walked(judge.model, x0)


@lru_cache(maxsize=64)
def _rival(name: str, solver: str, steps: int) -> Schedule:
    judge, gram, _ = prepared()
    return comparators.find(judge.model, gram, _walk(), name, solver, steps)


def find(case: Case, name: str) -> Schedule:
    """The schedule of that name for a case, with what it cost."""
    judge, gram, x0 = prepared()
    if name in RIVALS:
        return _rival(name, without_noise(case.solver), case.steps)  # they know of no solver with noise
    began, calls = time.perf_counter(), gram.paths * gram.grid.size
    if name == "p-optimum":
        found = compared.optimum(gram, case.steps, results.POWER)
        return Schedule(name, found.title, found.sigmas, calls, time.perf_counter() - began)
    search = optimizing.Search(case.solver, case.steps, name, FIGURE)
    *_, last = optimizing.find(judge, gram, x0, search)
    scored = len(last.sweeps) * search.plan.rounds[-1][0]
    calls += scored * denoiser_calls(case.solver, case.steps)
    return Schedule(name, names.title(name), last.sigmas, calls, time.perf_counter() - began)


def measure(case: Case, which: Iterable[str]) -> pd.DataFrame:
    """All rows of a case: find the schedules, and measure them on the seed that nothing was found with."""
    return pd.DataFrame(row for name in which for row in rows_of(case, find(case, name)))


def rows_of(case: Case, found: Schedule) -> Iterator[dict[str, Any]]:
    """A row for the price of a schedule and for every figure of its images."""
    judge, gram, _ = prepared()
    about = {**asdict(case), "schedule": found.name, "title": found.title}
    about |= {"calls": found.calls, "seconds": found.seconds}
    price = gram.price(found.sigmas)
    yield {
        **about,
        **{"metric": "klub", "seed": seeds.PASS, "value": price.value, "stderr": price.stderr},
        "levels": found.sigmas.tolist(),
    }
    drawn = draw_samples(judge.model, found.sigmas, case.solver, SETUP.seed, SAMPLES)
    for figure in results.SHIPPED_FIGURES:
        one = judge.measure(drawn, figure, SETUP.seed)
        yield {**about, "metric": figure, "seed": SETUP.seed, "value": one.value, "stderr": one.stderr}
