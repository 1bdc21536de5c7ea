"""Is the choice as good with other seeds? `python -m benchmarks.repeats [DATA … --solver dpmpp-2m --steps 5]`.

The automatic choice is made with five seeds for every case, and each is measured on the same fresh samples, so many
that what differs is the choice. What is found is kept, so that a run that was stopped goes on where it was.
"""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from rich.console import Console
from rich.table import Table

from ays_toy import optimize, seeds
from ays_toy.metrics.law import law_of
from ays_toy.runs.comparison import draw_samples
from ays_toy.runs.evidence import CASE
from ays_toy.runs.finding import CHOICE_POINTS
from benchmarks import cells
from benchmarks.cells import Case

FILE = Path(__file__).parent / "results" / "repeats.parquet"
DATA, SOLVERS, STEPS = ("spirals", "multiscale", "grid-6x6"), ("dpmpp-2m", "sde-dpmpp-2m", "stochastic-ddim"), (5, 6, 8)
SEEDS, SAMPLES = 5, 1 << 17
MOST = 1.3  # that choices of one case should differ by


@dataclass(frozen=True)
class Repeat(Case):
    """A case, and the seed that its choice is made with."""

    seed: int


def measure(one: Repeat) -> pd.DataFrame:
    """A row for the choice, and one for what it was before its refinement."""
    model, generator = one.model, torch.Generator().manual_seed(seeds.CHOICE_BENCHMARK[0] + one.seed)
    points, began = model.dataset.sample(CHOICE_POINTS, generator), time.process_time()
    choice = optimize.choose(model.denoiser(), points, one.solver, one.steps, generator=generator, data=model.dataset)
    seconds = time.process_time() - began
    law, rows = law_of(model.dataset.mixture, model.sigma_min), []
    for name, found in (("choice", choice.best), ("plain", choice.rounds[-2][0])):
        samples = draw_samples(model, found.sigmas, one.solver, seeds.CHOICE_BENCHMARK[1], SAMPLES)
        about = {**asdict(one), "schedule": name, "title": found.title, "levels": found.sigmas.tolist()}
        rows.append({**about, "seconds": seconds, **vars(law.energy(samples))})
    return pd.DataFrame(rows)


def apart(rows: pd.DataFrame, name: str) -> pd.Series:
    """By case, how many times the best of its choices the worst has."""
    by_case = rows[rows.schedule == name].groupby(CASE, sort=False).value
    return by_case.max() / by_case.min()


def report(rows: pd.DataFrame) -> Table:
    """Every case, those that differ most first."""
    chosen = rows[rows.schedule == "choice"].groupby(CASE, sort=False)
    worst, plain = apart(rows, "choice").sort_values(ascending=False), apart(rows, "plain")
    over = float((worst > MOST).mean())
    title = f"energy distance of the worst choice over the best, {SEEDS} seeds; above {MOST} in {over:.0%} of the cases"
    table = Table("data", "solver", "steps", "worst / best", "before refinement", "over the best", "error", title=title)
    case: Any  # as in `CASE`
    for case, ratio in worst.items():
        some = chosen.get_group(case)
        each = " ".join(f"{value:.2f}" for value in sorted(some.value / some.value.min()))
        error = float((some.stderr / some.value).max())
        table.add_row(case[0], case[2], str(case[3]), f"{ratio:.2f}", f"{plain[case]:.2f}", each, f"{error:.0%}")
    table.add_section()
    mean = f"{np.exp(np.log(worst).mean()):.2f}"
    table.add_row("all", "", "", mean, f"{np.exp(np.log(plain).mean()):.2f}", f"{chosen.seconds.mean().mean():.1f} s")
    return table


def every_repeat(data: Iterable[str], solvers: Iterable[str], steps: Iterable[int]) -> list[Repeat]:
    """All that is chosen, case by case."""
    return [Repeat(d, "exact", s, n, seed) for d, s, n, seed in product(data, solvers, steps, range(SEEDS))]


def main(
    data: Annotated[list[str] | None, typer.Argument(help="Data sets; three that differ when none is named.")] = None,
    solver: Annotated[list[str], typer.Option(help="Solvers.")] = list(SOLVERS),  # noqa: B006
    steps: Annotated[list[int], typer.Option(help="Numbers of steps.")] = list(STEPS),  # noqa: B006
    out: Annotated[Path, typer.Option("--out", help="The file of all rows; its parts lie beside it.")] = FILE,
    workers: Annotated[int, typer.Option(help="Processes that share the cases.")] = 2,
    limit: Annotated[float, typer.Option("--for", help="Seconds after which no further choice is begun.")] = 1e9,
) -> None:
    """Choose with every seed, and say by how much what is chosen differs."""
    decided = {"choice": asdict(optimize.WIDE), "samples": SAMPLES, "seeds": seeds.CHOICE_BENCHMARK}
    wanted = {one: cells.part(out, asdict(one), decided) for one in every_repeat(data or DATA, solver, steps)}
    rows = pd.concat(cells.shared(wanted, measure, workers, limit), ignore_index=True)
    cells.keep(rows, out)
    Console(width=140).print(report(rows))


if __name__ == "__main__":
    typer.run(main)
