"""Is the automatic choice any good? `python -m benchmarks.choice [DATA …] [--json FILE]`; all of it takes minutes.

Every preset, four solvers, six step counts: `optimize.choose` tunes the energy distance on its own seeds; then the
chosen schedule and all six baselines are measured on fresh ones, by that metric and by sliced W2, which was not tuned.
"""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from ays_toy import optimize, seeds
from ays_toy.data import datasets
from ays_toy.metrics import evaluate
from ays_toy.names import BASELINES
from ays_toy.runs.comparison import Model, draw_samples
from ays_toy.sampling import schedules

SOLVERS = ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m")
STEPS = (5, 6, 8, 10, 15, 20)
METRICS = ("energy", "sliced-w2")
TUNE_SEED, FRESH_SEED = seeds.CHOICE_BENCHMARK


def cell(data: str, solver: str, steps: int) -> dict[str, Any]:
    """Choose for one case, and measure the choice and the baselines on fresh seeds."""
    torch.set_num_threads(1)  # cells run in parallel processes
    model, generator = Model(data), torch.Generator().manual_seed(TUNE_SEED)
    choice = optimize.choose(
        model.denoiser(), model.dataset.sample(8192, generator), solver, steps, generator=generator, data=model.dataset
    )
    reference = model.reference(seed=FRESH_SEED)
    named = {"chosen": choice.sigmas} | {name: family(steps) for name, family in schedules.SCHEDULES.items()}
    measured = {
        n: evaluate(draw_samples(model, s, solver, FRESH_SEED + 1), reference, METRICS) for n, s in named.items()
    }
    row: dict[str, Any] = {"data": data, "solver": solver, "steps": steps, "choice": choice.best.title}
    for metric in METRICS:
        ours = measured["chosen"][metric]
        rivals = {name: values[metric] for name, values in measured.items() if name != "chosen"}
        best = min(rivals, key=lambda name: rivals[name].value)
        row[metric] = {
            "ours": ours.value,
            "best": rivals[best].value,
            "baseline": best,
            "holds": not ours.exceeds(rivals[best]),
            "ratio": max(rivals[best].value, rivals[best].stderr) / max(ours.value, ours.stderr),
        }
    return row


def summary(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Share of cells that hold and geometric-mean improvement, for each metric."""
    cells = []
    for metric in METRICS:
        share = np.mean([row[metric]["holds"] for row in rows])
        gain = np.exp(np.mean([np.log(row[metric]["ratio"]) for row in rows]))
        cells += [f"{share:.0%}", f"{gain:.2f}×"]
    return cells


def main(
    data: Annotated[list[str] | None, typer.Argument(help="Data sets; all when none is named.")] = None,
    out: Annotated[Path | None, typer.Option("--json", help="Write every cell here.")] = None,
) -> None:
    """Hold the automatic choice against the best of six baselines on fresh seeds."""
    names = [datasets.get(name).name for name in data or datasets.DATASETS]
    cases = list(product(names, SOLVERS, STEPS))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = list(track(pool.map(cell, *zip(*cases, strict=True)), total=len(cases), description="cells"))
    columns = (f"{metric}: {what}" for metric in METRICS for what in ("holds", "gain"))
    table = Table(Column("cells", no_wrap=True), *columns, title="chosen (tuned on energy) against the best baseline")
    for key in ("solver", "steps", "data"):
        for value in dict.fromkeys(row[key] for row in rows):
            table.add_row(str(value), *summary([row for row in rows if row[key] == value]))
        table.add_section()
    table.add_row("all", *summary(rows))
    console = Console()
    console.print(table)
    kept = sum(row["choice"] in BASELINES.values() for row in rows)
    console.print(f"A baseline was chosen in {kept} of {len(rows)} cells.")
    if out:
        out.write_text(json.dumps(rows, indent=1, default=bool) + "\n")


if __name__ == "__main__":
    typer.run(main)
