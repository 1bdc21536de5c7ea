"""Schedules from files, as the comparing commands take them: read, fitted to the model, and of one number of steps."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ays_toy.cli.common import console
from ays_toy.exchange.fitting import fit_range
from ays_toy.exchange.reading import MAX_TEXT, Brought, read_schedule
from ays_toy.sampling.schedules import Schedule

Files = Annotated[
    list[Path] | None,
    typer.Option("--schedule", help="A file that holds a schedule: a list, JSON or CSV; may be given again."),
]
Steps = Annotated[
    int | None, typer.Option(help="Steps of every schedule; where left out, those of the files, or the usual number.")
]


def read(files: Sequence[Path] | None) -> dict[Path, Brought]:
    """What the files hold; ValueError naming the one at fault."""
    brought = {}
    for path in files or ():
        with _naming(path):
            brought[path] = read_schedule(_content(path))
    return brought


def fit(
    brought: Mapping[Path, Brought], sigma_min: float, sigma_max: float, *, most: int, flow: bool = False
) -> list[Schedule]:
    """The files' schedules over the model's range, titled as in a table; says what was done to them."""
    stems, fitted = [path.stem for path in brought], []
    for path, one in brought.items():
        with _naming(path):
            sigmas, words = fit_range(one.levels, sigma_min, sigma_max, flow=flow, most=most)
        for note in (*one.notes, *([words] if words else [])):
            console.print(f"{path.name}: {note}", markup=False)
        title = f"Yours: {escape(path.stem if stems.count(path.stem) == 1 else str(path))}"
        fitted.append(Schedule("yours", title, sigmas))
    return fitted


def steps_of_all(fitted: Sequence[Schedule], asked: int | None, usual: int) -> int:
    """The number of steps that all schedules of the table have; ValueError where the files leave none."""
    counts = {one.title: one.steps for one in fitted}
    steps = next(iter(counts.values()), usual) if asked is None else asked
    for title, count in counts.items():
        if count != steps:
            against = f"--steps says {steps}" if asked is not None else f"another has {steps}"
            raise ValueError(
                f"{title} has {count} steps over the model's range and {against}: all schedules of a table have as "
                "many, so compare those of each number by themselves."
            )
    return steps


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Have errors name the file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_TEXT + 1)  # one more than is read, which says so
    except OSError as error:
        raise ValueError(f"The file cannot be read ({error.strerror}): give another.") from None
