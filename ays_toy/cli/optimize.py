"""`optimize`: a schedule for a data set and model, by the paper's search, by one pass, or by the automatic choice."""

from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.table import Table

from ays_toy import checks, export, finding, names, seeds
from ays_toy.cli.common import (
    Data,
    Kind,
    Method,
    Power,
    SigmaMax,
    SigmaMin,
    Solver,
    Steps,
    console,
    schedules_table,
    user_errors,
)
from ays_toy.comparison import LEVELS, Model, draw
from ays_toy.live_search import SearchConfig, search
from ays_toy.metrics import METRICS, evaluate
from ays_toy.paths import PathGram
from ays_toy.schedules import SCHEDULES, Schedule
from ays_toy.words import significant

SHOWN = ("nll", "sliced-w2", "energy")


def optimize(
    data: Data = "grid-8x8",
    method: Method = "ays",
    steps: Steps = 10,
    solver: Solver = "stochastic-ddim",
    model: Kind = "exact",
    start: Annotated[str, typer.Option(help=f"ays: where it starts, one of {', '.join(SCHEDULES)}.")] = "edm",
    metric: Annotated[str, typer.Option(help="ays, choice: the output metric that decides.")] = "energy",
    samples: Annotated[int, typer.Option(help="ays: samples behind every price; the paper takes 8192.")] = 2048,
    rest: Annotated[bool, typer.Option("--rest", help="ays: go on until nothing moves, and take that.")] = False,
    power: Power = 2.0,
    sigma_min: SigmaMin = checks.SIGMA_MIN,
    sigma_max: SigmaMax = checks.SIGMA_MAX,
    out: Annotated[Path | None, typer.Option(help="Write the schedule to this .json or .csv file.")] = None,
) -> None:
    """Find a schedule, print its levels and what it is worth beside the baselines, and write it to a file."""
    with user_errors():
        checks.lookup(names.METHODS, method, "method")
        if out is not None and out.suffix not in (".json", ".csv"):
            raise ValueError(f"The schedule's file must end in .json or .csv, not {out.name!r}.")
        if out is not None and not out.parent.is_dir():
            raise ValueError(f"There is no folder {out.parent}: make it, or choose another file.")
        chosen = Model.current(data, model, sigma_min, sigma_max)
        if method == "ays":
            device = "cuda" if torch.cuda.is_available() else "cpu"
            found = _search(SearchConfig(chosen, solver, steps, start, metric, samples, device=device), rest)
        elif method == "choice":
            made = finding.choose(chosen, solver, steps, metric)
            console.print(made.choice.reason)
            found = made.found
        else:
            checks.real_number(power, "The power", 0.0, 4.0)  # both before the pass, which takes its time
            checks.whole_number(steps, "The number of steps", 1, LEVELS - 1)
            found = finding.find(chosen, finding.one_pass(chosen), method, solver, steps, power)
        gram = chosen.collect()
    console.print(f"{found.title}: {found.calls:,} denoiser calls, {found.seconds:.2f} s")
    console.print("  ".join(f"{sigma:.5g}" for sigma in found.sigmas))
    console.print(_table(chosen, solver, found, gram, list(dict.fromkeys([*SHOWN, metric]))))
    if out is not None:
        about = {"data": data, "model": model, "solver": solver, "calls": found.calls, "seconds": found.seconds}
        text = (
            export.as_csv(found.sigmas)
            if out.suffix == ".csv"
            else export.as_json(found.sigmas, method=found.title, klub=gram.price(found.sigmas), **about)
        )
        with user_errors():
            _write(out, text)


def _search(config: SearchConfig, rest: bool) -> Schedule:
    """The paper's search, a line for every sweep."""
    title, sign = METRICS[config.metric].title, -1 if METRICS[config.metric].higher_is_better else 1
    for state in search(config):
        sweep = state.sweeps[-1]
        assert sweep.score is not None
        klub, score = significant(*sweep.klub[:2]), significant(sign * sweep.score.value, sweep.score.stderr)
        console.print(f"sweep {sweep.index:3d}  KLUB {klub:<18} {title} {score:<18} {sweep.moved} moved")
        if state.stop is not None and not rest:
            break
    if rest:
        return finding.searched(config, state, len(state.sweeps) - 1)
    found = finding.stopped(config, state)
    assert found is not None
    return found


def _table(model: Model, solver: str, found: Schedule, gram: PathGram, metrics: list[str]) -> Table:
    """What it is worth on seeds that no search uses, beside the baselines."""
    steps, reference = found.sigmas.size - 1, model.reference()
    named = {names.title(name): family(steps, model.sigma_min, model.sigma_max) for name, family in SCHEDULES.items()}
    return schedules_table(
        {
            title: (gram.price(sigmas), evaluate(draw(model, sigmas, solver, seeds.REPORT), reference, metrics))
            for title, sigmas in ({found.title: found.sigmas} | named).items()
        }
    )


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ValueError(f"Could not write {out}: {error.strerror}. Choose another file.") from None
    console.print(f"Written to {out}.")
