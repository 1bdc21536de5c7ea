"""`compare`: the Explore page's table."""

from typing import Annotated

import typer

from ays_toy import checks, comparison, finding
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
    """Print KLUB and the metrics of every schedule and of fresh data."""
    with user_errors():
        chosen = comparison.Model.current(data, model, sigma_min, sigma_max)
        results = finding.compare(chosen, solver, steps, power, seed)
    console.print(schedules_table({one.title: (one.klub, one.metrics) for one in results}))
