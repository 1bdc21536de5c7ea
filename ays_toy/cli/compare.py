"""`compare`: the Explore page's table."""

from typing import Annotated

import typer

from ays_toy import checks
from ays_toy.cli import brought
from ays_toy.cli.common import Data, Kind, Power, SigmaMax, SigmaMin, Solver, print_table, user_errors
from ays_toy.metrics import METRICS
from ays_toy.runs import comparison, finding

USUAL = 8  # steps


def compare(
    data: Data = "grid-8x8",
    steps: brought.Steps = None,
    solver: Solver = "stochastic-ddim",
    model: Kind = "exact",
    power: Power = 2.0,
    sigma_min: SigmaMin = checks.SIGMA_MIN,
    sigma_max: SigmaMax = checks.SIGMA_MAX,
    schedule: brought.Files = None,
    seed: Annotated[int, typer.Option(help="Seed of the initial noise.")] = 0,
) -> None:
    """Print KLUB and the metrics of schedules from files, of every other schedule, and of fresh data."""
    with user_errors():
        chosen = comparison.Model.current(data, model, sigma_min, sigma_max)
        yours = brought.fit(brought.read(schedule), sigma_min, sigma_max, most=comparison.LEVELS - 1)
        steps = brought.steps_of_all(yours, steps, USUAL)
        results = finding.compare(chosen, solver, steps, power, seed, brought=yours)
    print_table(results, {name: METRICS[name].title for name in results[0].metrics})
