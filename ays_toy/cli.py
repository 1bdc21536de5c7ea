"""`python -m ays_toy …`: what the pages do, without a browser."""

from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ays_toy import checkpoints, datasets
from ays_toy.training import ExcessLoss, TrainingConfig, denoiser_from, train

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


@app.callback()
def main() -> None:
    """Diffusion sampling schedules on 2D data, exactly and live."""


@app.command()
def pretrain(
    names: Annotated[list[str] | None, typer.Argument(help="Data sets; all when none is named.")] = None,
    steps: Annotated[int, typer.Option(help="Training steps of each.")] = 12_000,
) -> None:
    """Train the MLPs that ship with the package and write them to ays_toy/weights."""
    table = Table("data set", "excess over Bayes", "worst level")
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console) as progress:
        for name in names or list(datasets.DATASETS):
            dataset, config = datasets.get(name), TrainingConfig(steps=steps)
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
