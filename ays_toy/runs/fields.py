"""What a denoiser does at every place: the arrow from a noisy point to the clean data it sees behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.checks import SIGMA_DATA
from ays_toy.data.datasets import Dataset
from ays_toy.data.denoisers import Denoiser
from ays_toy.runs.pictures import brightest, shades
from ays_toy.sampling.schedules import validate

BINS, LATTICE = 96, 17  # per side
POINTS = 512  # noisy data that the learned and the exact denoiser are compared on
UNLIKELY = 12  # shade of density, of 255, below which there are hardly any noisy data: no model learns anything there


@dataclass(frozen=True, eq=False)
class Frame:
    """One noise level on the square of +-half_width: shades of the noisy data's density and the arrows over it."""

    sigma: float
    half_width: float
    density: np.ndarray  # [BINS (y), BINS (x)] of one byte, row 0 the lowest
    arrows: np.ndarray  # D(x, sigma) - x in data units, float32 [LATTICE^2, 2], the lattice by rows from below
    exact: np.ndarray | None  # the same of the exact denoiser
    error: float | None  # rms of D - D_exact over rms of D_exact - x, both over noisy data

    @property
    def likely(self) -> np.ndarray:
        """Where on the lattice noisy data are found: bool [LATTICE^2], at least one."""
        bins = ((np.arange(LATTICE) + 0.5) / LATTICE * BINS).astype(int)
        shades_there = self.density[np.ix_(bins, bins)].ravel()
        return shades_there >= min(UNLIKELY, shades_there.max())

    @property
    def longest(self) -> float:
        """Length of the longest arrow where noisy data are found, the exact denoiser's included."""
        both = self.arrows[None] if self.exact is None else np.stack([self.arrows, self.exact])
        return float(np.linalg.norm(both[:, self.likely], axis=2).max())


@dataclass(frozen=True, eq=False)
class FieldData:
    """A denoiser's arrows at descending noise levels; `half_width` is that of the data themselves."""

    half_width: float
    frames: tuple[Frame, ...]


def field_frames(dataset: Dataset, denoiser: Denoiser, exact: Denoiser | None, sigmas: Iterable[float]) -> FieldData:
    """The arrows of a denoiser at every noise level, beside those of the exact one where it is given.

    The square grows with the noise, to three standard deviations of the noisy data. Raises ValueError unless the
    sigmas are at least two, above zero, and descend.
    """
    levels = validate(list(sigmas))
    return FieldData(dataset.half_width, tuple(_frame(dataset, denoiser, exact, float(sigma)) for sigma in levels))


def _frame(dataset: Dataset, denoiser: Denoiser, exact: Denoiser | None, sigma: float) -> Frame:
    half_width = max(dataset.half_width, 3 * float(np.hypot(SIGMA_DATA, sigma)))
    density, points = _background(dataset, sigma, half_width)
    learned = _displacements(denoiser, points, sigma)
    arrows, error, reference = learned[: LATTICE**2], None, None
    if exact is not None:
        truth = _truth(exact, dataset, sigma, half_width)  # type: ignore[arg-type]  # a denoiser is hashable
        reference = truth[: LATTICE**2]
        off, length = (np.square(part[LATTICE**2 :], dtype=np.float64).mean() for part in (learned - truth, truth))
        error = float(np.sqrt(off / length))
    return Frame(sigma, half_width, density, arrows, reference, error)


def lattice(half_width: float) -> torch.Tensor:
    """The points [LATTICE^2, 2] that arrows start from, at the middle of equal cells, by rows from below."""
    middles = ((torch.arange(LATTICE, dtype=torch.float64) + 0.5) / LATTICE * 2 - 1) * half_width
    y, x = torch.meshgrid(middles, middles, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1).float()


def _displacements(denoiser: Denoiser, points: torch.Tensor, sigma: float) -> np.ndarray:
    with torch.no_grad():
        return (denoiser(points, sigma) - points).float().cpu().numpy()


@lru_cache(maxsize=256)
def _truth(exact: Denoiser, dataset: Dataset, sigma: float, half_width: float) -> np.ndarray:
    """What the exact denoiser does, kept while a model is trained: it looks at every component of the data."""
    return _displacements(exact, _background(dataset, sigma, half_width)[1], sigma)


@lru_cache(maxsize=256)
def _background(dataset: Dataset, sigma: float, half_width: float) -> tuple[np.ndarray, torch.Tensor]:
    """What depends on the data alone, kept while a model is trained: shades; lattice and noisy points [*, 2]."""
    edges = np.linspace(-half_width, half_width, BINS + 1)
    image = dataset.mixture.bin_mass(edges, edges, sigma).T
    top = float(np.sqrt(brightest(image) * image.max()))  # between what keeps needles and what keeps peaks apart
    noisy = dataset.noisy(POINTS, sigma, torch.Generator().manual_seed(seeds.ARROWS))
    return shades(image, top), torch.cat([lattice(half_width), noisy])
