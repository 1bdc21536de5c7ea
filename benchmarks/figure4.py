"""Fig. 4 of the paper redrawn at 100,000 samples: densities under each schedule, by the drawing code of the pages.

A row for each grid of Table 4, with the solver that the table has and as the pages have it, in the set-up of the usual
range whose three NLLs with 8 steps are nearest to the paper's.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np
from PIL import Image
from playwright.sync_api import Browser

from ays_toy.data.mixtures import Mixture
from ays_toy.estimates import Estimate
from ays_toy.figures import Panel, density_panels
from ays_toy.figures.printed import as_page
from ays_toy.palette import REFERENCE, color
from ays_toy.runs import pictures
from ays_toy.sampling.solvers import SOLVERS
from benchmarks.table4.fit import SEED
from benchmarks.table4.printed import FITTED, STEPS, TABLE, THEIRS
from benchmarks.table4.report import NINE, ROWS, Tried
from benchmarks.table4.setups import ENDINGS, Setup, resampled

SHOWN = STEPS.index(8)  # the number of steps that the paper draws
BINS, HEIGHT, WIDTH, SCALE = 128, 350, 1200, 1.25  # of a row, in pixels, before it is enlarged
ROOM = 1.2  # of a picture, over the half-width of the modes


def nearest(tried: Iterable[Tried], grid: str) -> Tried:
    """The set-up of a grid to be drawn, one with both axes alike."""
    of_grid = (one for one in tried if one.kind.grid == grid and one.kind.axes == "same")
    usual = [one for one in of_grid if not (one.kind.free_range or one.kind.heun_type)]
    return min(usual, key=lambda one: float(np.abs(one.off[SHOWN : NINE : len(STEPS)]).max()))


def mixture(setup: Setup) -> Mixture:
    """A grid with both axes alike, in the plane."""
    first, other = setup.lines
    means = np.array(list(product(first.mixture.means[:, 0], other.mixture.means[:, 0])))
    return Mixture(means, np.full(len(means), first.std), np.ones(len(means)))


def schedules(one: Tried) -> Iterator[np.ndarray]:
    """The levels of EDM, LogSNR, and AYS after the sweep that was taken."""
    n = one.setup.steps(STEPS[SHOWN])
    yield from (family(n, one.setup.low, one.setup.high) for family in FITTED.values())
    yield list(resampled(one.setup, STEPS))[one.sweep][SHOWN]


def panels(one: Tried, samples: int = THEIRS) -> tuple[list[Panel], float]:
    """A row of the figure, the data and then the samples of every schedule, and half the width of its pictures."""
    printed, setup, grid = TABLE[one.kind.grid], one.setup, mixture(one.setup)
    half = ROOM * float(np.abs(grid.means).max() + 4 * grid.stds[0])
    sigma = 0.0 if ENDINGS[setup.ending].clean else setup.low
    exact = pictures.mixture_image(grid, sigma, half, BINS)
    top = pictures.brightest(exact)
    notes = [SOLVERS[printed.solver].title, f"{STEPS[SHOWN]} steps, {samples:,} samples"]
    row = [Panel(f"Grid {one.kind.grid}", REFERENCE, notes, pictures.shades(exact, top))]
    for name, levels in zip((*FITTED, "ays"), schedules(one), strict=True):
        drawn = setup.samples(levels, printed.solver, samples, SEED)
        nll = setup.surprise(drawn)
        value = Estimate(float(nll.mean()), float(nll.std(ddof=1) / np.sqrt(samples)))
        notes = [f"NLL {value}", f"in the paper {getattr(printed, name)[SHOWN]:.3f}"]
        image = pictures.shades(pictures.density_image(drawn, half, BINS), top)
        row.append(Panel(ROWS[name], color(name), notes, image))
    return row, half


def drawn(browser: Browser, rows: Sequence[tuple[list[Panel], float]]) -> Image.Image:
    """Rows of pictures, one above the other, as Chromium draws them."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 2 * HEIGHT}, device_scale_factor=SCALE)
    parts = []
    for row, half in rows:
        page.set_content(as_page(density_panels(row, half).update_layout(height=HEIGHT), "", ""))
        parts.append(Image.open(io.BytesIO(page.locator("#figure").screenshot())).convert("RGB"))
    page.close()
    return Image.fromarray(np.concatenate([np.asarray(part) for part in parts]))
