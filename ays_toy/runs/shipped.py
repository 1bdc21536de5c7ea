"""Schedules that ship for the preset data, so that pages open on them: what `finding` makes of the exact denoisers.

Made by `python -m benchmarks.presets`, over the default range and by the energy distance. Reading the file takes some
hundredths of a second, when the first schedule is asked for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ays_toy.checks import SIGMA_MAX, SIGMA_MIN
from ays_toy.names import TITLES
from ays_toy.runs.comparison import Model
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import find as find_solver

FILE = Path(__file__).parent / "results" / "presets.json"
FORMAT = 2
METRIC = "energy"  # that chose, and that stopped the search
DIGITS = 7  # of a level
PLAIN = "plain"  # the automatic choice before its refinement: ships where no refined one has been made yet


@dataclass(frozen=True, order=True)
class Cell:
    """What a schedule was found for; its text is the key in the file."""

    data: str
    solver: str
    steps: int

    def __str__(self) -> str:
        return f"{self.data} {self.solver} {self.steps}"

    @classmethod
    def read(cls, text: str) -> "Cell":
        """The cell of that key."""
        data, solver, steps = text.split(" ")
        return cls(data, solver, int(steps))


def find(model: Model, solver: str, steps: int, name: str) -> Schedule | None:
    """The automatic choice ('choice') or the stopped search ('ays') for a model; None where none ships.

    That is for data of the user's own, a trained model, another range, and other numbers of steps. A choice that has
    not been refined stands in for one that has. Its seconds are those of one thread of a busy machine.
    """
    if not model.is_default:
        return None
    cell = Cell(model.data, find_solver(solver).name, steps)
    return entries().get((cell, name)) or (entries().get((cell, PLAIN)) if name == "choice" else None)


@lru_cache(maxsize=1)
def entries() -> Mapping[tuple[Cell, str], Schedule]:
    """Everything that ships, by cell and name."""
    cells = json.loads(FILE.read_text(encoding="utf-8"))["cells"]
    return {(Cell.read(key), name): unpacked(name, row) for key, rows in cells.items() for name, row in rows.items()}


def packed(found: Schedule, what: int | str) -> list[Any]:
    """A schedule as it is in the file: the sweep it was stopped at or the candidate taken, calls, seconds, levels."""
    levels = [float(f"{sigma:.{DIGITS}g}") for sigma in found.sigmas[1:-1]]
    return [what, found.calls, float(f"{found.seconds:.3g}"), levels]


def unpacked(name: str, row: list[Any]) -> Schedule:
    """The schedule of a row of the file."""
    _, calls, seconds, levels = row
    name = "choice" if name == PLAIN else name
    sigmas = np.array([SIGMA_MAX, *levels, SIGMA_MIN])
    sigmas.flags.writeable = False  # one array for all that ask
    return Schedule(name, TITLES[name], sigmas, calls, seconds)
