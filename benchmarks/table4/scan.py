"""A scan of grids for each kind of set-up: where the rows of EDM and LogSNR fit best.

It costs little, since lengths have no scale: a grid and its range, both made twice as large, have the same samples at
twice the size, and an NLL that is log 4 higher.
"""

from itertools import product
from pathlib import Path

import numpy as np
from scipy.ndimage import zoom

from ays_toy import seeds
from ays_toy.checks import SIGMA_MAX, SIGMA_MIN
from ays_toy.sampling.even_noise import EvenNoise
from ays_toy.sampling.solvers import Solver
from benchmarks.table4.printed import FITTED, STEPS, TABLE, Kind, Printed
from benchmarks.table4.setups import ENDINGS, Line, Setup, solver_of, walked

SEED, _ = seeds.PAPER_BENCHMARK
SAMPLES = 512
RATIOS, REACHES = np.geomspace(3, 24, 14), np.geomspace(1.5, 60, 13)  # spacing / std; std / sigma_min
SPANS = (SIGMA_MAX / SIGMA_MIN, 6000.0, 900.0)  # sigma_max / sigma_min
FINER = 6  # times as many places between those of a scan, by splines


def scanned(modes: int, solver: Solver, first_order_end: bool, span: float) -> np.ndarray:
    """NLL of one axis of std 1, over ratios and reaches: [ending, 6 numbers, ratio, reach]."""
    out = np.empty((len(ENDINGS), 2 * len(STEPS), len(RATIOS), len(REACHES)))
    for (i, ratio), (j, reach) in product(enumerate(RATIOS), enumerate(REACHES)):
        line, low = Line(modes, float(ratio), 1.0), 1 / float(reach)
        for k, (family, n) in enumerate(product(FITTED.values(), STEPS)):
            for within in (False, True):
                levels = family(n - within, low, low * span)
                noise = EvenNoise(SEED, SAMPLES, len(levels) - 1)
                x = walked(line, levels, solver, noise, first_order_end=first_order_end)
                for e, ending in enumerate(ENDINGS.values()):
                    if ending.within == within:
                        out[e, k, i, j] = ending.surprise(line, ending.of(line, x, low), low).mean()
    return out


def lines_of(kind: Kind, span: float, folder: Path) -> list[np.ndarray]:
    """The scans of both axes of a grid, taken from a folder where they are, and kept there."""
    printed, found = TABLE[kind.grid], []
    for modes in printed.modes:
        path = folder / f"{modes} {printed.solver} {kind.first_order_end:d}{kind.heun_type:d} {span:g}.npy"
        if not path.is_file():
            solver = solver_of(printed.solver, kind.heun_type)
            np.save(path, scanned(modes, solver, kind.first_order_end, span))
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
        scans = lines_of(kind, span, folder)
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
            setup = Setup((line, other), low, low * span, kind.ending, kind.first_order_end, kind.heun_type)
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
