"""What was measured of the bundled digits beforehand, by `python -m benchmarks.digits`, so that pages open on it.

Reading it takes a moment; the network behind it, which brings in diffusers and takes seconds, is loaded when called.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch

from ays_toy import checkpoints
from ays_toy.denoisers import Denoiser
from ays_toy.images import loading
from ays_toy.images.models import ImageModel
from ays_toy.metrics import Estimate
from ays_toy.paths import PathGram
from ays_toy.solvers import find

FILE = Path(__file__).parent / "results" / "digits.json"
GRAM, PICTURES = FILE.with_suffix(".safetensors"), FILE.with_name("digits-pictures.npz")
POWER = 2.0  # of the p-optimum whose pictures are kept beside those of the others
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
        return self.cells.get((find(solver).name, steps))


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
def _kept() -> dict[str, np.ndarray]:
    return {name: value.double().numpy() for name, value in checkpoints.read_tensors(GRAM).items()}


@lru_cache(maxsize=1)
def gram() -> PathGram:
    """The matrix of the pass that the bundled choice was made from."""
    kept = _kept()
    return PathGram(kept["grid"], kept["moments"], kept["counts"].round().astype(int))


class Deferred:
    """The digits' denoiser, loaded when it is first called."""

    def __init__(self) -> None:
        self._lock, self.loaded = Lock(), False

    @cached_property
    def _denoiser(self) -> Denoiser:
        return loading.load(loading.DIGITS).denoiser

    def load(self) -> Denoiser:
        """The denoiser itself."""
        with self._lock:  # two threads would both load it
            found = self._denoiser
        self.loaded = True
        return found

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """As the denoiser itself."""
        return self.load()(x, sigma)


@lru_cache(maxsize=1)
def model() -> ImageModel:
    """The digits as `images.load` gives them, but for the network, which is loaded when it is first called."""
    from ays_toy.images import digits as bundled

    kept = _kept()
    levels = kept["training_sigmas"]
    return ImageModel(
        name=loading.DIGITS,
        title=bundled.TITLE,
        denoiser=Deferred(),
        shape=bundled.SHAPE,
        sigma_min=float(levels[-1]),
        sigma_max=float(levels[0]),
        sigma_data=float(kept["sigma_data"]),
        encode=None,
        decode=None,
        training_sigmas=levels,
        device=torch.device("cuda" if torch.cuda.is_available() else "cpu"),
        dtype=torch.float32,
        batch=bundled.BATCH,
        prediction="v_prediction",
        origin=bundled.origin(),
    )


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


def keep(
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
        raise ValueError("The bundled results belong to another model: run python -m benchmarks.digits --anew.")
    levels[[0, -1]] = ends
    return levels


def _figures(entry: Mapping[str, list[float]]) -> dict[str, Estimate]:
    return {name: Estimate(*entry[name]) for name in FIGURES}
