"""What was measured of the bundled models beforehand, by `python -m benchmarks.images`, so that pages open on it.

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

from ays_toy import names, seeds
from ays_toy.bundled import BUNDLED, own_guidance
from ays_toy.estimates import Estimate, Measured
from ays_toy.images import digits, loading
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.models import checkpoints
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import find as find_solver

FOLDER = Path(__file__).parent / "results"
SHIPPED_FIGURES = ("frechet", "frechet-pixels")  # of every model
POWER = 2.0  # of the p-optimum whose pictures are kept beside those of the others
PICTURED = seeds.PAGES[0]  # the seed of the noise that the pictures are drawn from
DTYPE = "float32"  # in which a network draws where a file does not say it
LEVELS = "sigmas"  # among a schedule's figures, in six digits
_LOADING = Lock()


Cell = Mapping[str, Measured]  # of one solver and number of steps, by schedule


@dataclass(frozen=True, eq=False)
class Results:
    """All cells of a model, what stands behind every figure, what prices schedules, and what other images come to."""

    path: Path
    name: str  # of the model
    guidance: float | None
    cells: Mapping[tuple[str, int], Cell]
    samples: int
    seed: int
    dtype: str  # in which the network drew them
    floor: Mapping[str, Mapping[str, Estimate]]  # held-out images, and those of 100 steps
    gram: PathGram  # of the pass that the choice was made from
    training_sigmas: np.ndarray
    sigma_data: float

    @property
    def steps(self) -> list[int]:
        """The numbers of steps that were measured."""
        return sorted({steps for _, steps in self.cells})

    def at(self, solver: str, steps: int) -> Cell:
        """The cell, empty where nothing was measured."""
        return self.cells.get((find_solver(solver).name, steps), {})

    @cached_property
    def model(self) -> ImageModel:
        """The model as `images.load` gives it, but for the network, which is loaded when it is first called."""
        return self.guided(self.guidance)

    def guided(self, guidance: float | None) -> ImageModel:
        """The same model at another guidance."""
        place, kind = torch.device("cuda" if torch.cuda.is_available() else "cpu"), BUNDLED[self.name]
        return digits.described(
            self.name,
            lambda x, sigma: loaded(self.name, guidance).denoiser(x, sigma),
            self.training_sigmas,
            self.sigma_data,
            place,
            digits.origin(self.name),
            kind.labels,
            guidance,
        )

    @cached_property
    def _pictures(self) -> dict[str, np.ndarray]:
        with np.load(_pictures_of(self.path), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}

    def pictures(self, solver: str, steps: int, name: str) -> np.ndarray | None:
        """Pictures [K, H, W, 3] of bytes of a measured cell, noise of seed `PICTURED`; 'reference' has no steps."""
        found = self._pictures.get(_picture(solver, steps, name))
        return None if found is None else np.repeat(found[..., None], 3, axis=-1)


def file_of(name: str, guidance: float | None = None) -> Path:
    """Where the results of a bundled model ship, at that guidance."""
    scale = own_guidance(name, guidance)
    return FOLDER / f"{name if scale is None else f'{name}-guidance-{scale:g}'}.json"


def find(name: str, guidance: float | None = None) -> Results | None:
    """What ships of a model at that guidance; None where nothing does."""
    path = file_of(name, guidance) if name in BUNDLED else None
    return read(path) if path and path.is_file() else None


def of(name: str) -> Results:
    """What ships of a bundled model as it is, guided as it is anyway."""
    return read(file_of(name))


@lru_cache(maxsize=4)
def read(path: Path) -> Results:
    """The results in a file and what lies beside it."""
    record = json.loads(path.read_text(encoding="utf-8"))
    kept = {name: value.double().numpy() for name, value in checkpoints.read_tensors(_matrix_of(path)).items()}
    gram = PathGram(kept["grid"], kept["moments"], kept["counts"].round().astype(int))
    cells = {
        (cell["solver"], cell["steps"]): {
            name: Measured(Schedule(name, names.title(name), _levels(entry[LEVELS], gram)), None, _figures(entry))
            for name, entry in cell["schedules"].items()
        }
        for cell in record["cells"]
    }
    return Results(
        path=path,
        name=record["model"],
        guidance=BUNDLED[record["model"]].guidance if record.get("guidance") is None else record["guidance"],
        cells=cells,
        samples=record["samples"],
        seed=record["seed"],
        dtype=record.get("dtype", DTYPE),
        floor={name: _figures(entry) for name, entry in record["floor"].items()},
        gram=gram,
        training_sigmas=kept["training_sigmas"],
        sigma_data=float(kept["sigma_data"]),
    )


@lru_cache(maxsize=len(BUNDLED) + 1)
def _loaded(name: str, guidance: float | None) -> ImageModel:
    return loading.load(name, guidance=guidance)


def loaded(name: str, guidance: float | None = None) -> ImageModel:
    """A bundled model as `images.load` gives it, in memory once for all that use it."""
    with _LOADING:  # two threads would both load it
        return _loaded(name, own_guidance(name, guidance))


def write(source: ImageModel, found: PathGram, drawn: Mapping[tuple[str, int, str], np.ndarray], beside: Path) -> None:
    """Write model, matrix and pictures [K, H, W, 3] beside the results; single precision moves KLUB by a millionth."""
    assert source.training_sigmas is not None
    tensors = {
        "grid": torch.tensor(found.grid, dtype=torch.float64),
        "moments": torch.tensor(found.moments, dtype=torch.float32),
        "counts": torch.tensor(found.counts, dtype=torch.float64),
        "training_sigmas": torch.tensor(source.training_sigmas, dtype=torch.float64),
        "sigma_data": torch.tensor(source.sigma_data, dtype=torch.float64),
    }
    checkpoints.write(_matrix_of(beside), tensors)
    named: dict[str, Any] = {_picture(*key): images[..., 0] for key, images in drawn.items()}
    np.savez_compressed(_pictures_of(beside), **named)


def _matrix_of(path: Path) -> Path:
    return path.with_suffix(".safetensors")


def _pictures_of(path: Path) -> Path:
    return path.with_name(f"{path.stem}-pictures.npz")


def _picture(solver: str, steps: int, name: str) -> str:
    return name if name == "reference" else f"{solver} {steps} {name}"


def _levels(rounded: list[float], gram: PathGram) -> np.ndarray:
    """Levels from six digits, their ends those of the matrix again."""
    ends = gram.grid[[0, -1]]
    levels = np.array(rounded, dtype=np.float64)
    if not np.allclose(levels[[0, -1]], ends, rtol=1e-5):
        raise ValueError("The bundled results belong to another model: run python -m benchmarks.images --anew.")
    levels[[0, -1]] = ends
    return levels


def _figures(entry: Mapping[str, list[float]]) -> dict[str, Estimate]:
    return {name: Estimate(*value) for name, value in entry.items() if name != LEVELS}
