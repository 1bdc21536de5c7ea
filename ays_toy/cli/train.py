"""`train`: a model of one's own, kept for every page; `pretrain`: the models that ship with the package."""

from typing import Annotated

import torch
import typer

from ays_toy import seeds
from ays_toy.cli.common import AsJson, Data, console, print_columns, print_json, progress, user_errors
from ays_toy.data import datasets
from ays_toy.models import catalog, checkpoints, training
from ays_toy.models.networks import NetworkConfig
from ays_toy.models.store import ModelStore
from ays_toy.models.training import ExcessLoss, TrainingConfig, denoiser_from

REPORTS = 20  # of the excess error while a network is trained: each takes the time of ten steps


def train(
    name: Annotated[str, typer.Argument(help="What to keep the model as.")],
    data: Data = "grid-8x8",
    width: Annotated[int, typer.Option(help="Neurons in each hidden layer.")] = 128,
    depth: Annotated[int, typer.Option(help="Hidden layers.")] = 3,
    steps: Annotated[int, typer.Option(help="Training steps.")] = 4000,
    batch: Annotated[int, typer.Option(help="Points in a step.")] = 512,
    rate: Annotated[float, typer.Option(help="Learning rate.")] = 2e-3,
    seed: Annotated[int, typer.Option(help="Seed of initialization, data and noise.")] = 0,
    replace: Annotated[bool, typer.Option("--replace", help="In place of a model of that name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a denoiser on a data set and keep it as saved:NAME for the pages and commands."""
    with user_errors(), progress(counts=False) as bars:
        store, dataset = ModelStore(), catalog.dataset(data)
        store.check(name, replace)
        config = TrainingConfig(NetworkConfig(width, depth), steps=steps, batch=batch, learning_rate=rate, seed=seed)
        task = bars.add_task(dataset.title, total=steps)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        for snapshot in training.train(dataset, config, device=device, every=max(100, steps // REPORTS)):
            words = f"{dataset.title}: {snapshot.excess:.2%} above the least error"
            bars.update(task, completed=snapshot.step, description=words)
        store.save(
            name, snapshot.weights, config, replace=replace, data=data, excess=snapshot.excess, step=snapshot.step
        )
    console.print(f"Kept as saved:{name}; its excess error is {snapshot.excess:.2%}.")
    if as_json:
        print_json({"model": f"saved:{name}", "data": data, "steps": snapshot.step, "excess": snapshot.excess})


def pretrain(
    names: Annotated[list[str] | None, typer.Argument(help="Data sets; all when none is named.")] = None,
    steps: Annotated[int, typer.Option(help="Training steps of each.")] = 12_000,
    as_json: AsJson = False,
) -> None:
    """Train the MLPs that ship with the package and write them to ays_toy/models/weights."""
    found = {}
    with progress(counts=False) as bars:
        with user_errors():
            chosen, config = [datasets.get(name) for name in names or datasets.DATASETS], TrainingConfig(steps=steps)
        for dataset in chosen:
            name = dataset.name
            task = bars.add_task(name, total=steps)
            for snapshot in training.train(dataset, config, every=max(100, steps // REPORTS)):
                bars.update(task, completed=snapshot.step, description=f"{name} {snapshot.excess:.2%}")
            # Half precision: the rounding costs less than a hundredth of the excess and halves the package.
            rounded = {key: value.half() for key, value in snapshot.weights.items()}
            measure = ExcessLoss(dataset, torch.Generator().manual_seed(seeds.EXCESS), points=8192)
            by_level = measure.by_level(denoiser_from(rounded, config.network))
            checkpoints.save(
                checkpoints.PRETRAINED / f"{name}.safetensors",
                rounded,
                config,
                dtype=torch.float16,
                data=name,
                excess=float(by_level.mean()),
            )
            found[name] = {"excess": float(by_level.mean()), "worst level": float(by_level.max())}
    rows = [(name, *(f"{share:.2%}" for share in shares.values())) for name, shares in found.items()]
    print_columns(("data set", "excess over Bayes", "worst level"), rows)
    if as_json:
        print_json(found)
