"""Is the automatic choice any good on images? `python -m benchmarks.images [digits|handwritten]`; it takes hours.

A bundled model, four solvers, six step counts: the choice tunes a figure on its own seeds; then it, what it was before
its refinement, AYS as published (the search on KLUB, stopped by that figure), the KLUB optimum and all six baselines
are measured on fresh ones, also by figures that were not tuned. A cell that is done is kept, so that a run that was
stopped goes on where it was; once all are there, pictures of all schedules are drawn beside them.
"""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from ays_toy import optimize, seeds
from ays_toy.bundled import BUNDLED
from ays_toy.checks import lookup
from ays_toy.images import classifier, collect, compared, digits, labeled, optimizing, results, scores, sources
from ays_toy.images.baselines import baselines
from ays_toy.images.config import EFFORT, SAMPLES
from ays_toy.images.pipelines.conditioning import Prompted
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import draw_samples, many_steps
from ays_toy.images.scores import Judge
from ays_toy.metrics import Estimate
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import verdicts
from ays_toy.sampling import solvers
from ays_toy.sampling.schedules import Schedule

SOLVERS = ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m")
STEPS = (4, 5, 6, 8, 10, 20)
FEW = 10  # steps up to which the gain is said by itself
DISTANCES = results.SHIPPED_FIGURES
FRESH_SEED = seeds.IMAGE_REPORT
CUDA_BATCH = 1024  # images that fill a GPU
TITLES = ("before refinement", "best baseline", "AYS", "KLUB optimum")  # of the report's columns beside the choice


@dataclass(frozen=True)
class Setup:
    """What every cell is found and measured with."""

    model: str
    guidance: float | None
    figure: str  # that the searches go by
    search: int  # samples behind a score of a search's last round
    iterations: int  # of the refinement
    refining: int  # samples of each
    samples: int  # fresh ones behind every figure
    paths: int = collect.PATHS
    seed: int = FRESH_SEED

    def load(self, device: str | None = None, batch: int | None = None) -> ImageModel:
        """The model, on CUDA where there is one."""
        place = device or ("cuda" if torch.cuda.is_available() else "cpu")
        size = batch or (CUDA_BATCH if place.startswith("cuda") else BUNDLED[self.model].batch)
        return digits.load(self.model, device=place, batch=size, guidance=self.guidance)


@dataclass(frozen=True)
class Way:
    """How it is computed, which decides nothing."""

    device: str | None = None
    batch: int | None = None
    compiled: bool = False


@lru_cache(maxsize=1)
def prepared(setup: Setup, way: Way) -> tuple[Judge, PathGram, torch.Tensor]:
    """The model with what judges it, its matrix, and the images that was collected from; once in every process."""
    torch.set_num_threads(1)
    model = setup.load(way.device, way.batch)
    x0 = sources.find(model, setup.paths).x0
    gram = collect.collect(model, x0, collect.grid_for(model))
    if way.compiled:
        compile_network(model.denoiser)
    return Judge(model), gram, x0


def compile_network(denoiser: Any) -> None:
    """Let full batches go through torch's compiler, which halves their time; it needs a C++ compiler and minutes."""
    import torch._inductor.config as inductor  # brings in the compiler

    inductor.freezing = True
    network = denoiser.network
    if isinstance(network, Prompted):
        network.call = _quick(network.call, denoiser.batch * (1 if network.empty is None else 2))
        return
    quick = _quick(lambda x, timesteps: network(x, timesteps, range(len(x))), denoiser.batch)
    denoiser.network = lambda x, timesteps, _rows: quick(x, timesteps)


def _quick(plain: Callable[..., torch.Tensor], full: int) -> Callable[..., torch.Tensor]:
    quick = torch.compile(plain, dynamic=False)
    return lambda x, *told: (quick if len(x) == full else plain)(x, *told)


def cell(solver: str, steps: int, setup: Setup, way: Way) -> dict[str, Any]:
    """Choose for one case, and measure all schedules on fresh seeds.

    What was chosen before the refinement is measured too.
    """
    judge, gram, x0 = prepared(setup, way)
    plan, found = optimize.NEAR.by(setup.search).refined(setup.iterations, setup.refining), {}
    for method in ("choice", "ays"):
        search = optimizing.Search(solver, steps, method, setup.figure, plan=plan)
        *_, found[method] = optimizing.find(judge, gram, x0, search)
    choice = found["choice"].choice
    assert choice is not None
    named = {name: one.sigmas for name, one in found.items()}
    named |= {"klub-optimum": optimize.optimum(gram, steps)} | baselines(judge.model, steps)
    named["plain"] = choice.rounds[-2 if setup.iterations else -1][0].sigmas
    measured = {}
    for name, sigmas in named.items():
        levels = [float(f"{sigma:.6g}") for sigma in sigmas]
        images = draw_samples(judge.model, sigmas, solver, setup.seed, setup.samples)
        measured[name] = {results.LEVELS: levels} | measure(setup, judge, images)
    return {
        "solver": solver,
        "steps": steps,
        "chosen": choice.best.title,
        "plain": measured.pop("plain"),
        "schedules": measured,
    }


