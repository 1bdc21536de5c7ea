"""Levels that somebody brings, fitted to a model's range before anything is computed: what is compared shares it."""

from collections.abc import Sequence

import numpy as np

from ays_toy.checks import sigma_range
from ays_toy.exchange.reading import FEW, whole
from ays_toy.images.pipelines.coordinates import flow_sigma
from ays_toy.sampling.schedules import LONGEST, validate

ROUNDING = 0.03  # of an end: a model's 0.0292 goes by 0.03 in other tools
SILENT = 1e-5  # of an end: what a link's or a list's digits leave out


def fit_range(
    levels: Sequence[float], sigma_min: float, sigma_max: float, *, flow: bool = False, most: int = LONGEST
) -> tuple[np.ndarray, str | None]:
    """Levels that may end in zero -> a schedule [n+1] over exactly this range, and what was done for that, in words.

    All schedules beside each other run over the model's range. Ends that differ by rounding are set to it; a list
    that ends earlier gets the missing end as one step more; a final zero stands for the lowest level, or is left out
    where that is there. A flow's times s in [0, 1] become noise levels s / (1 - s). Raises ValueError for levels beyond
    the range, and for more than `most` steps.
    """
    low, high = sigma_range(sigma_min, sigma_max)
    zero = levels[-1] == 0
    inner = np.array(levels[:-1] if zero else levels, dtype=np.float64)
    notes = []
    if flow and inner[0] <= 1:
        inner = _from_flow(inner, low, high)
        notes.append("They were read as a flow's times s, noise levels s / (1 - s).")
    elif inner[0] == 1 and len(levels) >= FEW and high > 1 + ROUNDING:
        raise ValueError(
            f"These look like the times of a flow, from 1 down, where the model's noise levels run from {high:g} to "
            f"{low:g}: give those, or put {high:g} first if they are noise levels."
        )
    starts = _near(inner[0], high)
    ends = _near(inner[-1], low) and inner.size > starts
    body = inner[int(starts) : inner.size - int(ends)]
    if body.size and not low < body[-1] <= body[0] < high:
        raise ValueError(_beyond(inner, low, high))
    sigmas = validate([high, *body, low])
    if sigmas.size - 1 > most:
        raise ValueError(f"From {high:g} to {low:g} the schedule has {sigmas.size - 1} steps: give at most {most}.")
    notes += _fitted(inner, low, high, starts, ends, zero)
    return sigmas, " ".join(notes) or None


def _near(level: float, end: float) -> bool:
    return bool(abs(np.log(level / end)) <= np.log1p(ROUNDING))


def _from_flow(times: np.ndarray, low: float, high: float) -> np.ndarray:
    """Noise levels of a flow's times; the ends, infinitely noisy at 1, no further out than the model's."""
    sigmas = flow_sigma(np.minimum(times, 1 - 1e-12))
    sigmas[0], sigmas[-1] = min(sigmas[0], high), max(sigmas[-1], low)
    return sigmas


def _beyond(inner: np.ndarray, low: float, high: float) -> str:
    hint = " (if these are timesteps, give their noise levels)" if whole(inner.tolist()) and inner[0] > 100 else ""
    return (
        f"The schedule runs from {inner[0]:g} to {inner[-1]:g} and the model only from {high:g} to {low:g}: leave out "
        f"the levels that lie beyond{hint}."
    )


def _fitted(inner: np.ndarray, low: float, high: float, starts: bool, ends: bool, zero: bool) -> list[str]:
    notes, moved, added = [], [], []
    for at, (level, end, near) in enumerate(((inner[0], high, starts), (inner[-1], low, ends))):
        if near and abs(level / end - 1) > SILENT:
            moved.append(f"{level:g} to {end:.6g}")
        elif not near and not (at and zero):
            added.append(f"{end:g}")
    if moved:
        notes.append(f"Its rounded ends were set to the model's: {', '.join(moved)}.")
    if zero and ends:
        notes.append("Its final zero was left out: here a last jump to zero is not counted.")
    elif zero:
        notes.append(f"Its final zero is the model's lowest level here, {low:g}: as many steps.")
    if added:
        steps = f"{len(added)} step{'s' * (len(added) > 1)} more"
        verb = "were" if len(added) > 1 else "was"
        notes.append(f"It does not reach over the model's range: {' and '.join(added)} {verb} added, {steps}.")
    return notes
