"""Does a schedule that is found beat an image-to-image pipeline's own spacing? `python -m benchmarks.image_to_image`.

A bundled model redraws images of its kind: noise of a level is added, and few steps take it away. The search goes by
images that the model was trained on; what it finds is held against the pipeline's own levels, and the best baseline,
on images that were held out and on fresh noise, from the same start and with as many calls, each as a program runs it:
with a last jump to zero. With --json every row is kept in a file. The 8x8 digits take some minutes, the larger ones
half an hour.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ays_toy import images, optimize, seeds
from ays_toy.images import collect, labeled, optimizing, partial, sources
from ays_toy.images.baselines import baselines
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import draw_samples
from ays_toy.images.scores import FIGURES, Judge, fitting
from ays_toy.metrics import Estimate
from ays_toy.sampling.solvers import find

SOLVERS = ("ddim", "dpmpp-2m", "stochastic-ddim")


def held_out(model: ImageModel) -> torch.Tensor:
    """Images x0 [N, C, H, W] that nobody has seen, in which row n shows what row n of a call is told."""
    x0, kinds = labeled.data(model.name, "test")
    unseen = replace(model, data=lambda: x0, shown=lambda: kinds)
    each = len(model.labels) or 1
    return sources.find(unseen, len(x0) // each * each).x0


def on_held_out(model: ImageModel, part: ImageModel) -> ImageModel:
    """The part of a bundled model that begins from images, which are now those that nobody has seen."""
    assert part.part is not None
    return replace(part, part=replace(part.part, starts=held_out(model)))


def draw(part: ImageModel, sigmas: np.ndarray, solver: str, samples: int) -> torch.Tensor:
    """Samples as a program draws them: zero comes after the last level where a pipeline visits that, else in its place.

    So a pipeline's own levels are those that it visits, and every schedule takes as many calls.
    """
    visited = sigmas if partial.visits_the_lowest(part, solver) else sigmas[:-1]
    return draw_samples(part, visited, solver, seeds.IMAGE_REPORT, samples, denoise_to_zero=True)


def case(
    model: ImageModel, solver: str, steps: int, strength: float, figure: str | None, samples: int, iterations: int
) -> Iterator[dict[str, Any]]:
    """A row for the schedule that was found, for the pipeline's own and for every baseline."""
    decides = figure or ("frechet" if find(solver).stochastic else "distance")
    paths = sources.find(model, collect.PATHS).x0
    seen = partial.image_to_image(model, partial.from_where(model, paths), solver, steps, strength)
    gram = collect.collect(seen, paths, collect.grid_for(seen))
    plan = optimize.NEAR.by(samples).refined(iterations)
    if plan.effort is not None:
        plan = replace(plan, effort=replace(plan.effort, samples=min(plan.effort.samples, samples)))
    search = optimizing.Search(solver, steps, "choice", decides, plan=plan)
    *_, found = optimizing.find(Judge(seen), gram, paths, search)
    assert found.choice is not None
    assert seen.part is not None
    judge = Judge(on_held_out(model, seen))
    named = {"choice": found.sigmas, "pipeline": np.array(seen.part.own)} | baselines(seen, steps)
    figures = [
        one for one in fitting(model.name, solver) if one != "distance" or one == decides
    ]  # that takes 100 steps
    for name, sigmas in named.items():
        drawn = draw(judge.model, sigmas, solver, samples)
        measured = {figure: judge.measure(drawn, figure, seeds.IMAGE_REPORT) for figure in figures}
        yield {
            **{"model": model.name, "solver": solver, "steps": steps, "strength": strength, "decides": decides},
            **{"schedule": name, "samples": samples, "sigmas": [float(f"{sigma:.6g}") for sigma in sigmas]},
            **{"figures": {one: [value.value, value.stderr] for one, value in measured.items()}},
            **({"chosen": found.choice.best.title} if name == "choice" else {}),
        }


def report(rows: Sequence[dict[str, Any]]) -> Table:
    """Every case and figure: the schedule found, the pipeline's own and the best baseline; below, the mean gains."""
    table = Table("model", "strength", "solver", "steps", "figure", "found", "pipeline's own", "best baseline", "gain")
    cases = dict.fromkeys((row["model"], row["strength"], row["solver"], row["steps"]) for row in rows)
    gains: dict[str, list[float]] = {}
    for one in cases:
        those = [row for row in rows if (row["model"], row["strength"], row["solver"], row["steps"]) == one]
        for figure in those[0]["figures"]:
            measured = {row["schedule"]: Estimate(*row["figures"][figure]) for row in those}
            ours, theirs = measured.pop("choice"), measured.pop("pipeline")
            best = min(measured, key=lambda name: measured[name].value)
            sure = "" if theirs.exceeds(ours) else " (worse)" if ours.exceeds(theirs) else " (the same)"
            gains.setdefault(figure, []).append(theirs.value / ours.value)
            tuned = ", tuned" if figure == those[0]["decides"] else ""
            cells = (f"{FIGURES[figure].title}{tuned}", str(ours), str(theirs), f"{measured[best]} {best}")
            table.add_row(one[0], f"{one[1]:g}", one[2], str(one[3]), *cells, f"{gains[figure][-1]:.2f}×{sure}")
    table.add_section()
    for figure, ratios in gains.items():
        mean = float(np.exp(np.mean(np.log(ratios))))
        table.add_row("all", "", "", "", FIGURES[figure].title, "", "", "", f"{mean:.2f}× of {len(ratios)}")
    return table


def main(
    name: Annotated[str, typer.Argument(help="digits or handwritten.")] = "digits",
    strength: Annotated[list[float] | None, typer.Option(help="May be given again.")] = None,
    steps: Annotated[list[int] | None, typer.Option(help="May be given again.")] = None,
    solver: Annotated[list[str] | None, typer.Option(help="May be given again.")] = None,
    figure: Annotated[str | None, typer.Option(help="What decides; else the distance, where it is one.")] = None,
    samples: Annotated[int, typer.Option(help="Fresh samples behind every figure.")] = 1024,
    iterations: Annotated[int, typer.Option(help="Of the refinement.")] = 20,
    out: Annotated[Path | None, typer.Option("--json", help="Rows go here, and are taken from here.")] = None,
) -> None:
    """Hold what is found for image to image against the pipeline's own spacing."""
    known: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8")) if out and out.is_file() else []
    done = {(row["model"], row["strength"], row["solver"], row["steps"]) for row in known}
    wanted = list(product([name], strength or (0.3, 0.6), solver or SOLVERS, steps or (3, 5, 8)))
    model = images.load(name)
    for one in track([one for one in wanted if one not in done], description="cases"):
        _, share, way, count = one
        known += case(model, way, count, share, figure, samples, iterations)
        if out:
            out.write_text(json.dumps(known) + "\n", encoding="utf-8")
    Console(width=160).print(report(known))


if __name__ == "__main__":
    typer.run(main)
