"""`compare`: the Explore page's table."""

from collections.abc import Sequence
from typing import Annotated

import typer

from ays_toy import checks, names
from ays_toy.cli import brought, common
from ays_toy.cli.common import (
    AsJson,
    Data,
    Kind,
    Power,
    SigmaMax,
    SigmaMin,
    Solver,
    console,
    progress,
    user_errors,
)
from ays_toy.estimates import Measured
from ays_toy.metrics import METRICS
from ays_toy.optimize import RIVALS
from ays_toy.runs import comparison, finding, free_ends
from ays_toy.sampling.solvers import SOLVERS

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
    free: Annotated[
        bool,
        typer.Option("--free-ends", help="Instead: every schedule, baselines too, over the range that suits it best."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the initial noise.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Print KLUB and the metrics of schedules from files, of every other schedule, and of fresh data."""
    about = {"data": data, "model": model, "solver": solver, "seed": seed}
    with user_errors():
        if free:
            if schedule or also:
                raise ValueError("Schedules from files and of other papers keep their ends: leave them out.")
            chosen, steps = comparison.Model.current(data, model, sigma_min, sigma_max), steps or USUAL
            rows = at_free_ends(chosen, solver, steps, power, seed)
            if as_json:
                common.print_json_of(rows, about | {"steps": steps, "ends": "free"})
            return
        which = (*names.USUAL, *_rivals(also or ()))
        chosen = comparison.Model.current(data, model, sigma_min, sigma_max)
        yours = brought.fit(brought.read(schedule), sigma_min, sigma_max, most=comparison.LEVELS - 1)
        steps = brought.steps_of_all(yours, steps, USUAL)
        results = finding.compare(chosen, solver, steps, power, seed, which=which, brought=yours)
    what = f"{chosen.dataset.title}, model {model}, {steps} steps of {SOLVERS[solver].title}"
    console.print(f"{what}. Fresh data have what a perfect sampler would; ± is one standard error.", markup=False)
    common.print_table(results, {name: METRICS[name].title for name in results[0].metrics})
    if as_json:
        common.print_json_of(results, about | {"steps": steps})


def at_free_ends(model: comparison.Model, solver: str, steps: int, power: float, seed: int) -> list[Measured]:
    """Print every schedule over ends of its own, in a table that has no others, and give its rows."""
    with progress(counts=False) as bars:
        task = bars.add_task("ends", total=1.0)
        for reached in free_ends.compare(model, solver, steps, power, seed):
            bars.update(task, completed=reached.share, description=reached.now)
    rows = reached.found
    metrics = rows[0].metrics
    titles = ("schedule", "from", "to", *(METRICS[name].title for name in metrics), "energy, ends as given")
    cells = []
    for row in rows:
        ends, figures = (f"{row.sigmas[0]:.4g}", f"{row.sigmas[-1]:.4g}"), [str(row.metrics[name]) for name in metrics]
        cells.append((row.title, *ends, *figures, str(row.over_model["energy"])))
    common.print_columns(titles, cells)
    console.print(
        f"Each schedule over ends of its own, the best of up to {free_ends.BUDGET} ranges by {free_ends.SAMPLES:,} "
        "samples: the same budget for all; the choice is the one over the model's range, stretched. "
        f"{steps} levels and a last jump to zero are {steps} steps here, so that no row belongs beside a table over "
        "one range."
    )
    return [Measured(row, None, row.metrics) for row in rows]


def _rivals(asked: Sequence[str]) -> list[str]:
    """Those of `RIVALS` that are asked for, each once; ValueError for a name that is none of them."""
    if "all" in asked:
        return list(RIVALS)
    for name in asked:
        checks.lookup(RIVALS, name, "comparator")
    return list(dict.fromkeys(asked))