def measure(setup: Setup, judge: Judge, images: torch.Tensor) -> dict[str, list[float]]:
    """All figures of images x0 [N, C, H, W] that were drawn on fresh seeds, each with its standard error."""
    names = dict.fromkeys((*DISTANCES, setup.figure, *scores.reported(setup.model)))
    return {name: list(vars(judge.measure(images, name, setup.seed)).values()) for name in names}


def floor(setup: Setup, way: Way) -> dict[str, dict[str, list[float]]]:
    """What the figures are for images that nobody could better: held-out ones, and the model's own in 100 steps."""
    judge, _, _ = prepared(setup, way)
    held_out, shown = labeled.data(setup.model, "test")
    unseen = measure(setup, judge, held_out)
    if "as-told" in unseen:
        unseen["as-told"] = list(vars(classifier.read_rightly(setup.model, held_out, shown)).values())
    drawn = many_steps(judge.model, setup.seed, setup.samples)
    return {"held-out images": unseen, "100 steps": measure(setup, judge, drawn)}


def verdict(row: dict[str, Any], figure: str) -> tuple[str, float, bool]:
    """The best baseline, its figure over the choice's, and whether the choice is as good within two standard errors."""
    measured = {name: Estimate(*entry[figure]) for name, entry in row["schedules"].items()}
    best = verdicts.best_baseline(scores.FIGURES[figure], measured)
    assert best is not None, "every case has all six"
    ours, theirs = measured["choice"], measured[best]
    return best, theirs.value / ours.value, not ours.exceeds(theirs)


def gain(rows: Iterable[dict[str, Any]], figure: str) -> float:
    """Geometric mean over cells of the best baseline's figure over the choice's."""
    return float(np.exp(np.mean([math.log(verdict(row, figure)[1]) for row in rows])))


def optimum_loses(row: dict[str, Any]) -> bool:
    """Whether the KLUB optimum is worse than time-uniform, beyond two standard errors."""
    ours, theirs = (Estimate(*row["schedules"][name]["frechet"]) for name in ("klub-optimum", "time-uniform"))
    return ours.exceeds(theirs)


def report(rows: Sequence[dict[str, Any]], title: str) -> Table:
    """Every cell: the choice, what it was and what it is held against; below, what holds and the gain."""
    shares = ("precision", "recall")
    columns = ("steps", "choice", *TITLES, "gain", "pixels", *shares)
    table = Table(Column("solver", no_wrap=True), *columns, title=title)
    table.caption = "Precision and recall: of the choice, and of the best baseline."
    for row in rows:
        best, ratio, holds = verdict(row, "frechet")
        entries = {"plain": row["plain"]} | row["schedules"]
        cells = ["{:.2f} ± {:.2f}".format(*entries[name]["frechet"]) for name in ("choice", "plain", best, "ays")]
        cells[2] += f" {best}"
        cells += ["{:.2f} ± {:.2f}".format(*entries["klub-optimum"]["frechet"])]
        pixels = verdict(row, "frechet-pixels")
        cells += [f"{r:.2f}×" + ("" if h else " (worse)") for r, h in ((ratio, holds), pixels[1:])]
        cells += [f"{entries['choice'][name][0]:.3f}, {entries[best][name][0]:.3f}" for name in shares]
        table.add_row(row["solver"], str(row["steps"]), *cells)
    table.add_section()
    for words, some in {"all": rows, f"up to {FEW}": [row for row in rows if row["steps"] <= FEW]}.items():
        if some:
            held = [sum(verdict(row, figure)[2] for row in some) for figure in DISTANCES]
            ends = [f"{gain(some, f):.2f}×, {h}/{len(some)} hold" for f, h in zip(DISTANCES, held, strict=True)]
            lost = f"loses to time-uniform in {sum(map(optimum_loses, some))}"
            table.add_row(words, *[""] * 4, "", lost, *ends, "", "")
    return table


def pictures(
    model: ImageModel, gram: PathGram, rows: Iterable[dict[str, Any]]
) -> Iterator[tuple[tuple[str, int, str], np.ndarray]]:
    """Pictures of all that was measured, of the optimum that the page's dials begin with, and of many steps."""
    for row in rows:
        solver, steps, found = row["solver"], row["steps"], [compared.optimum(gram, row["steps"], results.POWER)]
        for name in ("choice", "ays"):
            sigmas = np.array(row["schedules"][name][results.LEVELS])
            sigmas[[0, -1]] = gram.grid[[0, -1]]
            found.append(Schedule(name, "", sigmas))
        named = compared.named(model, gram, steps, found)
        for name, drawn in compared.grid_of_pictures(model, named, solver, results.PICTURED):
            yield (solver, steps, name), drawn


