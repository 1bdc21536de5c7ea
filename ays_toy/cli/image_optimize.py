"""`image optimize` and `image compare`: a schedule for an image model, and what others are worth beside it."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from ays_toy import checks, names, seeds
from ays_toy.cli import brought, common
from ays_toy.cli import image_options as options
from ays_toy.cli.common import AsJson, Method, Out, Power, Refine, Solver, Steps, console, user_errors
from ays_toy.estimates import Measured
from ays_toy.exchange.export import ends_early
from ays_toy.exchange.formats import Taken
from ays_toy.images import collect, compared, distributed, optimizing, partial, scores, sources
from ays_toy.images.baselines import family
from ays_toy.images.config import ITERATIONS
from ays_toy.images.optimizing import Search
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import draw_samples
from ays_toy.images.scores import FIGURES, Judge
from ays_toy.optimize import NEAR
from ays_toy.optimize.refine import MOST_ITERATIONS
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule

USUAL = 10  # steps


def _opened(
    whole: ImageModel,
    paths: int,
    folder: Path | None,
    seed: int,
    solver: str,
    steps: int,
    ends: dict[str, float | None],
) -> tuple[ImageModel, Callable[[], sources.Source]]:
    """The part of a model that is asked for, and what finds the images that paths start from: a while, if sampled."""
    source = cache(lambda: sources.find(whole, paths, folder=folder, seed=seed))
    return partial.asked(whole, lambda: partial.from_where(whole, source().x0), solver, steps, **ends), source


def _figures(model: ImageModel, solver: str, first: str) -> list[str]:
    """The figure that decides, and the others that model and solver have."""
    return list(dict.fromkeys([first, *scores.fitting(_judged_as(model), solver)]))


def _judged_as(model: ImageModel) -> str:
    """The name that says which figures there are: noisy images, which another model goes on with, fit no classifier."""
    return "" if ends_early(model) else model.name


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


def optimize(
    model: options.Name = "digits",
    method: Method = "choice",
    steps: Steps = 10,
    solver: Solver = "stochastic-ddim",
    figure: Annotated[str | None, typer.Option(help=f"What decides: one of {', '.join(FIGURES)}.")] = None,
    refine: Refine = ITERATIONS,
    power: Power = 2.0,
    paths: options.Paths = collect.PATHS,
    batch: options.Batch = 16,
    levels: options.Levels = collect.LEVELS,
    data: options.Folder = None,
    prompts: options.Prompts = None,
    labels: options.Labels = None,
    guidance: options.Guidance = None,
    lora: options.Lora = None,
    lora_scale: options.LoraScale = 1.0,
    strength: options.Strength = None,
    sigma_start: options.Start = None,
    sigma_end: options.End = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Keep the pass in this file, and take it up again.")] = None,
    samples: options.Samples = 1024,
    seed: options.Seed = 0,
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
        whole = options.load(model, prompts, labels, guidance, lora, lora_scale, team.device if team.size > 1 else None)
        checks.whole_number(samples, "The number of samples", 40, 1_000_000)
        checks.whole_number(steps, "The number of steps", 2, levels - 1)
        checks.real_number(power, "The power", 0.0, 4.0)
        checks.whole_number(refine, "The number of iterations", 0, MOST_ITERATIONS)
        ends = {"strength": strength, "start": sigma_start, "end": sigma_end}
        chosen, source = _opened(whole, paths, data, seed, solver, steps, ends)
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


def compare(
    model: options.Name = "digits",
    steps: brought.Steps = None,
    solver: Solver = "stochastic-ddim",
    schedule: brought.Files = None,
    paths: options.Paths = collect.PATHS,
    data: options.Folder = None,
    prompts: options.Prompts = None,
    labels: options.Labels = None,
    guidance: options.Guidance = None,
    lora: options.Lora = None,
    lora_scale: options.LoraScale = 1.0,
    strength: options.Strength = None,
    sigma_start: options.Start = None,
    sigma_end: options.End = None,
    samples: options.Samples = 1024,
    seed: options.Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Print KLUB and quality of the baselines, the KLUB optimum and schedules from files, on the same noise."""
    with user_errors():
        files = brought.read(schedule)  # before a model is loaded, which takes its time
        whole = options.load(model, prompts, labels, guidance, lora, lora_scale)
        checks.whole_number(samples, "The number of samples", 40, 1_000_000)
        ends = {"strength": strength, "start": sigma_start, "end": sigma_end}
        if strength is not None:  # which begins where as many steps of a pipeline do
            steps = checks.whole_number(USUAL if steps is None else steps, "The number of steps", 1, collect.LEVELS - 1)
        chosen, source = _opened(whole, paths, data, seed, solver, steps or USUAL, ends)
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
