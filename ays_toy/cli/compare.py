"""`compare`: the Explore page's table."""

from typing import Annotated

import typer

from ays_toy import checks, comparison
from ays_toy.cli.common import (
    Data,
    Kind,
    Power,
    SigmaMax,
    SigmaMin,
    Solver,
    Steps,
    console,
    schedules_table,
    user_errors,
)
from ays_toy.palette import STYLES


def compare(
    data: Data = "grid-8x8",
    steps: Steps = 8,
    solver: Solver = "stochastic-ddim",
    model: Kind = "exact",
    power: Power = 2.0,
    sigma_min: SigmaMin = checks.SIGMA_MIN,
    sigma_max: SigmaMax = checks.SIGMA_MAX,
    seed: Annotated[int, typer.Option(help="Seed of the initial noise.")] = 0,
) -> None:
    """Print KLUB and the metrics of the optimized schedule, every baseline, and fresh data."""
    with user_errors():
        chosen = comparison.Model.current(data, model, sigma_min, sigma_max)
        results = comparison.compare(chosen, solver, steps, power, seed)
    titles = {name: style.title for name, style in STYLES.items()} | {"data": "fresh data"}
    console.print(schedules_table({titles[one.name]: (one.klub, one.metrics) for one in results}))
