"""What all commands share: the console, the names of options, and errors as one sentence.

A command ends with 0, with 1 where what it looks at is not in order, and with 2 where an argument is not usable.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from ays_toy.data import datasets
from ays_toy.estimates import Estimate, Measured
from ays_toy.exchange import formats
from ays_toy.exchange.formats import Taken
from ays_toy.names import METHODS
from ays_toy.sampling.solvers import SOLVERS, find

NAME_WIDTH = 16  # letters of a title that stay on one line
console = Console()


def completing(*names: str) -> Callable[[str], list[str]]:
    """What the shell offers for the beginning of one of those names."""
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


def _words_beside(as_json: bool) -> bool:
    """Print words to standard error where standard output is for JSON alone."""
    console.stderr = as_json
    return as_json


AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print what was found as JSON; words go to standard error.", callback=_words_beside),
]
Data = Annotated[
    str, typer.Argument(help="A data set, or own:NAME.", autocompletion=completing(*datasets.DATASETS, "own:"))
]
Kind = Annotated[
    str, typer.Option(help="exact, mlp, or saved:NAME.", autocompletion=completing("exact", "mlp", "saved:"))
]
Solver = Annotated[
    str,
    typer.Option(
        help=f"One of {', '.join(SOLVERS)}, or its name in another tool.",
        callback=lambda name: _solver(name),
        autocompletion=completing(*SOLVERS),
    ),
]
Steps = Annotated[int, typer.Option(help="Steps of the schedule.")]
Power = Annotated[float, typer.Option(help="The p-optimum's weight p; 3 makes it the KLUB optimum.")]
METHOD = "; ".join(f"{name}: {what}" for name, what in METHODS.items())
Method = Annotated[str, typer.Option(help=f"{METHOD}.", autocompletion=completing(*METHODS))]
Refine = Annotated[int, typer.Option(help="choice: iterations of its refinement; 0: none.")]
Out = Annotated[Path | None, typer.Option(help="Write the schedule to this .json or .csv file.")]
SigmaMin = Annotated[float, typer.Option(help="Lowest noise level.")]
SigmaMax = Annotated[float, typer.Option(help="Highest noise level.")]


def _solver(name: str) -> str:
    with user_errors():
        return find(name).name


def progress(counts: bool = True, quiet: bool = False) -> Progress:
    """Bars for work that takes a while, with how many parts of it are done; none where nobody watches, as in a log."""
    counted = [MofNCompleteColumn()] if counts else []
    columns = (TextColumn("{task.description}"), BarColumn(), *counted, TimeRemainingColumn())
    return Progress(*columns, console=console, disable=quiet or not console.is_terminal)


def print_table(rows: Iterable[Measured], figures: Mapping[str, str]) -> None:
    """Print schedules with their KLUB and the figures of those names and titles."""
    cells = [(row.title, str(row.klub or "–"), *(str(row.metrics[name]) for name in figures)) for row in rows]
    print_columns(("schedule", "KLUB", *figures.values()), cells)


def print_columns(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, and where it is too wide its columns below each other, the first of them before each part."""
    shown: list[int] = []
    for k in range(1, len(titles)):
        if shown and _width(titles, rows, [*shown, k]) > console.width:
            console.print(_table(titles, rows, shown))
            shown = []
        shown.append(k)
    console.print(_table(titles, rows, shown))


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], shown: Sequence[int]) -> Table:
    """The first column, folded where it must be, and others of a table."""
    first = Column(titles[0], overflow="fold", min_width=min(NAME_WIDTH, max(len(row[0]) for row in rows)))
    table = Table(first, *(Column(titles[k], overflow="fold") for k in shown))
    for row in rows:
        table.add_row(row[0], *(row[k] for k in shown))
    return table


def _width(titles: Sequence[str], rows: Sequence[Sequence[str]], shown: Sequence[int]) -> int:
    """How many letters that table takes where the first column is folded as far as it may be."""
    short = [(row[0][:NAME_WIDTH], *row[1:]) for row in rows]
    return Measurement.get(console, console.options.update(width=10_000), _table(titles, short, shown)).maximum


def print_json(found: Mapping[str, Any]) -> None:
    """Print what a command found, numbers in full."""
    print(json.dumps(found, indent=2))


def print_json_of(rows: Iterable[Measured], about: Mapping[str, Any]) -> None:
    """Print schedules and what they are worth, after what they are about; fresh data have no steps and no levels."""
    records = [
        {"schedule": row.schedule.name, "title": row.title, "sigmas": row.schedule.sigmas.tolist()}
        | {"klub": as_record(row.klub) if row.klub else None}
        | {"metrics": {name: as_record(one) for name, one in row.metrics.items()}}
        for row in rows
    ]
    print_json({**about, "schedules": records})


def as_record(one: Estimate) -> dict[str, float]:
    """A figure with its error bar, for `print_json`; the terms of a KLUB are left out."""
    return {"value": one.value, "stderr": one.stderr}


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
