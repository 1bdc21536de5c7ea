"""Does an unbiased figure choose as well? `python -m benchmarks.unbiased [--steps 5 --solver ddim]`, for the digits.

The automatic choice is made twice for every case, by the Fréchet distance in features, whose samples are too few for it
to be unbiased, and by the energy distance in the same features. Both are measured by all figures on seeds that neither
was made with. What is found is kept, so that a run that was stopped goes on where it was.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from ays_toy import optimize, seeds
from ays_toy.estimates import Estimate
from ays_toy.images import optimizing, scores
from ays_toy.images.sampling import draw_samples
from ays_toy.runs.evidence import DIGITS, PLAIN, over_seeds
from benchmarks import cells, digits
from benchmarks.cells import Case

FILE = Path(__file__).parent / "results" / "unbiased.parquet"
CHOSEN_BY = ("frechet", "energy-features")
REPORTED = (*CHOSEN_BY, "frechet-pixels")
SEEDS, SAMPLES = 4, 2048  # of the report
TOLD = ["solver", "steps", "metric", "schedule"]


@dataclass(frozen=True)
class Chosen(Case):
    """A case, and the figure that its choice is made by."""

    figure: str


def choices(case: Chosen) -> Iterator[tuple[str, str, np.ndarray]]:
    """The choice by that figure, and what it was before its refinement: name, title and levels."""
    judge, gram, x0 = digits.prepared()
    search = optimizing.Search(case.solver, case.steps, "choice", case.figure)
    *_, last = optimizing.find(judge, gram, x0, search)
    assert last.choice is not None
    yield "choice", last.choice.best.title, last.sigmas
    before = last.choice.rounds[-2][0]
    yield PLAIN, before.title, before.sigmas


def measure(case: Chosen) -> pd.DataFrame:
    """A row for every figure of every seed."""
    return pd.DataFrame(row for found in choices(case) for row in rows_of(case, *found))


def rows_of(case: Chosen, name: str, title: str, sigmas: np.ndarray) -> Iterator[dict[str, Any]]:
    """The rows of one schedule."""
    judge, *_ = digits.prepared()
    about = {**asdict(case), "schedule": name, "title": title}
    for seed in range(seeds.IMAGE_REPORT, seeds.IMAGE_REPORT + SEEDS):
        images = draw_samples(judge.model, sigmas, case.solver, seed, SAMPLES)
        for figure in REPORTED:
            yield {**about, "metric": figure, "seed": seed, **vars(judge.measure(images, figure, seed))}


def report(rows: pd.DataFrame) -> Table:
    """Every case by every figure: the choice by either, and the second over the first, refined and not."""
    headings = [f"by {scores.FIGURES[one].title}" for one in CHOSEN_BY]
    table = Table("solver", "steps", "measured by", *headings, "ratio", "before refinement")
    values, errors = (one.unstack("figure") for one in over_seeds(rows, [*TOLD, "figure"]))
    ratios = (values[CHOSEN_BY[1]] / values[CHOSEN_BY[0]]).dropna()
    refined, plain = (ratios.xs(name, level="schedule") for name in ("choice", PLAIN))
    for at, ratio in refined.items():
        row = (*at[:3], "choice")
        shown = [str(Estimate(values.loc[row, one], errors.loc[row, one])) for one in CHOSEN_BY]
        table.add_row(at[0], str(at[1]), at[2], *shown, f"{ratio:.2f}", f"{plain[at]:.2f}")
    table.add_section()
    for metric in REPORTED:
        means = (np.exp(np.log(one.xs(metric, level="metric")).mean()) for one in (refined, plain))
        table.add_row("all", "", metric, "", "", *(f"{mean:.3f}" for mean in means))
    return table


def main(
    steps: Annotated[list[int], typer.Option(help="Numbers of steps.")] = [5, 8],  # noqa: B006
    solver: Annotated[list[str], typer.Option(help="Solvers.")] = list(digits.SOLVERS),  # noqa: B006
    out: Annotated[Path, typer.Option("--out", help="The file of all rows; its parts lie beside it.")] = FILE,
    workers: Annotated[int, typer.Option(help="Processes that share the cases.")] = 2,
    limit: Annotated[float, typer.Option("--for", help="Seconds after which no further case is begun.")] = 1e9,
) -> None:
    """Choose by either figure, and measure by both."""
    decided = {"choice": asdict(optimize.NEAR), "seeds": SEEDS, "samples": SAMPLES, "reported": REPORTED}
    every = [Chosen(DIGITS, DIGITS, one, n, figure) for n, one, figure in product(steps, solver, CHOSEN_BY)]
    wanted = {case: cells.part(out, asdict(case), decided) for case in every}
    rows = pd.concat(cells.shared(wanted, measure, workers, limit), ignore_index=True)
    cells.keep(rows, out)
    Console(width=140).print(report(rows))


if __name__ == "__main__":
    typer.run(main)
