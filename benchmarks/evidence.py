"""Which schedule wins where: `python -m benchmarks.evidence [DATA … --out FILE --method my_module:find]`.

Data sets, denoisers, solvers and numbers of steps, by every schedule: found with the seeds of searches, measured on
others. A row for every number, in one Parquet file. What is found is kept in parts beside it, so that a study that was
stopped goes on where it was, and one with other settings has rows of its own.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from rich.console import Console
from rich.table import Table

from ays_toy import names, seeds
from ays_toy.optimize import WIDE
from ays_toy.optimize.points import STARTING
from ays_toy.runs import evidence, finding
from ays_toy.runs.comparison import Model, on_equal_terms
from ays_toy.runs.finding import Chosen
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import Schedule
from ays_toy.version import __version__
from benchmarks import cells, image_cells
from benchmarks.cells import Case, cases, digest

FILE, OWN = evidence.FILE, Path(__file__).parent / "results" / "evidence.parquet"
DATA = ("grid-8x8", "multiscale", "moons", "spirals")  # of the study that ships
SOLVERS = ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m")
STEPS = (5, 8, 12)
NETWORKS, FEW = ("moons", "spirals"), (5, 8)  # data and steps of the study of networks, which take long
Find = Callable[[Model, str, int], Any]  # (model, solver, steps) -> levels [steps + 1], over the model's range


def settings(kind: str = "exact") -> dict[str, Any]:
    """All that decides the numbers of models of a kind, besides the case, the schedule and this version's code."""
    if kind == evidence.DIGITS:
        return {"version": __version__, **image_cells.settings()}
    return {
        "version": __version__,
        "seeds": [seeds.CHOICE, seeds.EVIDENCE, cells.SEEDS],
        "samples": cells.SAMPLES,
        "metrics": list(cells.METRICS),
        "choice": json.loads(json.dumps(asdict(WIDE))),
    }


def method(place: str) -> Find:
    """The function at module:name; ValueError where there is none."""
    module, _, name = place.partition(":")
    try:
        sys.path.insert(0, str(Path.cwd()))
        found: Find = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"There is no function {place}: name it as module:function ({error}).") from None
    return found


def schedules_of(case: Case, which: Iterable[str], own: Find | None) -> Iterator[tuple[str, Schedule]]:
    """Every schedule asked for, by the name of its rows; the choice as it was before its refinement, too."""
    model = case.model
    for name in which:
        if name == evidence.METHOD:
            assert own is not None
            began = time.perf_counter()
            levels = np.asarray(own(model, case.solver, case.steps), dtype=np.float64)
            brought = Schedule("yours", evidence.METHOD, levels, seconds=time.perf_counter() - began)
            yield name, on_equal_terms(model, brought, case.steps)
        elif name == "choice":
            made = finding.choose(model, case.solver, case.steps)
            yield name, made
            yield evidence.PLAIN, unrefined(case, made)
        else:
            yield name, finding.find(model, cells.one_pass(case.data, case.kind), name, case.solver, case.steps)


def unrefined(case: Case, made: Chosen) -> Schedule:
    """The choice as it was before its refinement, at the price of what came before that."""
    effort, rounds = WIDE.effort, made.choice.rounds
    assert effort is not None
    samples = effort.iterations * effort.samples + STARTING + len(rounds[-1]) * WIDE.rounds[-1][0]
    calls = made.calls - samples * denoiser_calls(case.solver, case.steps)
    return Schedule(evidence.PLAIN, evidence.title(evidence.PLAIN), rounds[-2][0].sigmas, calls)


def compared(kind: str, own: str | None) -> list[str]:
    """What is found for models of a kind: all there is, but of digits what `benchmarks.digits` leaves out."""
    return list(image_cells.WHICH) if kind == evidence.DIGITS else [*names.COMPARED, *([evidence.METHOD] * bool(own))]


def measure(case: Case, which: Iterable[str], own: str | None) -> pd.DataFrame:
    """All rows of a case: find the schedules, and measure them on seeds that nothing was found with."""
    if case.kind == evidence.DIGITS:
        return image_cells.measure(case, which)
    found = schedules_of(case, which, method(own) if own else None)
    return pd.DataFrame(row for name, one in found for row in cells.rows_of(case, name, one))


