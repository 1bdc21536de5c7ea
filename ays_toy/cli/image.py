"""`image …`: schedules for diffusion models of images, and the models of digits that ship with the package."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from ays_toy import checks, images, names, seeds
from ays_toy.cli import brought, common
from ays_toy.cli.common import AsJson, Method, Out, Power, Refine, Solver, Steps, console, user_errors
from ays_toy.estimates import Measured
from ays_toy.exchange.formats import Taken
from ays_toy.images import (
    classifier,
    collect,
    compared,
    digits,
    distributed,
    optimizing,
    partial,
    pretraining,
    scores,
    sources,
)
from ays_toy.images.baselines import family
from ays_toy.images.config import ITERATIONS
from ays_toy.images.optimizing import Search
from ays_toy.images.pipelines.conditioning import prompts_from
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import draw_samples
from ays_toy.images.scores import FIGURES, Judge
from ays_toy.optimize import NEAR
from ays_toy.optimize.refine import MOST_ITERATIONS
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule

USUAL = 10  # steps
app = typer.Typer(no_args_is_help=True, help="Schedules for diffusion models of images.")

Name = Annotated[
    str,
    typer.Argument(
        help="digits, handwritten, a folder in diffusers' format, a .safetensors file, or a name on the hub."
    ),
]
Folder = Annotated[
    Path | None, typer.Option("--data", help="A folder of images; else the model's data or own samples.")
]
Prompts = Annotated[Path | None, typer.Option(help="Prompts of a text-to-image model, one a line.")]
Labels = Annotated[list[int] | None, typer.Option("--label", help="A class to draw, by number; may be repeated.")]
Guidance = Annotated[float | None, typer.Option(help="Scale of the guidance by prompts or labels.")]
Lora = Annotated[Path | None, typer.Option(help="A LoRA for the model, a .safetensors file or the folder of one.")]
LoraScale = Annotated[float, typer.Option(help="How much of the LoRA is added.")]
Samples = Annotated[int, typer.Option(help="Samples behind every figure in the table.")]
Paths = Annotated[int, typer.Option(help="Coupled paths behind the matrix.")]
Batch = Annotated[int, typer.Option(help="Paths that are collected, and written down, at a time.")]
Levels = Annotated[int, typer.Option(help="Noise levels of the matrix.")]
Strength = Annotated[
    float | None,
    typer.Option(help="Image to image: how much of an image is drawn anew, as in diffusers; ComfyUI's denoise."),
]
Start = Annotated[
    float | None, typer.Option("--sigma-start", help="Begin at this noise level, from images with noise on them.")
]
End = Annotated[
    float | None, typer.Option("--sigma-end", help="End at this noise level, where another model (a refiner) goes on.")
]
Seed = Annotated[int, typer.Option(help="Seed of images and noise.")]


def load(
    name: str,
    prompts: Path | None,
    labels: list[int] | None,
    guidance: float | None,
    lora: Path | None = None,
    lora_scale: float = 1.0,
    device: str | None = None,
) -> ImageModel:
    """The model as the options describe it."""
    lines = None if prompts is None else prompts_from(prompts)
    return images.load(
        name,
        prompts=lines,
        labels=labels or None,
        guidance=guidance,
        device=device,
        lora=lora,
        lora_scale=lora_scale,
    )


def _figures(model: ImageModel, solver: str, first: str) -> list[str]:
    """The figure that decides, and the others that model and solver have."""
    return list(dict.fromkeys([first, *scores.fitting(_judged_as(model), solver)]))


def _judged_as(model: ImageModel) -> str:
    """The name that says which figures there are: noisy images, which another model goes on with, fit no classifier."""
    return "" if model.part is not None and model.part.ends_early else model.name


def _print(
    judge: Judge, gram: PathGram, schedules: Sequence[Schedule], solver: str, figures: list[str], samples: int
) -> list[Measured]:
    """Measure schedules and the baselines on fresh samples, and print all of it."""
    rows, steps = [], schedules[0].steps
    usual = [*partial.beside(judge.model), *(family(judge.model, name, steps) for name in names.BASELINES)]
    with common.progress() as bars:
        for one in bars.track([*schedules, *usual], description="fresh samples"):
            drawn = draw_samples(judge.model, one.sigmas, solver, seeds.IMAGE_REPORT, samples)
            figured = {name: judge.measure(drawn, name, seeds.IMAGE_REPORT) for name in figures}
            rows.append(Measured(one, gram.price(one.sigmas), figured))
    common.print_table(rows, {name: FIGURES[name].title for name in figures})
    return rows


@app.command()
def optimize(
    model: Name = "digits",
    method: Method = "choice",
    steps: Steps = 10,
    solver: Solver = "stochastic-ddim",
    figure: Annotated[str | None, typer.Option(help=f"What decides: one of {', '.join(FIGURES)}.")] = None,
    refine: Refine = ITERATIONS,
    power: Power = 2.0,
    paths: Paths = collect.PATHS,
    batch: Batch = 16,
    levels: Levels = collect.LEVELS,
    data: Folder = None,
    prompts: Prompts = None,
    labels: Labels = None,
    guidance: Guidance = None,
    lora: Lora = None,
    lora_scale: LoraScale = 1.0,
    strength: Strength = None,
    sigma_start: Start = None,
    sigma_end: End = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Keep the pass in this file, and take it up again.")] = None,
    samples: Samples = 1024,
    seed: Seed = 0,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Find a schedule for an image model, print what it is worth beside the baselines, and write it to a file.

    With a strength, or noise levels to start from and to end at, it is for that part of the noise. Under torchrun the
    processes share the paths: the matrix is that of one process.
    """
    with user_errors(), distributed.joined() as team:
        common.check_out(out)
        checks.lookup(names.METHODS, method, "method")
        whole = load(model, prompts, labels, guidance, lora, lora_scale, team.device if team.size > 1 else None)
        checks.whole_number(samples, "The number of samples", 40, 1_000_000)
        checks.whole_number(steps, "The number of steps", 2, levels - 1)
        checks.real_number(power, "The power", 0.0, 4.0)
        checks.whole_number(refine, "The number of iterations", 0, MOST_ITERATIONS)
        source = cache(lambda: sources.find(whole, paths, folder=data, seed=seed))  # a while, where it samples them
        part = {"strength": strength, "start": sigma_start, "end": sigma_end}
        chosen = partial.asked(whole, lambda: partial.from_where(whole, source().x0), solver, steps, **part)
        decides = figure or scores.default_figure(_judged_as(chosen), solver)
        scores.check_figure(_judged_as(chosen), solver, decides)
        with common.progress(quiet=not team.leads) as bars:
            task = bars.add_task(source().about, total=None)
            grid = collect.grid_for(chosen, levels)
            for state in collect.stream(
                chosen, source().x0, grid, seed=seed, batch=batch, checkpoint=checkpoint, team=team, say=console.print
            ):
                bars.update(task, completed=state.done, total=state.total)
        if not team.leads:
            return
        if state.resumed:
            console.print(f"{state.resumed} of {state.total} batches were taken from {checkpoint}.")
        assert state.gram is not None
        search = Search(solver, steps, method, decides, power, plan=NEAR.by(2 * samples).refined(refine))
        judge = Judge(chosen)
        said = ""
        for found in optimizing.find(judge, state.gram, source().x0, search):
            if found.line != said:  # a refinement has one line for all its iterations
                console.print(said := found.line)
        common.print_levels(found.sigmas)
        rows = _print(judge, state.gram, [found], solver, _figures(chosen, solver, decides), samples)
        about = {"model": model, "figure": decides, "paths": state.gram.paths}
        about |= {} if strength is None else {"strength": strength}
        if out is not None:
            common.write(out, Taken(rows[0], solver, chosen, about=about))
        if as_json:
            about |= {"method": method, "solver": solver, "steps": steps, "seed": seed}
            common.print_json_of(rows, about)


