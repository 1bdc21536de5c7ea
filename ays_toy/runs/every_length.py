"""A schedule in every number of steps at once, as far as it can be had without a search."""

from collections.abc import Mapping

import numpy as np

from ays_toy import optimize
from ays_toy.names import BASELINES, KLUB_POWER, QUEUED, RIVALS
from ays_toy.runs import finding, shipped
from ays_toy.runs.comparison import Model
from ays_toy.runs.finding import Pass, Walk
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS


def every_length(
    model: Model,
    passed: Pass | None,
    name: str,
    solver: str,
    power: float = KLUB_POWER,
    walked: Walk | None = None,
) -> Mapping[int, np.ndarray]:
    """Levels [n+1] by n for a name in `names.COMPARED`: of a search, those that ship; of an optimum, the grid's own.

    Optima need the model's pass, some comparators that or the trajectories `walked`. One exact programme gives all
    optima in a few milliseconds. They lie on the grid: refining all off it takes about 0.4 s a power, and moves a level
    by up to a tenth at 8 steps, a fifth at 40, so a picture may shift when it rests.
    """
    lengths = range(MIN_STEPS, MAX_STEPS + 1)
    if name in BASELINES:
        return {n: finding.family(model, name, n).sigmas for n in lengths}
    if name in QUEUED:
        ready = {n: shipped.find(model, solver, n, name) for n in lengths}
        return {n: one.sigmas for n, one in ready.items() if one}
    if name in RIVALS:
        return {n: finding.rival(model, name, solver, n, passed, walked).sigmas for n in lengths}
    assert passed is not None
    found = optimize.exact_schedules(passed.gram, MAX_STEPS, power if name == "p-optimum" else KLUB_POWER)
    return {n: found[n] for n in lengths}
