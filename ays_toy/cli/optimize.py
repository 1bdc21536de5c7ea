"""`optimize`: a schedule for a data set and model, by search, by one pass, by choice, or as other papers propose."""

from typing import Annotated

import torch
import typer

from ays_toy import checks, names, seeds
from ays_toy.cli import common
from ays_toy.cli.common import (
    METHOD,
    AsJson,
    Data,
    Kind,
    Out,
    Power,
    Refine,
    SigmaMax,
    SigmaMin,
    Solver,
    Steps,
    console,
    user_errors,
)
from ays_toy.estimates import Measured
from ays_toy.exchange.formats import Taken
from ays_toy.metrics import METRICS, evaluate
from ays_toy.optimize import RIVALS
from ays_toy.optimize.refine import MOST_ITERATIONS
from ays_toy.runs import finding
from ays_toy.runs.comparison import LEVELS, Model, draw_samples
from ays_toy.runs.live_search import SearchConfig, search
from ays_toy.sampling.schedules import SCHEDULES, Schedule

SHOWN = ("nll", "sliced-w2", "energy")


def optimize(
    data: Data = "grid-8x8",
    method: Annotated[
        str,
        typer.Option(
            help=f"{METHOD}; or another paper's: {', '.join(RIVALS)}.",
            autocompletion=common.completing(*names.METHODS, *RIVALS),
        ),
    ] = "ays",
    steps: Steps = 10,
    solver: Solver = "stochastic-ddim",
    model: Kind = "exact",
    start: Annotated[str, typer.Option(help=f"ays: where it starts, one of {', '.join(SCHEDULES)}.")] = "edm",
    metric: Annotated[str, typer.Option(help="ays, choice: the output metric that decides.")] = "energy",
    samples: Annotated[int, typer.Option(help="ays: samples behind every price; the paper takes 8192.")] = 2048,
    rest: Annotated[bool, typer.Option("--rest", help="ays: go on until nothing moves, and take that.")] = False,
    refine: Refine = finding.REFINEMENT,
    power: Power = 2.0,
    sigma_min: SigmaMin = checks.SIGMA_MIN,
    sigma_max: SigmaMax = checks.SIGMA_MAX,
    seed: Annotated[int, typer.Option(help="Of the samples in the table, which no search uses: 0 to 999.")] = 0,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Find a schedule, print its levels and what it is worth beside the baselines, and write it to a file."""
    with user_errors():
        checks.lookup({**names.METHODS, **RIVALS}, method, "method")
        common.check_out(out)
        fresh = seeds.REPORT + checks.whole_number(seed, "The seed", 0, 999)
        chosen = Model.current(data, model, sigma_min, sigma_max)
        if method == "ays":
            device = "cuda" if torch.cuda.is_available() else "cpu"
            found = _search(SearchConfig(chosen, solver, steps, start, metric, samples, device=device), rest)
        elif method == "choice":
            checks.whole_number(refine, "The number of iterations", 0, MOST_ITERATIONS)
            found = made = finding.choose(chosen, solver, steps, metric, refine)
            console.print(made.choice.reason)
        elif method in RIVALS:
            found = finding.rival(chosen, method, solver, steps)
            console.print(f"{found.title}: {RIVALS[method].source}; {RIVALS[method].rule}", markup=False)
        else:
            checks.real_number(power, "The power", 0.0, 4.0)  # both before the pass, which takes its time
            checks.whole_number(steps, "The number of steps", 1, LEVELS - 1)
            found = finding.find(chosen, finding.one_pass(chosen), method, solver, steps, power)
    console.print(f"{found.title}: {found.calls:,} denoiser calls, {found.seconds:.2f} s")
    common.print_levels(found.sigmas)
    rows = _measured(chosen, solver, found, list(dict.fromkeys([*SHOWN, metric])), fresh)
    common.print_table(rows, {name: METRICS[name].title for name in rows[0].metrics})
    about = {"data": data, "model": model, "calls": found.calls, "seconds": found.seconds}
    if out is not None:
        with user_errors():
            common.write(out, Taken(rows[0], solver, about=about))
    if as_json:
        about |= {"method": method, "solver": solver, "steps": steps, "seed": seed}
        common.print_json_of(rows, about)


def _search(config: SearchConfig, rest: bool) -> Schedule:
    """The paper's search, a line for every sweep."""
    metric = METRICS[config.metric]
    for state in search(config):
        sweep = state.sweeps[-1]
        assert sweep.score is not None
        klub, score = str(sweep.klub), str(metric.turned(sweep.score))
        console.print(f"sweep {sweep.index:3d}  KLUB {klub:<18} {metric.title} {score:<18} {sweep.moved} moved")
        if state.stop is not None and not rest:
            break
    if rest:
        return finding.searched(config, state, len(state.sweeps) - 1)
    found = finding.stopped(config, state)
    assert found is not None
    return found


def _measured(model: Model, solver: str, found: Schedule, metrics: list[str], seed: int) -> list[Measured]:
    """What it is worth on seeds that no search uses, and below it the baselines."""
    gram, reference = model.collect(), model.reference()
    rows = []
    for one in (found, *(finding.family(model, name, found.steps) for name in SCHEDULES)):
        samples = draw_samples(model, one.sigmas, solver, seed)
        rows.append(Measured(one, gram.price(one.sigmas), evaluate(samples, reference, metrics)))
    return rows
