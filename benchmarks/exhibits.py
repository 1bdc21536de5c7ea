"""What stands beside the study on its page: `python -m benchmarks.exhibits [--out FILE]`; half an hour.

For the study's cases with exact denoisers, in its own rows and on its seeds: the best schedule known (the headroom of
the automatic choice), the choice with learned corrections of the solver's weights (what no schedule can buy), and the
optimum for every power (the dial between precision and mode mass). All is found on other noise than it is measured on.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from rich.console import Console

from ays_toy import names, seeds
from ays_toy.optimize import Effort, Points
from ays_toy.optimize.points import entropy_of, second_to
from ays_toy.runs import evidence, exhibits, finding
from ays_toy.sampling.corrected import CORRECTABLE, corrected
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import Solver
from benchmarks import cells
from benchmarks.cells import Case

FILE = exhibits.FILE
PATIENT = Effort(iterations=240, samples=2048)  # eight times that of the choice
LEARNING = Effort(iterations=150, samples=1024, rate=0.02)
FIRST, HELD_OUT = 1 << 13, 1 << 15  # samples that say which few may be best, and which of them is
GO_ON = 3
POWERS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
BESIDE = ("choice", "ays", "logsnr", "edm")  # schedules of the study that stand beside the dial
OF_DIAL = ("mode-mass", "outliers")


def settings() -> dict[str, Any]:
    """All that decides the numbers, besides the case, the study's schedules and the code."""
    return {
        "seeds": [seeds.EXHIBITS, seeds.EVIDENCE, cells.SEEDS],
        "samples": [cells.SAMPLES, FIRST, HELD_OUT, GO_ON],
        "efforts": [asdict(PATIENT), asdict(LEARNING)],
        "powers": list(POWERS),
    }


def studied(case: Case) -> dict[str, Schedule]:
    """The schedules that the study found for a case, by name."""
    rows = evidence.rows()
    some = rows[(rows.metric == "klub") & (rows[evidence.CASE] == list(asdict(case).values())).all(axis=1)]
    return {
        row["schedule"]: Schedule(row["schedule"], row["title"], np.array(row["levels"]), row["calls"], row["seconds"])
        for row in some.to_dict("records")
    }


def judged(case: Case) -> Points:
    """What schedules for a case are learned and judged by."""
    model = case.model
    entropy = entropy_of(model.dataset, model.sigma_min)
    second, ends = second_to("energy", entropy), (model.sigma_min, model.sigma_max)
    return Points(model.denoiser(), case.solver, model.dataset, "energy", second, *ends, entropy)


def best_known(case: Case, known: dict[str, Schedule]) -> Schedule:
    """The best on held-out noise of all that the study found and of the choice, refined eight times as long."""
    points, choice = judged(case), known["choice"]
    way = list(points.descent(choice.sigmas, PATIENT, seeds.EXHIBITS))
    field = [*(one.sigmas for one in known.values()), way[len(way) // 2], way[-1]]
    field.sort(key=lambda sigmas: points.score(sigmas, FIRST, seeds.EXHIBITS + 1).value)
    best = min(field[:GO_ON], key=lambda sigmas: points.score(sigmas, HELD_OUT, seeds.EXHIBITS + 2).value)
    spent = PATIENT.iterations * PATIENT.samples + len(field) * FIRST + GO_ON * HELD_OUT
    calls = choice.calls + spent * denoiser_calls(case.solver, case.steps)
    return Schedule(evidence.BEST, evidence.title(evidence.BEST), best, calls)


def learned(case: Case, choice: Schedule) -> tuple[Schedule, Solver]:
    """The choice's levels, and the solver with weights corrected for them: not at all where that is no better."""
    points, levels = judged(case), choice.sigmas
    way = list(points.corrections(levels, LEARNING, seeds.EXHIBITS))
    tried = [torch.zeros_like(way[0]), way[len(way) // 2], way[-1]]
    best = min(tried, key=lambda one: points.corrected(one).score(levels, HELD_OUT, seeds.EXHIBITS + 2).value)
    spent = LEARNING.iterations * LEARNING.samples + len(tried) * HELD_OUT
    calls = choice.calls + spent * denoiser_calls(case.solver, case.steps)
    title = evidence.title(evidence.COEFFICIENTS)
    return Schedule(evidence.COEFFICIENTS, title, levels, calls), corrected(case.solver, best)


def dial(case: Case, known: dict[str, Schedule]) -> Iterator[tuple[str, Schedule]]:
    """The optimum for every power, and schedules of the study that stand beside it."""
    for power in POWERS:
        one = finding.optimum(cells.one_pass(case.data, case.kind), case.steps, power)
        yield exhibits.at_power(power), replace(one, title=names.title("p-optimum", power))
    yield from ((name, known[name]) for name in BESIDE)


def exhibit(case: Case) -> Iterator[dict[str, Any]]:
    """All rows of a case."""
    known = studied(case)
    yield from cells.rows_of(case, evidence.BEST, best_known(case, known))
    if case.solver in CORRECTABLE:
        found, solver = learned(case, known["choice"])
        # The price of a step holds for the solver's own weights: these rows have none.
        yield from islice(cells.rows_of(case, found.name, found, solver=solver), 1, None)
    if case.model.dataset.has_modes:
        for name, one in dial(case, known):
            yield from cells.rows_of(case, name, one, OF_DIAL)


def rows(case: Case) -> pd.DataFrame:
    """All rows of a case, as a table."""
    return pd.DataFrame(exhibit(case))


def main(
    out: Annotated[Path, typer.Option("--out", help="The file of all rows; its parts lie beside it.")] = FILE,
    workers: Annotated[int, typer.Option(help="Processes that share the cases.")] = 2,
    limit: Annotated[float, typer.Option("--for", help="Seconds after which no further case is begun.")] = 1e9,
) -> None:
    """Find what is compared with the study's schedules, and measure it on the study's seeds."""
    study = evidence.rows()
    every = study[evidence.CASE].drop_duplicates().sort_values("steps", kind="stable")
    some = [Case(*row) for row in every.itertuples(index=False) if row.kind == "exact"]
    made = cells.digest(study.settings.iloc[0], settings())
    wanted = {case: cells.part(out, asdict(case), made) for case in some}
    there = cells.shared(wanted, rows, workers, limit)
    cells.keep(pd.concat(there, ignore_index=True).assign(settings=made, torch=torch.__version__), out)
    Console().print(f"{out}: {len(there)} of {len(some)} cases")


if __name__ == "__main__":
    typer.run(main)
