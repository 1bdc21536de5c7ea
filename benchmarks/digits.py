"""Is the automatic choice any good on images? `python -m benchmarks.digits [--json FILE]`; all of it takes three hours.

The bundled digits, five step counts, four solvers: the choice tunes the Fréchet distance in features on its own seeds;
then it, what it was before its refinement, all six baselines and the KLUB optimum are measured on fresh ones, in
features and in pixels, which were not tuned. What a cell has found is kept, so that a run that was stopped goes on
where it was.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
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
from ays_toy.images import collect, compared, digits, labeled, optimizing, results, sources
from ays_toy.images.baselines import baselines
from ays_toy.images.config import SAMPLES
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import draw_samples, many_steps
from ays_toy.images.scores import Judge
from ays_toy.metrics import Estimate
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling import schedules
from ays_toy.sampling.schedules import Schedule

RESULTS = Path(digits.__file__).parent / "results"
SOLVERS = ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m")
STEPS = (5, 6, 8, 10, 20)
FIGURES = results.SHIPPED_FIGURES
FRESH_SEED = seeds.IMAGE_REPORT
BATCH = 256
TITLES = ("before refinement", "best baseline", "KLUB optimum")  # of the report's columns beside the choice


@lru_cache(maxsize=1)
def prepared(compiled: bool = False) -> tuple[Judge, PathGram, torch.Tensor]:
    """The model with what judges it, its matrix, and the images that was collected from; once in every process."""
    torch.set_num_threads(1)
    model = digits.load(device="cpu", batch=BATCH)
    x0 = sources.find(model, collect.PATHS).x0
    gram = collect.collect(model, x0, collect.grid_for(model))
    if compiled:
        compile_network(model.denoiser)
    return Judge(model), gram, x0


def compile_network(denoiser: Any) -> None:
    """Let full batches go through torch's compiler, which halves their time; it needs a C++ compiler and minutes."""
    import torch._inductor.config as inductor  # brings in the compiler

    inductor.freezing = True
    plain, quick = denoiser.network, torch.compile(denoiser.network, dynamic=False)

    def network(x: torch.Tensor, timesteps: torch.Tensor, rows: range) -> torch.Tensor:
        if len(x) == BATCH:
            return quick(x, timesteps, range(BATCH))
        return plain(x, timesteps, rows)

    denoiser.network = network