def measured(case: Case, own: str | None) -> pd.DataFrame:
    """All rows of a case by all that is compared there."""
    return measure(case, compared(case.kind, own), own)


def shipped_cases() -> list[Case]:
    """All cases of the study that ships."""
    points = [*cases(DATA, ("exact",), SOLVERS, STEPS), *cases(NETWORKS, ("mlp",), SOLVERS, FEW)]
    return [*points, *image_cells.cases()]


def take_up(out: Path, wanted: Mapping[Case, Path], made_with: str, which: Iterable[str]) -> None:
    """Take cases from the file itself that it has, with the same settings and schedules, and that have no part."""
    known = pd.read_parquet(out) if out.is_file() else pd.DataFrame({"settings": []})
    if not (known := known[known.settings == made_with]).empty:
        by_case = dict(list(known.groupby(evidence.CASE)))
        for case, path in wanted.items():
            rows = by_case.get(tuple(asdict(case).values()))
            if rows is not None and not path.is_file() and {*which} == {*rows.schedule} - {evidence.PLAIN}:
                cells.keep(rows.drop(columns=["settings", "version", "torch"]), path)


def report(rows: pd.DataFrame, metric: str) -> Table:
    """Geometric means of the ratio to the best of a case, by solver, and how often the choice is beaten."""
    logs = evidence.ratios(rows, metric).map(np.log)
    losses = evidence.beaten(rows, metric) if "choice" in logs else {}
    solvers = list(dict.fromkeys(rows.solver))
    shown = Table("schedule", *solvers, "all", "beats the choice", title=f"{metric} / best, {len(logs)} cases")
    for name, every in evidence.overall(rows, metric).items():
        by_solver = (np.exp(logs[name].xs(solver, level="solver").mean()) for solver in solvers)
        share = f"{losses[name]:.0%}" if name in losses else ""
        shown.add_row(evidence.title(name), *(f"{one:.2f}" for one in by_solver), f"{every.value:.2f}", share)
    return shown


def main(
    data: Annotated[
        list[str] | None, typer.Argument(help="Data sets; the study that ships when none is named.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file of all rows; the one that ships for its own cases alone.")
    ] = None,
    steps: Annotated[list[int], typer.Option(help="Numbers of steps, of the data named.")] = list(STEPS),  # noqa: B006
    solver: Annotated[list[str], typer.Option(help="Solvers, of the data named.")] = list(SOLVERS),  # noqa: B006
    kind: Annotated[list[str], typer.Option(help="Denoisers of the data named: exact, mlp.")] = ["exact"],  # noqa: B006
    own: Annotated[
        str | None, typer.Option("--method", help="module:function, (model, solver, steps) -> levels.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes that share the cases.")] = 2,
    limit: Annotated[float, typer.Option("--for", help="Seconds after which no further case is begun.")] = 1e9,
) -> None:
    """Find every schedule for every case, and measure it on other seeds."""
    if own:
        try:
            method(own)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    every, out = cases(data, kind, solver, steps) if data else shipped_cases(), out or (OWN if data or own else FILE)
    wanted = dict[Case, Path]()
    for of in dict.fromkeys(case.kind for case in every):
        which, now = compared(of, own), settings(of)
        some = {case: cells.part(out, asdict(case), which, own, now) for case in every if case.kind == of}
        take_up(out, some, digest(now), which)
        wanted |= some
    there = cells.shared(wanted, partial(measured, own=own), workers, limit)
    rows = pd.concat(there, ignore_index=True)
    made_with = {of: digest(settings(of)) for of in set(rows.kind)}
    rows = rows.assign(settings=rows.kind.map(made_with), version=__version__, torch=torch.__version__)
    cells.keep(rows, out)
    for metric in ("energy", image_cells.FIGURE):
        if metric in set(rows.metric):
            Console(width=140).print(report(evidence.beside_digits(rows), metric))


if __name__ == "__main__":
    typer.run(main)
