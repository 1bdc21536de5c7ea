"""Is the automatic choice any good on images? `python -m benchmarks.images [digits|handwritten]`; it takes hours.

A bundled model, four solvers, six step counts: the choice tunes a figure on its own seeds; then it, what it was before
its refinement, AYS as published (the search on KLUB, stopped by that figure), the KLUB optimum and all six baselines
are measured on fresh ones, also by figures that were not tuned. A cell that is done is kept, so that a run that was
stopped goes on where it was; once all are there, pictures of all schedules are drawn beside them.
"""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
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

from ays_toy import optimize, seeds
from ays_toy.bundled import BUNDLED
from ays_toy.checks import lookup
from ays_toy.images import classifier, collect, compared, digits, labeled, optimizing, results, scores, sources
from ays_toy.images.baselines import baselines
from ays_toy.images.config import EFFORT, SAMPLES
from ays_toy.images.loading import DTYPES
from ays_toy.images.pipelines.conditioning import Prompted
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import draw_samples, many_steps
from ays_toy.images.scores import Judge
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling import solvers
from ays_toy.sampling.schedules import Schedule
from benchmarks import image_report

SOLVERS = ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m")
STEPS = (4, 5, 6, 8, 10, 20)
DISTANCES = results.SHIPPED_FIGURES
FRESH_SEED = seeds.IMAGE_REPORT
CUDA_BATCH = 1024  # images that fill a GPU
Cells = dict[tuple[str, int], dict[str, Any]]  # by solver and number of steps


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
    dtype: str = results.DTYPE  # in which the network draws

    def load(
        self, device: str | None = None, batch: int | None = None, dtype: torch.dtype = torch.float32
    ) -> ImageModel:
        """The model, on CUDA where there is one."""
        place = device or ("cuda" if torch.cuda.is_available() else "cpu")
        size = batch or (CUDA_BATCH if place.startswith("cuda") else BUNDLED[self.model].batch)
        return digits.load(self.model, device=place, batch=size, guidance=self.guidance, dtype=dtype)

    def search_settings(self) -> dict[str, Any]:
        """What decides which schedules are found; the rest decides what is measured of them."""
        return {name: value for name, value in asdict(self).items() if name not in ("samples", "seed", "dtype")}


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
    if setup.dtype != Setup.dtype:
        model = setup.load(way.device, way.batch, DTYPES[setup.dtype])
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


def cell(solver: str, steps: int, setup: Setup, way: Way, found: dict[str, Any] | None = None) -> dict[str, Any]:
    """Choose for one case unless it is `found` already, and measure all schedules on fresh seeds.

    What was chosen before the refinement is measured too.
    """
    chosen, named = _schedules_in(found) if found else _search(solver, steps, setup, way)
    judge, _, _ = prepared(setup, way)
    levels = {name: tuple(float(f"{sigma:.6g}") for sigma in sigmas) for name, sigmas in named.items()}
    figures = dict[tuple[float, ...], dict[str, list[float]]]()  # by levels: a search may end where it began
    for name, which in levels.items():
        if which not in figures:
            images = draw_samples(judge.model, named[name], solver, setup.seed, setup.samples)
            figures[which] = measure(setup, judge, images)
    measured = {name: {results.LEVELS: list(which)} | figures[which] for name, which in levels.items()}
    return {"solver": solver, "steps": steps, "chosen": chosen, "plain": measured.pop("plain"), "schedules": measured}


def _search(solver: str, steps: int, setup: Setup, way: Way) -> tuple[str, dict[str, np.ndarray]]:
    """The title of what was chosen, and all levels by name, those of the choice before its refinement as "plain"."""
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
    return choice.best.title, named


def _schedules_in(row: dict[str, Any]) -> tuple[str, dict[str, np.ndarray]]:
    """The same of a cell that was measured."""
    entries = row["schedules"] | {"plain": row["plain"]}
    return row["chosen"], {name: np.array(entry[results.LEVELS]) for name, entry in entries.items()}


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


def known_cells(out: Path, setup: Setup, anew: bool) -> tuple[Cells, dict[str, Any]]:
    """The cells of a file and its floor; ValueError where they were made with other settings."""
    if anew or not out.is_file():
        return {}, {}
    return _read(out, asdict(setup), f"{out.name} was made with other settings: give --anew, or another file.")


def found_cells(path: Path, setup: Setup) -> Cells:
    """The cells of a file whose schedules were found as `setup` would; ValueError where they were not."""
    problem = f"The schedules of {path.name} were found with other settings of the search."
    return _read(path, setup.search_settings(), problem)[0]


def _read(path: Path, settings: dict[str, Any], problem: str) -> tuple[Cells, dict[str, Any]]:
    record: dict[str, Any] = {"dtype": results.DTYPE} | json.loads(path.read_text(encoding="utf-8"))
    if {name: record.get(name) for name in settings} != settings:
        raise ValueError(problem)
    return {(row["solver"], row["steps"]): row for row in record["cells"]}, record["floor"]


def write(out: Path, rows: Iterable[dict[str, Any]], setup: Setup, limits: dict[str, Any]) -> list[dict[str, Any]]:
    """Keep the cells, what they come to, and what they are held against, whole or not at all; the cells in order."""
    order = list(solvers.SOLVERS)
    ordered = sorted(rows, key=lambda row: (order.index(row["solver"]), row["steps"]))
    record = asdict(setup) | {"floor": limits, "summary": image_report.summary(ordered), "cells": ordered}
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
    schedules: Annotated[Path | None, typer.Option(help="Measure those of this file, and search for none.")] = None,
    half: Annotated[bool, typer.Option(help="Draw in bfloat16: a third of the time on processors with AMX.")] = False,
) -> None:
    """Hold the automatic choice for a bundled model against the best of six baselines on fresh seeds."""
    dtype = "bfloat16" if half else Setup.dtype
    setup = Setup(model, guidance, figure, search, iterations, refining, samples, dtype=dtype)
    way = Way(device, batch, compiled)
    try:
        found = found_cells(schedules, setup) if schedules else {}
        numbers = steps or (sorted({count for _, count in found}) if schedules else STEPS)
        wanted = list(product(numbers, dict.fromkeys(solvers.find(name).name for name in solver or SOLVERS)))
        wanted = [case for case in wanted if not schedules or case[::-1] in found]
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
        waiting = [pool.submit(cell, name, count, setup, way, found.get((name, count))) for count, name in cases]
        for done in track(as_completed(waiting), total=len(cases), description="cells"):
            if not done.cancelled():
                row = done.result()
                rows[row["solver"], row["steps"]] = row
                write(place, rows.values(), setup, limits)
            if time.monotonic() > end:
                for one in waiting:
                    one.cancel()
    ordered = write(place, rows.values(), setup, limits)
    whole = setup.load(way.device, way.batch)  # pictures are those that a page draws
    results.write(whole, gram := prepared(setup, way)[1], dict(pictures(whole, gram, ordered)), place)
    title = f"{whole.title}, {setup.samples:,} samples"
    title += "" if guidance is None else f", guidance {guidance:g}"
    Console(width=170).print(image_report.report(ordered, title))


if __name__ == "__main__":
    typer.run(main)