def known_cells(out: Path, setup: Setup, anew: bool) -> tuple[dict[tuple[str, int], dict[str, Any]], dict[str, Any]]:
    """The cells of a file and its floor; ValueError where they were made with other settings."""
    if anew or not out.is_file():
        return {}, {}
    record: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    if {name: record.get(name) for name in asdict(setup)} != asdict(setup):
        raise ValueError(f"{out.name} was made with other settings: give --anew, or another file.")
    return {(row["solver"], row["steps"]): row for row in record["cells"]}, record["floor"]


def write(out: Path, rows: Iterable[dict[str, Any]], setup: Setup, limits: dict[str, Any]) -> list[dict[str, Any]]:
    """Keep the cells, what they come to, and what they are held against, whole or not at all; the cells in order."""
    order = list(solvers.SOLVERS)
    ordered = sorted(rows, key=lambda row: (order.index(row["solver"]), row["steps"]))
    summary = {
        figure: {"gain": gain(ordered, figure), "holds": sum(verdict(row, figure)[2] for row in ordered)}
        for figure in DISTANCES
        if ordered
    }
    record = asdict(setup) | {"floor": limits, "summary": summary, "cells": ordered}
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_suffix(".part")
    temporary.write_text(json.dumps(record) + "\n", encoding="utf-8")
    temporary.replace(out)
    return ordered


def main(
    model: Annotated[str, typer.Argument(help=f"Which: {' or '.join(BUNDLED)}.")] = "handwritten",
    guidance: Annotated[float | None, typer.Option(help="Scale of guidance, for a model that is told a digit.")] = None,
    figure: Annotated[str, typer.Option(help="The figure that the searches go by.")] = "frechet",
    solver: Annotated[list[str] | None, typer.Option(help="Solvers; four when none is named.")] = None,
    steps: Annotated[list[int] | None, typer.Option(help="Numbers of steps; 4 to 20 when none is named.")] = None,
    samples: Annotated[int, typer.Option(help="Fresh samples behind every figure.")] = SAMPLES,
    search: Annotated[int, typer.Option(help="Samples behind a score of a search's last round.")] = 2 * SAMPLES,
    iterations: Annotated[int, typer.Option(help="Iterations of the refinement; 0: none.")] = EFFORT.iterations,
    refining: Annotated[int, typer.Option(help="Samples of each iteration.")] = EFFORT.samples,
    workers: Annotated[int, typer.Option(help="Processes that share the cells.")] = 2,
    device: Annotated[str | None, typer.Option(help="cuda where there is one.")] = None,
    batch: Annotated[int | None, typer.Option(help="Images that go through the network at once.")] = None,
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the network first.")] = False,
    limit: Annotated[float, typer.Option(help="Seconds after which no further cell is begun.")] = math.inf,
    out: Annotated[Path | None, typer.Option("--json", help="Every cell goes here, and is taken from here.")] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Measure again what the file already holds.")] = False,
) -> None:
    """Hold the automatic choice for a bundled model against the best of six baselines on fresh seeds."""
    setup, way = Setup(model, guidance, figure, search, iterations, refining, samples), Way(device, batch, compiled)
    try:
        wanted = list(product(steps or STEPS, dict.fromkeys(solvers.find(name).name for name in solver or SOLVERS)))
        lookup(BUNDLED, model, "bundled model")
        setup.load("cpu")
        for _, name in wanted:
            scores.check_figure(model, name, figure)
        place = out or results.file_of(model, guidance)
        rows, limits = known_cells(place, setup, anew)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    limits = limits or floor(setup, way)
    write(place, rows.values(), setup, limits)
    cases, end = [case for case in wanted if case[::-1] not in rows], time.monotonic() + limit
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(cell, name, count, setup, way) for count, name in cases]
        for done in track(as_completed(waiting), total=len(cases), description="cells"):
            if not done.cancelled():
                row = done.result()
                rows[row["solver"], row["steps"]] = row
                write(place, rows.values(), setup, limits)
            if time.monotonic() > end:
                for one in waiting:
                    one.cancel()
    ordered = write(place, rows.values(), setup, limits)
    judge, gram, _ = prepared(setup, way)
    results.write(judge.model, gram, dict(pictures(judge.model, gram, ordered)), place)
    title = f"{judge.model.title}, {setup.samples:,} samples"
    Console(width=170).print(report(ordered, title if guidance is None else f"{title}, guidance {guidance:g}"))


if __name__ == "__main__":
    typer.run(main)
