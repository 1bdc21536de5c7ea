"""Does stopping matter, and is it search or objective? `python -m benchmarks.stopping [--json FILE]`.

The paper's search from EDM, scored for stopping on one set of seeds and reported on others: at the start, at the stop
and at rest, beside the baselines. Beside it what else brings KLUB down, the exact programme and gradients, and the same
gradients on the energy distance of samples: what the programme's KLUB lies lower is the search's fault, and what its
samples are worse is the objective's.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Column, Table

from ays_toy import optimize, seeds
from ays_toy.data.counted import Counted
from ays_toy.metrics import METRICS as METRICS_BY_NAME
from ays_toy.metrics import Estimate, evaluate
from ays_toy.metrics.law import law_of
from ays_toy.optimize.refine import descend
from ays_toy.pricing.paths import PathGram
from ays_toy.runs.comparison import Model, draw_samples
from ays_toy.sampling import schedules

CASES = (("grid-6x6", "exact", 6), ("spirals", "mlp", 6), ("moons", "mlp", 6))
SOLVER, METRICS, POINTS = "stochastic-ddim", ("energy", "nll", "sliced-w2"), 8192
NUDGE = 1e-4  # of log sigma, by which a slope is measured
WIDTH = 120  # of the table
DESCENT = optimize.Effort(iterations=500)  # that take no denoiser call
BASELINES = ("edm", "logsnr", "time-uniform", "time-quadratic")
SEARCH_SEED, STOP_SEED, FRESH_SEED = seeds.STOPPING_BENCHMARK


def slope_of_klub(gram: PathGram) -> Callable[[torch.Tensor], torch.Tensor]:
    """The gradient of KLUB by the levels [n+1], by differences: it takes no denoiser call."""

    def slope(levels: torch.Tensor) -> torch.Tensor:
        sigmas, by = levels.numpy(), torch.zeros_like(levels)
        for k in range(1, len(sigmas) - 1):
            ends = [sigmas * np.where(np.arange(len(sigmas)) == k, np.exp(nudge), 1.0) for nudge in (-NUDGE, NUDGE)]
            by[k] = (gram.klub(ends[1]) - gram.klub(ends[0])) / float(ends[1][k] - ends[0][k])
        return by

    return slope


def refined_on_klub(gram: PathGram, sigmas: np.ndarray, generator: torch.Generator) -> np.ndarray:
    """A schedule whose levels are moved together down the gradient of KLUB, as a refinement moves them."""
    *_, last = descend(lambda levels, *_: levels, slope_of_klub(gram), sigmas, DESCENT, generator)
    return last


def refined_on_samples(model: Model, denoiser: Counted, sigmas: np.ndarray, generator: torch.Generator) -> np.ndarray:
    """The same down the gradient of the samples' energy distance, judged on the seeds that stop the search."""
    law = law_of(model.dataset.mixture, model.sigma_min)
    score = optimize.sample_score(denoiser, model.reference(seed=STOP_SEED), SOLVER, seed=STOP_SEED + 1)
    return optimize.refine(denoiser, sigmas, SOLVER, score=score, pull=law.pull, generator=generator).sigmas


def case(data: str, kind: str, steps: int) -> dict[str, Any]:
    """One data set and model: the metrics of every schedule on fresh seeds, and what finding it cost."""
    model, costs = Model(data, kind), dict[str, tuple[int, float]]()
    denoiser, generator = model.denoiser(), torch.Generator().manual_seed(SEARCH_SEED)
    x0, first = model.dataset.sample(POINTS, generator), schedules.edm(steps)
    began = time.perf_counter()
    prices = optimize.MonteCarloCosts(denoiser, x0, generator=generator)
    sweeps = list(optimize.coordinate_search(prices, first))
    costs["AYS at rest"] = sweeps[-1].calls, time.perf_counter() - began
    score = optimize.sample_score(denoiser, model.reference(seed=STOP_SEED), SOLVER, seed=STOP_SEED + 1)
    stopping = optimize.EarlyStopping(score)
    list(stopping.watch(sweeps))

    began = time.perf_counter()
    gram = model.collect()
    passed, calls = time.perf_counter() - began, gram.paths * gram.grid.size
    best = optimize.optimum(gram, steps)
    costs["KLUB optimum"] = calls, time.perf_counter() - began
    began = time.perf_counter() - passed
    descended = refined_on_klub(gram, first, generator)
    costs["EDM refined on KLUB"] = calls, time.perf_counter() - began
    began, counted = time.perf_counter(), Counted(denoiser)
    sampled = refined_on_samples(model, counted, first, generator)
    costs["EDM refined on its samples"] = counted.given, time.perf_counter() - began
    judge = Model.collect(model, paths=16_384, seed=FRESH_SEED)  # prices all on paths that none has seen

    named = {name: schedules.SCHEDULES[name](steps) for name in BASELINES}
    named |= {"AYS as stopped": stopping.chosen.sigmas, "AYS at rest": sweeps[-1].sigmas, "KLUB optimum": best}
    named |= {"EDM refined on KLUB": descended, "EDM refined on its samples": sampled}
    priced = {name: judge.price(sigmas) for name, sigmas in named.items()}
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
        "klub": {name: [price.value, price.stderr] for name, price in priced.items()},
        "costs": costs,
    }


def show(console: Console, result: dict[str, Any]) -> None:
    """Print one case."""
    rows, klub, costs = (result[part] for part in ("rows", "klub", "costs"))
    titles = ("KLUB", *(METRICS_BY_NAME[name].title for name in METRICS), "calls", "seconds")
    table = Table(Column("schedule", no_wrap=True), *titles, title=result["case"])
    for name, metrics in rows.items():
        cost = (f"{costs[name][0]:,}", f"{costs[name][1]:.1f}") if name in costs else ()
        table.add_row(name, str(Estimate(*klub[name])), *map(str, metrics.values()), *cost)
    console.print(table)
    stopped = rows["AYS as stopped"]
    for name in (*BASELINES, "AYS at rest"):
        verdicts = [rows[name][metric].exceeds(stopped[metric]) for metric in METRICS]
        words = ", ".join(f"{metric} {'yes' if won else 'NO'}" for metric, won in zip(METRICS, verdicts, strict=True))
        console.print(f"AYS as stopped (sweep {result['stop']} of {result['sweeps']}) beats {name}: {words}")
    least = klub["KLUB optimum"][0]
    rest, descended = (klub[name][0] / least for name in ("AYS at rest", "EDM refined on KLUB"))
    worse = rows["KLUB optimum"]["energy"].value / stopped["energy"].value
    console.print(
        f"The search's fault: it rests at {rest:.2f} times the least KLUB, where gradients reach {descended:.2f}. "
        f"The objective's: at the least KLUB the energy distance is {worse:.1f} times that at the stop.\n"
    )


def main(out: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None) -> None:
    """Show what stopping the paper's search early does, on fresh seeds."""
    console, results = Console(width=WIDTH), [case(*arguments) for arguments in CASES]
    for result in results:
        show(console, result)
    if out:
        out.write_text(json.dumps(results, indent=1, default=lambda value: vars(value)) + "\n")


if __name__ == "__main__":
    typer.run(main)
