"""What was measured of the bundled digits beforehand, by `python -m benchmarks.digits`, so that pages open on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from ays_toy import checkpoints
from ays_toy.metrics import Estimate
from ays_toy.paths import PathGram

FILE = Path(__file__).parent / "results" / "digits.json"
GRAM = FILE.with_suffix(".safetensors")
FIGURES = ("frechet", "frechet-pixels")


@dataclass(frozen=True, eq=False)
class Cell:
    """One solver and number of steps: by schedule its levels [n+1] and its figures; `chosen` is what the choice was."""

    chosen: str
    sigmas: Mapping[str, np.ndarray]
    figures: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True, eq=False)
class Results:
    """All cells, samples and seed behind every figure, and what held-out images and 100 steps come to."""

    cells: Mapping[tuple[str, int], Cell]
    samples: int
    seed: int
    floor: Mapping[str, Mapping[str, Estimate]]

    @property
    def steps(self) -> list[int]:
        """The numbers of steps that were measured."""
        return sorted({steps for _, steps in self.cells})

    def at(self, solver: str, steps: int) -> Cell | None:
        """The cell, where it was measured."""
        return self.cells.get((solver, steps))


@lru_cache(maxsize=1)
def digits() -> Results:
    """The results that ship with the package."""
    record = json.loads(FILE.read_text(encoding="utf-8"))
    cells = {
        (cell["solver"], cell["steps"]): Cell(
            cell.get("chosen", ""),
            {name: _levels(entry["sigmas"]) for name, entry in cell["schedules"].items()},
            {name: _figures(entry) for name, entry in cell["schedules"].items()},
        )
        for cell in record["cells"]
    }
    floor = {name: _figures(entry) for name, entry in record["floor"].items()}
    return Results(cells, record["samples"], record["seed"], floor)


@lru_cache(maxsize=1)
def gram() -> PathGram:
    """The matrix of the pass that the bundled choice was made from."""
    tensors = {name: value.double().numpy() for name, value in checkpoints.read_tensors(GRAM).items()}
    return PathGram(tensors["grid"], tensors["moments"], tensors["counts"].round().astype(int))


def keep_gram(found: PathGram, path: Path = GRAM) -> None:
    """Write this matrix to a file, whole or not at all; single precision costs KLUB less than a millionth."""
    tensors = {
        "grid": torch.tensor(found.grid, dtype=torch.float64),
        "moments": torch.tensor(found.moments, dtype=torch.float32),
        "counts": torch.tensor(found.counts, dtype=torch.float64),
    }
    checkpoints.write(path, tensors)


def _levels(rounded: list[float]) -> np.ndarray:
    """Levels from six digits, their ends those of the matrix again."""
    ends = gram().grid[[0, -1]]
    levels = np.array(rounded, dtype=np.float64)
    if not np.allclose(levels[[0, -1]], ends, rtol=1e-5):
        raise ValueError("The bundled results belong to another model: run python -m benchmarks.digits --anew.")
    levels[[0, -1]] = ends
    return levels


def _figures(entry: Mapping[str, list[float]]) -> dict[str, Estimate]:
    return {name: Estimate(*entry[name]) for name in FIGURES}