@app.command()
def compare(
    model: Name = "digits",
    steps: brought.Steps = None,
    solver: Solver = "stochastic-ddim",
    schedule: brought.Files = None,
    paths: Paths = collect.PATHS,
    data: Folder = None,
    prompts: Prompts = None,
    labels: Labels = None,
    guidance: Guidance = None,
    lora: Lora = None,
    lora_scale: LoraScale = 1.0,
    strength: Strength = None,
    sigma_start: Start = None,
    sigma_end: End = None,
    samples: Samples = 1024,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Print KLUB and quality of the baselines, the KLUB optimum and schedules from files, on the same noise."""
    with user_errors():
        files = brought.read(schedule)  # before a model is loaded, which takes its time
        whole = load(model, prompts, labels, guidance, lora, lora_scale)
        checks.whole_number(samples, "The number of samples", 40, 1_000_000)
        source = cache(lambda: sources.find(whole, paths, folder=data, seed=seed))
        part = {"strength": strength, "start": sigma_start, "end": sigma_end}
        if strength is not None:  # which begins where as many steps of a pipeline do
            steps = checks.whole_number(USUAL if steps is None else steps, "The number of steps", 1, collect.LEVELS - 1)
        count = steps or USUAL
        chosen = partial.asked(whole, lambda: partial.from_where(whole, source().x0), solver, count, **part)
        low, high, flow = chosen.sigma_min, chosen.sigma_max, chosen.prediction == "flow"
        yours = brought.fit(files, low, high, most=collect.LEVELS - 1, flow=flow)
        steps = checks.whole_number(
            brought.steps_of_all(yours, steps, USUAL), "The number of steps", 1, collect.LEVELS - 1
        )
        figures = _figures(chosen, solver, scores.default_figure(_judged_as(chosen), solver))
        gram = collect.collect(chosen, source().x0, collect.grid_for(chosen), seed=seed)
        schedules = [*yours, compared.optimum(gram, steps)]
        rows = _print(Judge(chosen), gram, schedules, solver, figures, samples)
        if as_json:
            about = {"model": model, "paths": gram.paths, "solver": solver, "steps": steps, "seed": seed}
            common.print_json_of(rows, about)


@app.command()
def paths(
    model: Name = "digits",
    steps: Steps = 10,
    most: Annotated[int, typer.Option(help="Paths that the others are held against.")] = 1024,
    data: Folder = None,
    prompts: Prompts = None,
    labels: Labels = None,
    guidance: Guidance = None,
    lora: Lora = None,
    lora_scale: LoraScale = 1.0,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure how few paths suffice: KLUB's error bar, and what their optimum loses against that of the most paths."""
    with user_errors():
        checks.whole_number(steps, "The number of steps", 1, collect.LEVELS - 1)
        chosen = load(model, prompts, labels, guidance, lora, lora_scale)
        source = sources.find(chosen, checks.whole_number(most, "The most paths", 64, 100_000), folder=data, seed=seed)
        grid = collect.grid_for(chosen)
        with common.progress() as bars:
            task = bars.add_task(source.about, total=None)
            for state in collect.stream(chosen, source.x0, grid, seed=seed):
                bars.update(task, completed=state.done, total=state.total)
        assert state.gram is not None
        found = collect.how_few(state.gram, steps)
        _print_few(found)
        if as_json:
            common.print_json(
                {"model": model, "steps": steps, "seed": seed, "paths": [_as_record(row) for row in found]}
            )


FEW = ("paths", "KLUB of the optimum", "its error bar", "regret of their optimum", "for p = 2")


def _print_few(found: Sequence[collect.FewPaths]) -> None:
    """What `how_few` found, as a table."""
    rows = []
    for row in found:
        klub, *regrets = str(row.klub), *(f"{x:.2%}" for x in row.regret.values())
        rows.append((f"{row.paths:,}", klub, f"{row.klub.stderr / row.klub.value:.1%}", *regrets))
    common.print_columns(FEW, rows)


def _as_record(row: collect.FewPaths) -> dict[str, Any]:
    return {
        "paths": row.paths,
        "klub": common.as_record(row.klub),
        "regret": {f"p = {power:g}": x for power, x in row.regret.items()},
    }


@app.command()
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
