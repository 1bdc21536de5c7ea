"""Cells of the study for the bundled digits: what is compared there besides what `benchmarks.digits` has measured.

Measured on the same seed, by as many samples and the same figures, so that the rows of both stand side by side.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import product
from typing import Any

import pandas as pd

from ays_toy import names, seeds
from ays_toy.images import comparators, compared, optimizing, results
from ays_toy.images.config import SAMPLES
from ays_toy.images.sampling import draw_samples
from ays_toy.optimize import NEAR, RIVALS
from ays_toy.runs.evidence import DIGITS
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import Schedule
from benchmarks import digits
from benchmarks.cells import Case

FIGURE = "frechet"  # that stops the paper's search
WHICH = ("ays", "p-optimum", *RIVALS)  # what `benchmarks.digits` leaves out


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
    """The cases that `benchmarks.digits` has, those of few steps first."""
    return [Case(DIGITS, DIGITS, solver, steps) for steps, solver in product(digits.STEPS, digits.SOLVERS)]


def find(case: Case, name: str) -> Schedule:
    """The schedule of that name for a case, with what it cost."""
    judge, gram, x0 = digits.prepared()
    if name in RIVALS:
        return comparators.find(judge.model, gram, x0, name, case.solver, case.steps)
    began, calls = time.perf_counter(), gram.paths * gram.grid.size
    if name == "p-optimum":
        found = compared.optimum(gram, case.steps, results.POWER)
        return Schedule(name, found.title, found.sigmas, calls, time.perf_counter() - began)
    search = optimizing.Search(case.solver, case.steps, name, FIGURE)
    *_, last = optimizing.find(judge, gram, x0, search)
    scored = len(last.sweeps) * search.plan.rounds[-1][0]
    calls += scored * denoiser_calls(case.solver, case.steps)
    return Schedule(name, names.title(name), last.sigmas, calls, time.perf_counter() - began)


def measure(case: Case, which: Iterable[str] = WHICH) -> pd.DataFrame:
    """All rows of a case: find the schedules, and measure them on the seed that nothing was found with."""
    return pd.DataFrame(row for name in which for row in rows_of(case, find(case, name)))


def rows_of(case: Case, found: Schedule) -> Iterator[dict[str, Any]]:
    """A row for the price of a schedule and for every figure of its images."""
    judge, gram, _ = digits.prepared()
    about = {**asdict(case), "schedule": found.name, "title": found.title}
    about |= {"calls": found.calls, "seconds": found.seconds}
    price = gram.price(found.sigmas)
    yield {
        **about,
        **{"metric": "klub", "seed": seeds.PASS, "value": price.value, "stderr": price.stderr},
        "levels": found.sigmas.tolist(),
    }
    images = draw_samples(judge.model, found.sigmas, case.solver, digits.FRESH_SEED, SAMPLES)
    for figure in results.SHIPPED_FIGURES:
        one = judge.measure(images, figure, digits.FRESH_SEED)
        yield {**about, "metric": figure, "seed": digits.FRESH_SEED, "value": one.value, "stderr": one.stderr}
