"""Does stopping matter? `python -m benchmarks.stopping [--json FILE]`.

The paper's search from EDM, scored for stopping on one set of seeds and reported on others: at the start, at the stop
and at rest, beside the baselines. Then what the search cost, against one pass and the exact programme.
"""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Column, Table

from ays_toy import optimize, seeds
from ays_toy.metrics import Estimate, evaluate
from ays_toy.runs.comparison import Model, draw_samples
from ays_toy.sampling import schedules

CASES = (("grid-6x6", "exact", 6), ("spirals", "mlp", 6), ("moons", "mlp", 6))
SOLVER, METRICS, POINTS = "stochastic-ddim", ("nll", "sliced-w2"), 8192
BASELINES = ("edm", "logsnr", "time-uniform", "time-quadratic")
SEARCH_SEED, STOP_SEED, FRESH_SEED = seeds.STOPPING_BENCHMARK


def case(data: str, kind: str, steps: int) -> dict[str, Any]:
    """One data set and model: the metrics of every schedule on fresh seeds, and the cost of search and programme."""
    model = Model(data, kind)
    denoiser, generator = model.denoiser(), torch.Generator().manual_seed(SEARCH_SEED)
    x0 = model.dataset.sample(POINTS, generator)
    began = time.perf_counter()
    costs = optimize.MonteCarloCosts(denoiser, x0, generator=generator)
    sweeps = list(optimize.coordinate_search(costs, schedules.edm(steps)))
    search_seconds = time.perf_counter() - began
    score = optimize.sample_score(denoiser, model.reference(seed=STOP_SEED), SOLVER, seed=STOP_SEED + 1)
    stopping = optimize.EarlyStopping(score)
    list(stopping.watch(sweeps))

    began = time.perf_counter()
    gram = model.collect()
    best = optimize.optimum(gram, steps)
    programme_seconds = time.perf_counter() - began
    judge = Model.collect(model, paths=16_384, seed=FRESH_SEED)  # prices both on paths that neither has seen

    named = {name: schedules.SCHEDULES[name](steps) for name in BASELINES}
    named |= {"AYS as stopped": stopping.chosen.sigmas, "AYS at rest": sweeps[-1].sigmas, "exact KLUB optimum": best}
    prices = {name: judge.price(sigmas) for name, sigmas in named.items()}
    reference = model.reference(seed=FRESH_SEED)
    rows = {
        name: evaluate(draw_samples(model, sigmas, SOLVER, FRESH_SEED + 1), reference, METRICS)
        for name, sigmas in named.items()
    }
    return {
        "case": f"{data}, {kind}, {steps} steps, {SOLVER}",
        "stop": stopping.chosen.index,
        "sweeps": sweeps[-1].index,
        "rows": rows,
        "klub": {name: [price.value, price.stderr] for name, price in prices.items()},
        "search": (sweeps[-1].calls, search_seconds),
        "programme": (gram.paths * gram.grid.size, programme_seconds),
    }


def show(console: Console, result: dict[str, Any]) -> None:
    """Print one case."""
    table = Table(Column("schedule", no_wrap=True), "NLL", "sliced W2", "KLUB", title=result["case"])
    for name, metrics in result["rows"].items():
        table.add_row(name, *map(str, metrics.values()), str(Estimate(*result["klub"][name])))
    console.print(table)
    stopped = result["rows"]["AYS as stopped"]
    for name in (*BASELINES, "AYS at rest"):
        verdicts = [result["rows"][name][metric].exceeds(stopped[metric]) for metric in METRICS]
        words = ", ".join(f"{metric} {'yes' if won else 'NO'}" for metric, won in zip(METRICS, verdicts, strict=True))
        console.print(f"AYS as stopped (sweep {result['stop']} of {result['sweeps']}) beats {name}: {words}")
    (calls, seconds), (few, fast) = result["search"], result["programme"]
    console.print(
        f"Search {calls:,} calls, {seconds:.1f} s; one pass {few:,}, {fast:.2f} s: {calls / few:.0f}× fewer\n"
    )


def main(out: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None) -> None:
    """Show what stopping the paper's search early does, on fresh seeds."""
    console, results = Console(), [case(*arguments) for arguments in CASES]
    for result in results:
        show(console, result)
    if out:
        out.write_text(json.dumps(results, indent=1, default=lambda value: vars(value)) + "\n")


if __name__ == "__main__":
    typer.run(main)
