"""What was measured of the bundled digits beforehand, by `python -m benchmarks.images`, so that pages open on it.

Reading it takes a moment; the network behind it, which brings in diffusers and takes seconds, is loaded when called.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch

from ays_toy import names
from ays_toy.estimates import Estimate, Measured
from ays_toy.images import digits as bundled
from ays_toy.images import loading
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.models import checkpoints
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import find

FOLDER = Path(__file__).parent / "results"
FILE = FOLDER / "digits.json"
GRAM, PICTURES = FILE.with_suffix(".safetensors"), FILE.with_name("digits-pictures.npz")
POWER = 2.0  # of the p-optimum whose pictures are kept beside those of the others
SHIPPED_FIGURES = ("frechet", "frechet-pixels")
_LOADING = Lock()


Cell = Mapping[str, Measured]  # of one solver and number of steps, by schedule


def file_of(name: str, guidance: float | None = None) -> Path:
    """Where the results of a bundled model ship, at that guidance."""
    return FOLDER / f"{name if guidance in (None, 1.0) else f'{name}-guidance-{guidance:g}'}.json"


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

    def at(self, solver: str, steps: int) -> Cell:
        """The cell, empty where nothing was measured."""
        return self.cells.get((find(solver).name, steps), {})


@lru_cache(maxsize=1)
def digits() -> Results:
    """The results that ship with the package."""
    record = json.loads(FILE.read_text(encoding="utf-8"))
    cells = {
        (cell["solver"], cell["steps"]): {
            name: Measured(Schedule(name, names.title(name), _levels(entry["sigmas"])), None, _figures(entry))
            for name, entry in cell["schedules"].items()
        }
        for cell in record["cells"]
    }
    floor = {name: _figures(entry) for name, entry in record["floor"].items()}
    return Results(cells, record["samples"], record["seed"], floor)


@lru_cache(maxsize=1)
def _kept() -> dict[str, np.ndarray]:
    return {name: value.double().numpy() for name, value in checkpoints.read_tensors(GRAM).items()}


@lru_cache(maxsize=1)
def gram() -> PathGram:
    """The matrix of the pass that the bundled choice was made from."""
    kept = _kept()
    return PathGram(kept["grid"], kept["moments"], kept["counts"].round().astype(int))


@lru_cache(maxsize=1)
def _loaded() -> ImageModel:
    return loading.load(loading.DIGITS)


def loaded() -> ImageModel:
    """The digits as `images.load` gives them, in memory once for all that use them."""
    with _LOADING:  # two threads would both load them
        return _loaded()


@lru_cache(maxsize=1)
def model() -> ImageModel:
    """The digits as `images.load` gives them, but for the network, which is loaded when it is first called."""
    kept, place = _kept(), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    levels, spread = kept["training_sigmas"], float(kept["sigma_data"])
    name, origin = loading.DIGITS, bundled.origin(loading.DIGITS)
    return bundled.described(name, lambda x, sigma: loaded().denoiser(x, sigma), levels, spread, place, origin)


@lru_cache(maxsize=1)
def _pictures() -> dict[str, np.ndarray]:
    with np.load(PICTURES, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def pictures(solver: str, steps: int, name: str) -> np.ndarray | None:
    """Pictures [K, 8, 8, 3] of one byte of a measured cell, from noise of seed 0; 'reference' has no steps."""
    found = _pictures().get(_picture(solver, steps, name))
    return None if found is None else np.repeat(found[..., None], 3, axis=-1)


def _picture(solver: str, steps: int, name: str) -> str:
    return name if name == "reference" else f"{solver} {steps} {name}"


def write(
    source: ImageModel, found: PathGram, drawn: Mapping[tuple[str, int, str], np.ndarray], beside: Path = FILE
) -> None:
    """Write model, matrix and pictures [K, 8, 8, 3] beside the results; single precision moves KLUB by a millionth."""
    assert source.training_sigmas is not None
    tensors = {
        "grid": torch.tensor(found.grid, dtype=torch.float64),
        "moments": torch.tensor(found.moments, dtype=torch.float32),
        "counts": torch.tensor(found.counts, dtype=torch.float64),
        "training_sigmas": torch.tensor(source.training_sigmas, dtype=torch.float64),
        "sigma_data": torch.tensor(source.sigma_data, dtype=torch.float64),
    }
    checkpoints.write(beside.with_suffix(".safetensors"), tensors)
    named: dict[str, Any] = {_picture(*key): images[..., 0] for key, images in drawn.items()}
    np.savez_compressed(beside.with_name(f"{beside.stem}-pictures.npz"), **named)


def _levels(rounded: list[float]) -> np.ndarray:
    """Levels from six digits, their ends those of the matrix again."""
    ends = gram().grid[[0, -1]]
    levels = np.array(rounded, dtype=np.float64)
    if not np.allclose(levels[[0, -1]], ends, rtol=1e-5):
        raise ValueError("The bundled results belong to another model: run python -m benchmarks.images --anew.")
    levels[[0, -1]] = ends
    return levels


def _figures(entry: Mapping[str, list[float]]) -> dict[str, Estimate]:
    return {name: Estimate(*entry[name]) for name in SHIPPED_FIGURES}
