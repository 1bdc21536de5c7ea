"""What the best set-up of a kind gives: fitted to EDM and LogSNR, and AYS as it follows."""

import json
from dataclasses import asdict, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from ays_toy import seeds
from ays_toy.estimates import Estimate
from benchmarks.table4 import scan
from benchmarks.table4.printed import FITTED, SLACK, STEPS, TABLE, Kind, Printed
from benchmarks.table4.setups import FIRST_STEPS, SWEEPS, Setup, resampled, searched

_, SEED = seeds.PAPER_BENCHMARK
PICKED, SAMPLES = 1024, 1 << 14  # samples behind what is fitted or picked, on the scan's noise; behind what is reported
TRIALS, SIMPLEX = 15, 0.04  # of a simplex for each number that is free; how far it reaches at first, in logs


def measured(setup: Setup, levels: np.ndarray, solver: str, n: int = SAMPLES, seed: int = SEED) -> Estimate:
    """NLL of n samples, and the standard error of independent ones."""
    nll = setup.surprise(setup.samples(levels, solver, n, seed))
    return Estimate(float(nll.mean()), float(nll.std(ddof=1) / np.sqrt(n)))


def baselines(setup: Setup) -> list[np.ndarray]:
    """The levels behind the numbers that are fitted [6]."""
    return [family(setup.steps(n), setup.low, setup.high) for family, n in product(FITTED.values(), STEPS)]


def polished(kind: Kind, setup: Setup) -> Setup:
    """The set-up moved on to where it fits better, by Nelder and Mead's simplex, and its numbers rounded."""
    printed, corners = TABLE[kind.grid], np.vstack([np.zeros(kind.free), SIMPLEX * np.eye(kind.free)])

    def misfit(logs: np.ndarray) -> float:
        tried = varied(kind, setup, logs)
        nll = [measured(tried, one, printed.solver, PICKED, scan.SEED).value for one in baselines(tried)]
        return float(np.square((nll - printed.fitted) / printed.slack).sum())

    limits = {"maxfev": TRIALS * kind.free, "initial_simplex": corners}
    return varied(kind, setup, minimize(misfit, corners[0], method="Nelder-Mead", options=limits).x)


def varied(kind: Kind, setup: Setup, logs: np.ndarray) -> Setup:
    """A set-up whose free numbers are multiplied by e to the logs; all of them have four digits."""
    factors = iter(np.exp(logs))
    spacing, std = next(factors), next(factors)
    low, high = (next(factors), next(factors)) if kind.free_range else (1.0, 1.0)
    wider, thicker = (next(factors, 1.0), next(factors, 1.0)) if kind.axes in ("spacing", "both") else (1.0, 1.0)
    first, other = setup.lines
    lines = (
        replace(first, spacing=_short(first.spacing * spacing), std=_short(first.std * std)),
        replace(other, spacing=_short(other.spacing * spacing * wider), std=_short(other.std * std * thicker)),
    )
    return replace(setup, lines=lines, low=_short(setup.low * low), high=_short(setup.high * high))


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def followed(setup: Setup, printed: Printed) -> tuple[int, list[np.ndarray]]:
    """The sweep of the paper's search whose NLL is nearest to AYS's row, and its levels: picked with hindsight."""
    sweeps = list(resampled(setup, STEPS))
    sweep = int(np.argmin([sum(map(partial(_off, setup, printed), STEPS, levels)) for levels in sweeps]))
    return sweep, sweeps[sweep]


def followed_alone(setup: Setup, printed: Printed) -> tuple[list[int], list[np.ndarray]]:
    """The same where every number of steps is searched for alone, and stopped after a sweep of its own."""
    picked, levels = list[int](), list[np.ndarray]()
    for n in STEPS:
        sweeps = list(searched(setup, n))
        picked.append(int(np.argmin([_off(setup, printed, n, one) for one in sweeps])))
        levels.append(sweeps[picked[-1]])
    return picked, levels


def _off(setup: Setup, printed: Printed, steps: int, levels: np.ndarray) -> float:
    """How far AYS is from what is printed for so many steps, squared."""
    nll = measured(setup, levels, printed.solver, PICKED, scan.SEED).value
    return (nll - printed.ays[STEPS.index(steps)]) ** 2


def row(kind: Kind, folder: Path) -> dict[str, Any]:
    """What the best set-up of a kind gives: the fit, and every NLL of the table with its standard error, AYS twice."""
    return measured_row(kind, polished(kind, scan.best(kind, folder)))


def measured_row(kind: Kind, setup: Setup) -> dict[str, Any]:
    """The same for a set-up that is known."""
    printed = TABLE[kind.grid]
    (sweep, ays), (sweeps, alone) = followed(setup, printed), followed_alone(setup, printed)
    found = [measured(setup, one, printed.solver) for one in [*baselines(setup), *ays, *alone]]
    lines = [[line.spacing, line.std] for line in setup.lines]
    nll = [[round(one.value, 4), round(one.stderr, 4)] for one in found]
    ends = [setup.low, setup.high]
    return {**asdict(kind), "lines": lines, "range": ends, "sweep": sweep, "sweeps": sweeps, "nll": nll}


def settings() -> dict[str, Any]:
    """All that decides what comes out, besides the code."""
    places = [scan.RATIOS.round(4).tolist(), scan.REACHES.round(4).tolist(), list(scan.SPANS), scan.FINER]
    return {
        "table": json.loads(json.dumps({grid: asdict(printed) for grid, printed in TABLE.items()})),
        "samples": [scan.SAMPLES, PICKED, SAMPLES],
        "seeds": [scan.SEED, SEED],
        "scan": [*places, TRIALS, SIMPLEX],
        "slack": list(SLACK),
        "search": [FIRST_STEPS, SWEEPS],
    }
