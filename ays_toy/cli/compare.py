"""`compare`: the Explore page's table."""

from collections.abc import Sequence
from typing import Annotated

import typer

from ays_toy import checks, names
from ays_toy.cli import brought, common
from ays_toy.cli.common import AsJson, Data, Kind, Power, SigmaMax, SigmaMin, Solver, user_errors
from ays_toy.metrics import METRICS
from ays_toy.optimize import RIVALS
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
    also: Annotated[
        list[str] | None,
        typer.Option(help=f"What another paper proposes: {', '.join(RIVALS)}, or all; may be given again."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the initial noise.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Print KLUB and the metrics of schedules from files, of every other schedule, and of fresh data."""
    with user_errors():
        which = (*names.USUAL, *_rivals(also or ()))
        chosen = comparison.Model.current(data, model, sigma_min, sigma_max)
        yours = brought.fit(brought.read(schedule), sigma_min, sigma_max, most=comparison.LEVELS - 1)
        steps = brought.steps_of_all(yours, steps, USUAL)
        results = finding.compare(chosen, solver, steps, power, seed, which=which, brought=yours)
    common.print_table(results, {name: METRICS[name].title for name in results[0].metrics})
    if as_json:
        about = {"data": data, "model": model, "solver": solver, "steps": steps, "seed": seed}
        common.print_json(about | {"schedules": common.as_records(results)})


def _rivals(asked: Sequence[str]) -> list[str]:
    """Those of `RIVALS` that are asked for, each once; ValueError for a name that is none of them."""
    if "all" in asked:
        return list(RIVALS)
    for name in asked:
        checks.lookup(RIVALS, name, "comparator")
    return list(dict.fromkeys(asked))
