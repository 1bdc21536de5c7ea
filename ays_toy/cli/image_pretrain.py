"""`image pretrain`: the models of digits that ship with the package."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ays_toy import checks
from ays_toy.cli import common
from ays_toy.cli.common import AsJson, console, user_errors
from ays_toy.images import classifier, digits, pretraining


def pretrain(
    model: Annotated[str, typer.Argument(help=f"Which: {' or '.join(pretraining.CONFIGS)}.")] = "digits",
    steps: Annotated[int | None, typer.Option(help="Training steps; else as many as the one that ships had.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, data and noise.")] = 0,
    folder: Annotated[
        Path | None, typer.Option(help="Where the model goes; else it takes the shipped one's place.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Keep the training in this file, and take it up again, to the bit.")
    ] = None,
    every: Annotated[int, typer.Option(help="Steps between checkpoints, and between measurements.")] = 50,
    features: Annotated[bool, typer.Option(help="Train the classifier behind the Fréchet distance too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Train a model of digits that ships with the package, and the classifier that it is judged by.

    With a checkpoint and fewer or more steps than before, a training ends sooner or goes on.
    """
    with user_errors(), common.progress() as bars:
        config = replace(checks.lookup(pretraining.CONFIGS, model, "bundled model"), seed=seed)
        config = config if steps is None else replace(config, steps=steps)
        if features:
            learning = bars.add_task("classifier", total=classifier.DESIGNS[model].epochs)
            for epoch in classifier.train(model):
                words = f"classifier, {epoch.accuracy:.1%} right"
                bars.update(learning, completed=epoch.number, description=words)
            classifier.save(epoch.classifier, model, accuracy=epoch.accuracy)
        task = bars.add_task("model", total=config.steps)
        for snapshot in pretraining.train(config, every=every, checkpoint=checkpoint):
            words = f"model, loss {snapshot.loss:.4f}, held out {snapshot.held_out:.4f}"
            bars.update(task, completed=snapshot.step, description=words)
        place = folder or digits.WEIGHTS / model
        pretraining.save(snapshot.network, place, half=config.half)
    console.print(f"Written to {place}.")
    if as_json:
        held_out = {"loss": snapshot.loss, "held out": snapshot.held_out}
        common.print_json({"model": model, "folder": str(place), "steps": snapshot.step, "seed": seed} | held_out)