def cell(solver: str, steps: int, samples: int, known: dict[str, Any], compiled: bool = False) -> dict[str, Any]:
    """Choose for one case, and measure choice, KLUB optimum and baselines on fresh seeds, save those already known.

    What was chosen before the refinement is measured too.
    """
    judge, gram, x0 = prepared(compiled)
    rounds = tuple((samples // 2, keep) for _, keep in optimize.NEAR.rounds[:-1])
    plan = replace(optimize.NEAR, rounds=(*rounds, (2 * samples, 1)))
    *_, found = optimizing.find(judge, gram, x0, optimizing.Search(solver, steps, "choice", "frechet", plan=plan))
    assert found.choice is not None
    named = {"choice": found.sigmas, "klub-optimum": optimize.optimum(gram, steps)} | baselines(judge.model, steps)
    named["plain"] = found.choice.rounds[-2][0].sigmas
    measured = {}
    for name, sigmas in named.items():
        levels = [float(f"{sigma:.6g}") for sigma in sigmas]
        if name in known and known[name]["sigmas"] == levels:
            measured[name] = known[name]
            continue
        images = draw_samples(judge.model, sigmas, solver, FRESH_SEED, samples)
        figures = {figure: list(vars(judge.measure(images, figure, FRESH_SEED)).values()) for figure in FIGURES}
        measured[name] = {"sigmas": levels} | figures
    return {
        "solver": solver,
        "steps": steps,
        "chosen": found.choice.best.title,
        "plain": measured.pop("plain"),
        "schedules": measured,
    }


def verdict(row: dict[str, Any], figure: str) -> tuple[str, float, bool]:
    """The best baseline, its figure over the choice's, and whether the choice is as good within two standard errors."""
    measured = {name: Estimate(*entry[figure]) for name, entry in row["schedules"].items()}
    best = min(schedules.SCHEDULES, key=lambda name: measured[name].value)
    ours, theirs = measured["choice"], measured[best]
    return best, theirs.value / ours.value, not ours.exceeds(theirs)


def gain(rows: Iterable[dict[str, Any]], figure: str) -> float:
    """Geometric mean over cells of the best baseline's figure over the choice's."""
    return float(np.exp(np.mean([math.log(verdict(row, figure)[1]) for row in rows])))


def optimum_loses(row: dict[str, Any]) -> bool:
    """Whether the KLUB optimum is worse than time-uniform, beyond two standard errors."""
    ours, theirs = (Estimate(*row["schedules"][name]["frechet"]) for name in ("klub-optimum", "time-uniform"))
    return ours.exceeds(theirs)


def report(rows: Sequence[dict[str, Any]]) -> Table:
    """Every cell: the choice, what it was and what it is held against; below, what holds and the gain."""
    table = Table(Column("solver", no_wrap=True), "steps", "choice", *TITLES, "gain", "pixels")
    for row in rows:
        best, ratio, holds = verdict(row, "frechet")
        entries = {"plain": row["plain"]} if "plain" in row else {}
        entries |= row["schedules"]
        shown = (entries.get(name) for name in ("choice", "plain", best, "klub-optimum"))
        cells = ["{:.2f} ± {:.2f}".format(*entry["frechet"]) if entry else "–" for entry in shown]
        mark = "" if holds else " (worse)"
        pixels = verdict(row, "frechet-pixels")
        cells[2] += f" {best}"
        others = [f"{ratio:.2f}×{mark}", f"{pixels[1]:.2f}×" + ("" if pixels[2] else " (worse)")]
        table.add_row(row["solver"], str(row["steps"]), *cells, *others)
    held = [sum(verdict(row, figure)[2] for row in rows) for figure in FIGURES]
    gains = [gain(rows, figure) for figure in FIGURES]
    table.add_section()
    ends = [f"{g:.2f}×, {h}/{len(rows)} hold" for g, h in zip(gains, held, strict=True)]
    table.add_row("all", "", "", "", "", f"loses to time-uniform in {sum(map(optimum_loses, rows))}", *ends)
    return table


def main(
    out: Annotated[Path, typer.Option("--json", help="Every cell goes here, and is taken from here.")] = RESULTS
    / "digits.json",
    samples: Annotated[int, typer.Option(help="Fresh samples behind every figure.")] = SAMPLES,
    workers: Annotated[int, typer.Option(help="Processes that share the cells.")] = 2,
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the network first.")] = False,
    fresh: Annotated[bool, typer.Option("--anew", help="Measure again what the file already holds.")] = False,
) -> None:
    """Hold the automatic choice on digits against the best of six baselines on fresh seeds."""
    earlier = json.loads(out.read_text(encoding="utf-8")) if out.is_file() and not fresh else {}
    same = earlier.get("samples") == samples and earlier.get("seed") == FRESH_SEED
    rows = {(row["solver"], row["steps"]): row for row in earlier.get("cells", [])} if same else {}
    limits = earlier["floor"] if same else floor(samples)
    cases = [
        (solver, steps) for steps, solver in product(STEPS, SOLVERS) if "chosen" not in rows.get((solver, steps), {})
    ]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [
            pool.submit(cell, solver, steps, samples, rows.get((solver, steps), {}).get("schedules", {}), compiled)
            for solver, steps in cases
        ]
        for done in track(as_completed(waiting), total=len(cases), description="cells"):
            row = done.result()
            rows[row["solver"], row["steps"]] = row
            write(out, list(rows.values()), samples, limits)
    order = {(solver, steps): rows[solver, steps] for solver, steps in product(SOLVERS, STEPS)}
    write(out, list(order.values()), samples, limits)
    judge, gram, _ = prepared()
    results.write(judge.model, gram, dict(pictures(judge.model, gram, rows)), out)
    Console(width=140).print(report(list(order.values())))


def pictures(
    model: ImageModel, gram: PathGram, rows: dict[tuple[str, int], dict[str, Any]]
) -> Iterator[tuple[tuple[str, int, str], np.ndarray]]:
    """Pictures of all that was measured, of the optimum that the page's dials begin with, and of many steps."""
    for (solver, steps), row in rows.items():
        choice = np.array(row["schedules"]["choice"]["sigmas"])
        choice[[0, -1]] = gram.grid[[0, -1]]
        weighed = compared.optimum(gram, steps, results.POWER)
        named = compared.named(model, gram, steps, [Schedule("choice", "", choice), weighed])
        for name, drawn in compared.grid_of_pictures(model, named, solver, 0):
            yield (solver, steps, name), drawn


def floor(samples: int) -> dict[str, dict[str, list[float]]]:
    """What the figures are for images that nobody could better: held-out ones, and the model's own in 100 steps."""
    judge = prepared()[0]
    best = {
        "held-out images": labeled.data("digits", "test")[0],
        "100 steps": many_steps(judge.model, FRESH_SEED, samples),
    }
    return {
        title: {name: list(vars(judge.measure(images, name, FRESH_SEED)).values()) for name in FIGURES}
        for title, images in best.items()
    }


def write(out: Path, rows: list[dict[str, Any]], samples: int, limits: dict[str, Any]) -> None:
    """Keep the cells, what they come to, and what they are held against, whole or not at all."""
    complete = [row for row in rows if "chosen" in row]
    summary = {
        figure: {"gain": gain(complete, figure), "holds": sum(verdict(row, figure)[2] for row in complete)}
        for figure in FIGURES
    }
    record = {"model": "digits", "paths": collect.PATHS, "samples": samples, "seed": FRESH_SEED}
    record |= {"floor": limits, "summary": summary, "cells": rows}
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_suffix(".part")
    temporary.write_text(json.dumps(record) + "\n", encoding="utf-8")
    temporary.replace(out)


if __name__ == "__main__":
    typer.run(main)
