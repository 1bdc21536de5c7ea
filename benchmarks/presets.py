"""The schedules that ship for the preset data: `python -m benchmarks.presets [--workers N]`; all of it takes an hour.

Every preset with its exact denoiser, five solvers, 2 to 20 steps and a few more: the automatic choice and AYS, exactly
as the pages would find them. What is found is kept, so that a run that was stopped goes on where it was.
"""

import platform
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import astuple
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
from rich.table import Table

from ays_toy import seeds
from ays_toy.data.datasets import DATASETS
from ays_toy.names import BASELINES, SEARCHED
from ays_toy.optimize import WIDE
from ays_toy.optimize.candidates import SECOND
from ays_toy.optimize.refine import PARTS
from ays_toy.optimize.search import CANDIDATES, MAX_SWEEPS
from ays_toy.runs import comparison, finding, live_search, shipped
from ays_toy.runs.comparison import Model
from ays_toy.runs.finding import Pass
from ays_toy.runs.shipped import METRIC, Cell
from benchmarks import shipping

STEPS = (4, 5, 6, 7, 8, 10, 12, 16, 20, 2, 3, 9, 11, 13, 14, 15, 17, 18, 19, 25, 30, 40)  # the most wanted first
SOLVERS = ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m", "heun")  # for others the pages search as they are
WRITE_EVERY = 5.0  # seconds
Rows = dict[str, list[Any]]  # of one cell, by name


def settings() -> dict[str, Any]:
    """All that decides what comes out, besides the data and the code, by name: rows made with others are made anew."""
    shared = {"metric": METRIC, "range": [comparison.SIGMA_MIN, comparison.SIGMA_MAX]}
    assert WIDE.effort is not None
    return {
        shipped.PLAIN: "the choice of 2026-11-26, before there was a refinement",  # kept until its cell is made anew
        "choice": {
            **shared,
            "seed": seeds.CHOICE,
            "points": finding.CHOICE_POINTS,
            "candidates": [list(part) for part in (WIDE.powers, WIDE.gammas, WIDE.shares)],
            "rounds": [list(part) for part in WIDE.rounds],
            "refinement": [*astuple(WIDE.effort), list(PARTS), SECOND],
        },
        "ays": {
            **shared,
            "seed": seeds.SCORE,
            "pass": [comparison.PATHS, comparison.LEVELS],
            "held out": live_search.HELD_OUT,
            "search": [CANDIDATES, MAX_SWEEPS],
        },
    }


@lru_cache(maxsize=len(DATASETS))
def one_pass(data: str) -> Pass:
    """The pass that prices schedules for a preset, once in every process."""
    return finding.one_pass(Model(data))


def cell(wanted: Cell, known: Rows) -> Rows:
    """Find what is not yet known of a cell."""
    torch.set_num_threads(1)  # cells run in parallel processes
    model, rows = Model(wanted.data), {name: row for name, row in known.items() if name in SEARCHED}
    if "choice" not in rows:
        chosen = finding.choose(model, wanted.solver, wanted.steps, METRIC)
        rows["choice"] = shipped.packed(chosen, chosen.choice.best.title)
    if "ays" not in rows:
        found = finding.stopped_search(model, one_pass(wanted.data), wanted.solver, wanted.steps, METRIC)
        rows["ays"] = shipped.packed(found, found.sweep)
    return {name: rows[name] for name in SEARCHED}


def cells() -> Iterator[Cell]:
    """Every cell, the most wanted numbers of steps first."""
    for steps, data, solver in product(STEPS, DATASETS, SOLVERS):
        yield Cell(data, solver, steps)


def made() -> dict[str, Any]:
    """How the file was made."""
    return {"format": shipped.FORMAT, "made by": "python -m benchmarks.presets", "settings": settings()}


def read(path: Path, anew: bool) -> dict[Cell, Rows]:
    """What the file already holds, made with these settings; ValueError where it has another format."""
    return {Cell.read(key): rows for key, rows in shipping.read_fresh(path, "cells", made(), anew).items()}


def write(path: Path, found: Mapping[Cell, Rows]) -> None:
    """Keep what was found, in order."""
    places = {name: k for names in (DATASETS, SOLVERS) for k, name in enumerate(names)}
    order = sorted(found, key=lambda one: (places[one.data], places[one.solver], one.steps))
    shipping.write(path, "cells", made(), {str(one): found[one] for one in order if found[one]})


def report(found: Mapping[Cell, Rows], path: Path) -> Table:
    """Cells of every solver, how long they took, and what came of them."""
    table = Table("solver", "cells", "choice, s", "AYS, s", "a baseline chosen", "AYS stopped at 0", title=path.name)
    for solver in SOLVERS:
        rows = [rows for one, rows in found.items() if one.solver == solver and set(rows) == set(SEARCHED)]
        if not rows:
            continue
        seconds = (f"{np.median([row[name][2] for row in rows]):.2f}" for name in SEARCHED)
        kept = sum(row["choice"][0] in BASELINES.values() for row in rows)
        table.add_row(solver, str(len(rows)), *seconds, str(kept), str(sum(row["ays"][0] == 0 for row in rows)))
    table.caption = f"{path.stat().st_size / 1000:,.0f} kB, {platform.machine()}, torch {torch.__version__}"
    return table


def main(
    out: Annotated[Path, typer.Option("--json", help="Every cell goes here, and is taken from here.")] = shipped.FILE,
    workers: Annotated[int, typer.Option(help="Processes that share the cells.")] = 2,
    limit: Annotated[float, typer.Option("--for", help="Seconds after which no further cell is begun.")] = 1e9,
    anew: Annotated[bool, typer.Option("--anew", help="Find again what the file already holds.")] = False,
) -> None:
    """Find the schedules that ship for the preset data."""
    shipping.one_thread_each()
    try:
        found = read(out, anew)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    missing = [one for one in cells() if not set(found.get(one, ())) >= set(SEARCHED)]
    end, written = time.monotonic() + limit, 0.0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(cell, one, found.get(one, {})): one for one in missing}
        for done in track(as_completed(waiting), total=len(missing), description="cells"):
            found[waiting[done]] = done.result()
            if time.monotonic() - written > WRITE_EVERY:
                write(out, found)
                written = time.monotonic()
            if written > end:
                break
        pool.shutdown(cancel_futures=True)  # what has begun is finished
    found |= {one: done.result() for done, one in waiting.items() if done.done() and not done.cancelled()}
    write(out, found)
    Console(width=140).print(report(found, out))


if __name__ == "__main__":
    typer.run(main)
