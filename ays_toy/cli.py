"""`python -m ays_toy …`: what the pages do, without a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from ays_toy import checkpoints, checks, comparison, datasets
from ays_toy.metrics import METRICS
from ays_toy.palette import STYLES
from ays_toy.samplers import SOLVERS
from ays_toy.training import ExcessLoss, TrainingConfig, denoiser_from, train

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


@app.callback()
def main() -> None:
    """Diffusion sampling schedules on 2D data, exactly and live."""


@app.command()
def compare(
    data: Annotated[str, typer.Argument(help="A data set.")] = "grid-8x8",
    steps: Annotated[int, typer.Option(help="Steps of every schedule.")] = 8,
    solver: Annotated[str, typer.Option(help=f"One of {', '.join(SOLVERS)}.")] = "stochastic-ddim",
    model: Annotated[str, typer.Option(help=f"One of {', '.join(comparison.MODELS)}.")] = "exact",
    power: Annotated[float, typer.Option(help="The optimized schedule's weight, 3 = KLUB.")] = 2.0,
    sigma_min: Annotated[float, typer.Option(help="Lowest noise level.")] = checks.SIGMA_MIN,
    sigma_max: Annotated[float, typer.Option(help="Highest noise level.")] = checks.SIGMA_MAX,
    seed: Annotated[int, typer.Option(help="Seed of the initial noise.")] = 0,
) -> None:
    """Print KLUB and the metrics of the optimized schedule, every baseline, and fresh data."""
    with _user_errors():
        chosen = comparison.Model(data, model, sigma_min, sigma_max)
        results = comparison.compare(chosen, solver, steps, power, seed)
    table = Table(Column("schedule", no_wrap=True), "KLUB", *(METRICS[name].title for name in results[0].metrics))
    for result in results:
        klub = comparison.significant(result.klub.value, result.klub.stderr) if result.klub else "–"
        figures = (comparison.significant(e.value, e.stderr) for e in result.metrics.values())
        table.add_row(STYLES[result.name].title if result.name in STYLES else "fresh data", klub, *figures)
    console.print(table)


@contextmanager
def _user_errors() -> Iterator[None]:
    """Say in one sentence what to change, without a traceback, where an argument is not usable."""
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def pretrain(
    names: Annotated[list[str] | None, typer.Argument(help="Data sets; all when none is named.")] = None,
    steps: Annotated[int, typer.Option(help="Training steps of each.")] = 12_000,
) -> None:
    """Train the MLPs that ship with the package and write them to ays_toy/weights."""
    table = Table("data set", "excess over Bayes", "worst level")
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console) as progress:
        with _user_errors():
            chosen, config = [datasets.get(name) for name in names or datasets.DATASETS], TrainingConfig(steps=steps)
        for dataset in chosen:
            name = dataset.name
            task = progress.add_task(name, total=steps)
            for snapshot in train(dataset, config, every=250):
                progress.update(task, completed=snapshot.step, description=f"{name} {snapshot.excess:.2%}")
            assert snapshot.weights is not None
            # Half precision: the rounding costs less than a hundredth of the excess and halves the package.
            rounded = {key: value.half() for key, value in snapshot.weights.items()}
            measure = ExcessLoss(dataset, torch.Generator().manual_seed(12345), points=8192)
            by_level = measure.by_level(denoiser_from(rounded, config.network))
            checkpoints.save(
                checkpoints.PRETRAINED / f"{name}.safetensors",
                rounded,
                config,
                dtype=torch.float16,
                data=name,
                excess=float(by_level.mean()),
            )
            table.add_row(name, f"{by_level.mean():.2%}", f"{by_level.max():.2%}")
    console.print(table)
