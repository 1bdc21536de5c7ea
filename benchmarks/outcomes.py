"""What the presets' samples are worth, as it ships: `python -m benchmarks.outcomes [--out FILE]`; a quarter of an hour.

Every preset with its exact denoiser, the solvers that schedules ship for, the numbers of steps that are asked for most:
all schedules of Explore's table, on its first noise. What is measured is kept, so that a run that was stopped goes on
where it was; a schedule that has changed since is measured anew.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import torch
import typer
from rich.console import Console
from rich.progress import track

from ays_toy import names
from ays_toy.data.datasets import DATASETS
from ays_toy.metrics import evaluate
from ays_toy.runs import finding, shipped, shipped_metrics
from ays_toy.runs.comparison import Model, draw_samples
from ays_toy.runs.finding import FRESH_DATA
from ays_toy.runs.shipped_metrics import FILE, KEY, NOISE, mark
from ays_toy.sampling.schedules import Schedule
from ays_toy.seeds import FRESH_DATA as FRESH_SEED
from benchmarks import cells
from benchmarks.presets import SOLVERS

STEPS = (4, 5, 6, 7, 8, 10, 12, 16, 20)


def schedules_of(model: Model, solver: str) -> Iterator[Schedule]:
    """All schedules of Explore's table in those numbers of steps that take no search, and none, for fresh data."""
    passed = finding.one_pass(model)
    yield FRESH_DATA
    for steps, name in product(STEPS, names.USUAL):
        if name in names.QUEUED:
            found = shipped.find(model, solver, steps, name)
        else:
            found = finding.find(model, passed, name, solver, steps)
        if found is not None:
            yield found


def measured(model: Model, solver: str, one: Schedule) -> dict[str, Any]:
    """A row of the file."""
    samples = (
        draw_samples(model, one.sigmas, solver, NOISE) if one.levels else model.fresh_data(None, FRESH_SEED + NOISE)
    )
    return {**key(model, solver, one), **shipped_metrics.columns(evaluate(samples, model.reference()))}


def key(model: Model, solver: str, one: Schedule) -> dict[str, str]:
    """What a row is found by."""
    return dict(zip(KEY, (model.data, solver if one.levels else "", mark(one.levels)), strict=True))


def main(
    out: Annotated[Path, typer.Option(help="What is measured goes here, and is taken from here.")] = FILE,
    anew: Annotated[bool, typer.Option("--anew", help="Measure again what the file already holds.")] = False,
) -> None:
    """Measure the samples of all schedules that ship for the preset data."""
    torch.set_num_threads(1)
    kept: list[dict[Any, Any]] = [] if anew or not out.is_file() else pd.read_parquet(out).to_dict("records")
    known = {tuple(row[name] for name in KEY): row for row in kept}
    rows: dict[tuple[str, ...], dict[Any, Any]] = {}
    for data, solver in track([*product(DATASETS, SOLVERS)], "Measuring …", console=Console(stderr=True)):
        model = Model(data)
        for one in schedules_of(model, solver):
            told = key(model, solver, one)
            at = tuple(told.values())
            if at not in rows:
                rows[at] = known[at] if at in known else measured(model, solver, one)
        write(out, list({**known, **rows}.values()))
    write(out, list(rows.values()))  # without those of schedules that are others by now
    Console().print(f"{len(rows):,} rows, {out.stat().st_size / 1000:,.0f} kB: {out}")


def write(out: Path, rows: list[dict[Any, Any]]) -> None:
    """Keep these rows, their numbers in single precision."""
    cells.keep(pd.DataFrame(rows).astype({name: "float32" for name in rows[0] if name not in KEY}), out)


if __name__ == "__main__":
    typer.run(main)
