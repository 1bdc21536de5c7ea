"""What all commands share: the console, the names of options, and errors as one sentence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from ays_toy.klub import KlubEstimate
from ays_toy.metrics import METRICS, Estimate
from ays_toy.names import METHODS
from ays_toy.solvers import SOLVERS, find
from ays_toy.words import significant

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
Method = Annotated[str, typer.Option(help="; ".join(f"{name}: {what}" for name, what in METHODS.items()) + ".")]
SigmaMin = Annotated[float, typer.Option(help="Lowest noise level.")]
SigmaMax = Annotated[float, typer.Option(help="Highest noise level.")]


def _solver(name: str) -> str:
    with user_errors():
        return find(name).name


def schedules_table(rows: Mapping[str, tuple[KlubEstimate | None, Mapping[str, Estimate]]]) -> Table:
    """KLUB and metrics of schedules by title."""
    metrics = next(iter(rows.values()))[1]
    table = Table(Column("schedule", no_wrap=True), "KLUB", *(METRICS[name].title for name in metrics))
    for title, (klub, measured) in rows.items():
        figures = (significant(e.value, e.stderr) for e in measured.values())
        table.add_row(title, significant(klub.value, klub.stderr) if klub else "–", *figures)
    return table


@contextmanager
def user_errors() -> Iterator[None]:
    """Say in one sentence what to change, without a traceback, where an argument is not usable."""
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
