"""Table 4 of the paper in every set-up that it leaves open: a scan of grids, and what the best of each kind explains.

Only the rows of EDM and LogSNR are fitted. A scan costs little since lengths have no scale: a grid and its range, both
made twice as large, have the same samples twice as large, and an NLL that is log 4 higher.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import zoom
from scipy.optimize import minimize

from ays_toy.checks import SIGMA_MAX, SIGMA_MIN
from ays_toy.estimates import Estimate
from ays_toy.sampling.even_noise import EvenNoise
from ays_toy.sampling.schedules import edm, logsnr
from benchmarks.setups import ENDINGS, Line, Setup, aligned, walked

STEPS = (6, 8, 10)
FITTED = {"edm": edm, "logsnr": logsnr}
SCAN_SEED, SEED = 0, 1
SCANNED, PICKED, SAMPLES = 512, 1024, 1 << 14  # samples of a scan, of a sweep that may be picked, of what is reported
THEIRS = 100_000  # samples that the paper draws (App. C.2)
RATIOS, REACHES = np.geomspace(3, 24, 14), np.geomspace(1.5, 60, 13)  # spacing / std; std / sigma_min
SPANS = (SIGMA_MAX / SIGMA_MIN, 6000.0, 900.0)  # sigma_max / sigma_min
FINER = 6  # times as many places between those of a scan, by splines
TRIALS, SIMPLEX = 15, 0.04  # of a simplex for each number that is free; how far it reaches at first, in logs
SLACK = 0.1, 0.05  # of a number that is fitted: nats, and a part of what it is above the lowest
AXES = {
    "same": "spacing and std the same on both axes",
    "square": "as wide as high: spacing 7/3 as large on the axis of 4",
    "standardized": "every axis scaled to one std: spacing and std 2.05 times as large on the axis of 4",
    "spacing": "another spacing on the axis of 4, fitted too",
    "both": "another spacing and another std on the axis of 4, fitted too",
}


@dataclass(frozen=True)
class Printed:
    """What the paper prints of a grid: its modes, its solver, and the NLL with 6, 8 and 10 steps."""

    modes: tuple[int, int]
    solver: str
    edm: tuple[float, float, float]
    logsnr: tuple[float, float, float]
    ays: tuple[float, float, float]

    @property
    def fitted(self) -> np.ndarray:
        """The numbers that set-ups are fitted to [6]."""
        return np.array([*self.edm, *self.logsnr])

    @property
    def slack(self) -> np.ndarray:
        """What each of them may be off by, for 1 in the misfit [6]."""
        return SLACK[0] + SLACK[1] * (self.fitted - min(self.fitted))


TABLE = {
    "8×8": Printed((8, 8), "sde-dpmpp-2m", (9.018, 4.029, 1.522), (6.250, 1.834, 0.071), (-0.143, -0.505, -0.574)),
    "8×4": Printed((8, 4), "ddim", (1.536, -0.144, -1.115), (1.446, -0.288, -1.091), (-1.999, -2.260, -2.222)),
    "6×6": Printed(
        (6, 6), "stochastic-ddim", (1.166, -0.606, -0.996), (-0.012, -0.978, -1.231), (-1.152, -1.376, -1.554)
    ),
}


@dataclass(frozen=True)
class Kind:
    """A kind of set-up, of which a scan finds the best."""

    grid: str
    ending: str
    free_range: bool = False
    first_order_end: bool = False
    axes: str = "same"

    def __str__(self) -> str:
        return " ".join(str(value) for value in asdict(self).values())

    @property
    def free(self) -> int:
        """How many numbers are fitted: spacing, std, both ends of the range, those of the other axis."""
        return 2 + 2 * self.free_range + {"spacing": 1, "both": 2}.get(self.axes, 0)


def kinds() -> Iterator[Kind]:
    """Every kind of set-up that is tried."""
    for grid, free_range, ending in product(TABLE, (False, True), ENDINGS):
        multistep, oblong = grid == "8×8", grid == "8×4"
        for first_order_end, axes in product((False, True)[: 1 + multistep], list(AXES)[: None if oblong else 1]):
            yield Kind(grid, ending, free_range, first_order_end, axes)


def scanned(modes: int, solver: str, first_order_end: bool, span: float) -> np.ndarray:
    """NLL of one axis of std 1, over ratios and reaches: [ending, 6 numbers, ratio, reach]."""
    out = np.empty((len(ENDINGS), 2 * len(STEPS), len(RATIOS), len(REACHES)))
    for (i, ratio), (j, reach) in product(enumerate(RATIOS), enumerate(REACHES)):
        line, low = Line(modes, float(ratio), 1.0), 1 / float(reach)
        for k, (family, n) in enumerate(product(FITTED.values(), STEPS)):
            for within in (False, True):
                levels = family(n - within, low, low * span)
                noise = EvenNoise(SCAN_SEED, SCANNED, len(levels) - 1)
                x = walked(line, levels, solver, noise, first_order_end=first_order_end)
                for e, ending in enumerate(ENDINGS.values()):
                    if ending.within == within:
                        out[e, k, i, j] = ending.surprise(line, ending.of(line, x, low), low).mean()
    return out


def lines_of(printed: Printed, first_order_end: bool, span: float, folder: Path) -> list[np.ndarray]:
    """The scans of both axes of a grid, taken from a folder where they are, and kept there."""
    found = []
    for modes in printed.modes:
        path = folder / f"{modes} {printed.solver} {first_order_end:d} {span:g}.npy"
        if not path.is_file():
            np.save(path, scanned(modes, printed.solver, first_order_end, span))
        found.append(np.load(path))
    return found


def _fine(values: np.ndarray) -> np.ndarray:
    """A scan [..., ratio, reach] at places in between."""
    shape = [((n - 1) * FINER + 1) / n for n in values.shape[-2:]]
    return zoom(values, [1.0] * (values.ndim - 2) + shape, order=3, mode="nearest", grid_mode=False)


def _places(values: np.ndarray) -> np.ndarray:
    return np.geomspace(values[0], values[-1], (len(values) - 1) * FINER + 1)


def other_axis(axes: str) -> list[tuple[float, float]]:
    """Spacing and std of the second axis that are scanned, as parts of those of the first."""
    wide = float(np.std(np.arange(8)) / np.std(np.arange(4)))
    if axes in ("same", "square", "standardized"):
        return [{"same": (1.0, 1.0), "square": (7 / 3, 1.0), "standardized": (wide, wide)}[axes]]
    stds = np.geomspace(0.4, 2.5, 10).tolist() if axes == "both" else [1.0]
    return list(product(np.geomspace(0.4, 3, 12).tolist(), stds))


def best(kind: Kind, folder: Path) -> Setup:
    """The set-up of a kind that fits best of those scanned, by the mean square of residuals over their slack."""
    printed, found = TABLE[kind.grid], list[tuple[float, Setup]]()
    ratios, reaches = _places(RATIOS), _places(REACHES)
    for span in SPANS if kind.free_range else SPANS[:1]:
        scans = lines_of(printed, kind.first_order_end, span, folder)
        first, second = (_fine(scan[list(ENDINGS).index(kind.ending)]) for scan in scans)
        for spacing, std in other_axis(kind.axes):
            both = first + _moved(second, ratios, reaches, spacing / std, std) + np.log(std)
            stds = _stds(both, printed, kind, reaches)
            off = (both + 2 * np.log(stds) - printed.fitted[:, None, None]) / printed.slack[:, None, None]
            misfit = np.where(np.isnan(off).any(0), np.inf, np.square(off).mean(0))
            i, j = np.unravel_index(int(misfit.argmin()), misfit.shape)
            s = float(np.broadcast_to(stds, misfit.shape)[i, j])
            low, line = s / float(reaches[j]), Line(printed.modes[0], s * float(ratios[i]), s)
            other = Line(printed.modes[1], line.spacing * spacing, s * std)
            setup = Setup((line, other), low, low * span, kind.ending, kind.first_order_end)
            found.append((float(misfit[i, j]), setup))
    return min(found, key=lambda pair: pair[0])[1]


def _moved(scan: np.ndarray, ratios: np.ndarray, reaches: np.ndarray, ratio: float, reach: float) -> np.ndarray:
    """A scan where every place is looked up at so many times its ratio and reach; NaN beyond its edges."""
    at = np.interp(np.log(ratios * ratio), np.log(ratios), np.arange(len(ratios)), -1, -1).round().astype(int)
    to = np.interp(np.log(reaches * reach), np.log(reaches), np.arange(len(reaches)), -1, -1).round().astype(int)
    return np.where((at[:, None] < 0) | (to < 0), np.nan, scan[:, at[:, None], to])


def _stds(both: np.ndarray, printed: Printed, kind: Kind, reaches: np.ndarray) -> np.ndarray:
    """The std of the modes: that of the usual range, or the one that fits best where the range is free."""
    if not kind.free_range:
        return SIGMA_MIN * reaches
    weights = printed.slack**-2 / (printed.slack**-2).sum()
    return np.exp(np.tensordot(weights, printed.fitted[:, None, None] - both, 1) / 2)


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
        nll = [measured(tried, one, printed.solver, PICKED, SCAN_SEED).value for one in baselines(tried)]
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

    def off(levels: Sequence[np.ndarray]) -> float:
        nll = [measured(setup, one, printed.solver, PICKED, SCAN_SEED).value for one in levels]
        return float(np.square(np.subtract(nll, printed.ays)).sum())

    sweeps = list(aligned(setup, STEPS))
    sweep = int(np.argmin([off(levels) for levels in sweeps]))
    return sweep, sweeps[sweep]


def row(kind: Kind, folder: Path) -> dict[str, Any]:
    """What the best set-up of a kind gives: the fit, and all nine numbers of the table with their standard errors."""
    setup, solver = polished(kind, best(kind, folder)), TABLE[kind.grid].solver
    sweep, ays = followed(setup, TABLE[kind.grid])
    found = [measured(setup, one, solver) for one in [*baselines(setup), *ays]]
    lines = [[line.spacing, line.std] for line in setup.lines]
    nll = [[round(one.value, 4), round(one.stderr, 4)] for one in found]
    return {**asdict(kind), "lines": lines, "range": [setup.low, setup.high], "sweep": sweep, "nll": nll}


def settings() -> dict[str, Any]:
    """All that decides what comes out, besides the code."""
    return {
        "table": json.loads(json.dumps({grid: asdict(printed) for grid, printed in TABLE.items()})),
        "samples": [SCANNED, PICKED, SAMPLES],
        "seeds": [SCAN_SEED, SEED],
        "scan": [RATIOS.round(4).tolist(), REACHES.round(4).tolist(), list(SPANS), FINER, TRIALS, SIMPLEX],
        "slack": list(SLACK),
    }
