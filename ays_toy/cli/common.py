"""What all commands share: the console, the names of options, and errors as one sentence."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from ays_toy.estimates import Measured
from ays_toy.exchange import formats
from ays_toy.exchange.formats import Taken
from ays_toy.names import METHODS
from ays_toy.sampling.solvers import SOLVERS, find

NAME_WIDTH = 16  # letters of a title that stay on one line
console = Console()
Data = Annotated[str, typer.Argument(help="A data set, or own:NAME.")]
Kind = Annotated[str, typer.Option(help="exact, mlp, or saved:NAME.")]
Solver = Annotated[
    str,
    typer.Option(
        help=f"One of {', '.join(SOLVERS)}, or its name in another tool.", callback=lambda name: _solver(name)
    ),
]
Steps = Annotated[int, typer.Option(help="Steps of the schedule.")]
Power = Annotated[float, typer.Option(help="The p-optimum's weight p; 3 makes it the KLUB optimum.")]
METHOD = "; ".join(f"{name}: {what}" for name, what in METHODS.items())
Method = Annotated[str, typer.Option(help=f"{METHOD}.")]
Refine = Annotated[int, typer.Option(help="choice: iterations of its refinement; 0: none.")]
Out = Annotated[Path | None, typer.Option(help="Write the schedule to this .json or .csv file.")]
SigmaMin = Annotated[float, typer.Option(help="Lowest noise level.")]
SigmaMax = Annotated[float, typer.Option(help="Highest noise level.")]


def _solver(name: str) -> str:
    with user_errors():
        return find(name).name


def progress(counts: bool = True, quiet: bool = False) -> Progress:
    """Bars for work that takes a while, with how many parts of it are done."""
    counted = [MofNCompleteColumn()] if counts else []
    columns = (TextColumn("{task.description}"), BarColumn(), *counted, TimeRemainingColumn())
    return Progress(*columns, console=console, disable=quiet)


def print_table(rows: Iterable[Measured], figures: Mapping[str, str]) -> None:
    """Print schedules with their KLUB and the figures of those names and titles."""
    table = Table(Column("schedule", overflow="fold", min_width=NAME_WIDTH), "KLUB", *figures.values())
    for row in rows:
        table.add_row(row.title, str(row.klub or "–"), *(str(row.metrics[name]) for name in figures))
    console.print(table)


def print_levels(sigmas: np.ndarray) -> None:
    """Print noise levels on one line."""
    console.print("  ".join(f"{sigma:.5g}" for sigma in sigmas))


def check_out(out: Path | None) -> None:
    """ValueError unless a schedule can be written there."""
    if out is not None:
        formats.by_suffix(out.name)
        if not out.parent.is_dir():
            raise ValueError(f"There is no folder {out.parent}: make it, or choose another file.")


def write(out: Path, taken: Taken) -> None:
    """Write a schedule in the form that the file's name asks for."""
    text = formats.by_suffix(out.name).text(taken)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ValueError(f"Could not write {out}: {error.strerror}. Choose another file.") from None
    console.print(f"Written to {out}.")


@contextmanager
def user_errors() -> Iterator[None]:
    """Say in one sentence what to change, without a traceback, where an argument is not usable."""
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
