"""The 2D data sets: one registry, every entry centred and scaled to overall std 0.5, every entry exactly known.

All are mixtures of isotropic Gaussians, the curves too: a curve blurred by Gaussian noise of std s equals, to seven
digits, Gaussians of that std placed one s apart along it (the ripple left is 2 exp(-2 pi^2)). So each data set has an
exact denoiser, density and entropy, and can be sampled without end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ays_toy import checks
from ays_toy.data.denoisers import MixtureDenoiser
from ays_toy.data.lettering import letters
from ays_toy.data.mixtures import Mixture

MAX_POINTS = 20_000  # of a user's own data
LARGEST = 1e15  # coordinate of points and samples: its square and a sum of squares still fit float32
EDGE = 1.05  # of a square around points, over the furthest of them


@dataclass(frozen=True, eq=False)
class Dataset:
    """A named 2D distribution; `has_modes` where its components are separate modes that can be counted."""

    name: str
    title: str
    about: str
    mixture: Mixture
    has_modes: bool = False

    def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Draw n clean points x0 [n, 2] (float32, on the generator's device)."""
        return self.mixture.sample(checks.whole_number(n, "The number of points", 1), generator)

    def noisy(self, n: int, sigma: float, generator: torch.Generator) -> torch.Tensor:
        """Draw n points [n, 2] with noise sigma added: at sigma_min, what a perfect sampler would return."""
        clean = self.sample(n, generator)
        return clean + sigma * torch.randn(clean.shape, generator=generator, device=clean.device)

    def denoiser(self) -> MixtureDenoiser:
        """The exact denoiser of this distribution, the same one whenever it is asked for."""
        return self._denoiser

    @cached_property
    def _denoiser(self) -> MixtureDenoiser:
        return MixtureDenoiser(self.mixture.means, self.mixture.stds, self.mixture.weights)

    @property
    def half_width(self) -> float:
        """Half the side of the square, centred on 0, that holds all but a sliver of the data."""
        reach = float((np.abs(self.mixture.means).max(axis=1) + 4 * self.mixture.stds).max())
        return reach if self.mixture.stds.any() else EDGE * reach  # points would lie on its sides


def from_points(points: Any, name: str = "own", title: str = "Your points") -> Dataset:
    """A data set of the user's own points [N, 2], N from 2 to 20,000, centred and scaled to std 0.5.

    Raises ValueError for fewer, for more, for values that are not finite or beyond 1e15, and where all are equal.

    Examples:
        >>> datasets.from_points([[0, 0], [1, 0], [0, 3]], name="three").about
        '3 points of your own.'
    """
    array = checks.points(points, least=2)
    if len(array) > MAX_POINTS:
        raise ValueError(f"At most {MAX_POINTS:,} points can be used; this has {len(array):,}: take a random part.")
    if (far := np.abs(array).max(axis=1) > LARGEST).any():
        raise ValueError(f"Coordinates may be {LARGEST:g} at most: remove or rescale row {np.argmax(far) + 1}.")
    close = array - array[0]  # exact where all points lie close together: equal ones are seen to be equal
    return Dataset(name, title, f"{len(array):,} points of your own.", equal(close, 0.0).standardized())


def equal(means: np.ndarray, std: float) -> Mixture:
    """Components of one std and equal weights at the means [K, 2]."""
    return Mixture(means, np.full(len(means), std), np.ones(len(means)))


def grid(rows: int, columns: int, relative_std: float) -> Mixture:
    """Equal Gaussians on a grid; relative_std is their std over the spacing (AYS, App. C.2, prints neither)."""
    y, x = np.divmod(np.arange(rows * columns), columns)
    return equal(np.stack([x, y], axis=1), relative_std)


def ring(modes: int) -> Mixture:
    """Equal Gaussians on a circle."""
    angle = 2 * np.pi * np.arange(modes) / modes
    return equal(np.stack([np.cos(angle), np.sin(angle)], axis=1), 0.06)


def multiscale() -> Mixture:
    """Two wide modes and six narrow ones, stds from 0.012 to 0.3 and weights from 0.04 to 0.3, on no symmetry."""
    table = np.array(
        [  # x, y, std, weight
            [-0.70, -0.35, 0.30, 0.30],
            [0.55, 0.60, 0.15, 0.18],
            [0.75, -0.55, 0.05, 0.12],
            [0.25, -0.75, 0.03, 0.10],
            [-0.55, 0.70, 0.04, 0.12],
            [-0.15, 0.35, 0.02, 0.08],
            [0.15, -0.15, 0.012, 0.06],
            [1.00, 0.00, 0.012, 0.04],
        ]
    )
    return Mixture(table[:, :2], table[:, 2], table[:, 3])


def curve(strokes: Sequence[np.ndarray], std: float) -> Mixture:
    """Curves blurred by Gaussian noise: one component per std of length along each stroke [M, 2].

    A stroke's points carry equal mass each, so that their density along it is kept.
    """
    centers, weights = [], []
    for stroke in strokes:
        length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(stroke, axis=0), axis=1))])
        count = int(np.ceil(length[-1] / std))
        edges, middles = np.linspace(0, length[-1], count + 1), (np.arange(count) + 0.5) * length[-1] / count
        centers.append(np.stack([np.interp(middles, length, stroke[:, k]) for k in (0, 1)], axis=1))
        weights.append(np.diff(np.interp(edges, length, np.linspace(0, len(stroke), len(stroke)))))
    means = np.concatenate(centers)
    return Mixture(means, np.full(len(means), std), np.concatenate(weights))


def _turn(start: float, end: float) -> np.ndarray:
    return np.linspace(start, end, 2001)


def moons() -> Mixture:
    """Two interleaved half circles (scikit-learn's `make_moons`)."""
    t = _turn(0, np.pi)
    upper = np.stack([np.cos(t), np.sin(t)], axis=1)
    return curve([upper, np.stack([1 - np.cos(t), 0.5 - np.sin(t)], axis=1)], 0.06)


def circles() -> Mixture:
    """Two concentric circles of equal mass (scikit-learn's `make_circles`, factor 0.5)."""
    t = _turn(0, 2 * np.pi)
    outer = np.stack([np.cos(t), np.sin(t)], axis=1)
    return curve([outer, 0.5 * outer], 0.05)


def swiss_roll() -> Mixture:
    """A spiral uniform in its angle (scikit-learn's `make_swiss_roll` seen along its axis)."""
    t = _turn(1.5 * np.pi, 4.5 * np.pi)
    return curve([np.stack([t * np.cos(t), t * np.sin(t)], axis=1)], 0.5)


def s_curve() -> Mixture:
    """An S of two arcs (scikit-learn's `make_s_curve` seen along its axis)."""
    t = _turn(-1.5 * np.pi, 1.5 * np.pi)
    return curve([np.stack([np.sin(t), np.sign(t) * (np.cos(t) - 1)], axis=1)], 0.08)


def spirals() -> Mixture:
    """Two arms winding round each other, as in the two-spirals benchmark."""
    t = np.sqrt(_turn(0.02, 1.0)) * 3 * np.pi
    arm = np.stack([-np.cos(t) * t, np.sin(t) * t], axis=1) / (3 * np.pi)
    return curve([arm, -arm], 0.03)


def pinwheel() -> Mixture:
    """Five bent arms that widen outwards."""
    radius = 0.25 * 1.09 ** np.arange(23)
    mass = radius * np.exp(-0.5 * ((radius - 1.0) / 0.35) ** 2)
    angle = 2 * np.pi * np.arange(5)[:, None] / 5 + 0.9 * radius
    centers = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(-1, 2)
    return Mixture(centers, np.tile(0.1 * radius, 5), np.tile(mass, 5))


def checkerboard() -> Mixture:
    """The eight dark cells of a 4x4 board, uniform inside, with soft edges."""
    per_side = 6
    inside = (np.arange(per_side) + 0.5) / per_side
    cells = [(i, j) for i in range(4) for j in range(4) if (i + j) % 2 == 0]
    centers = [(i + a, j + b) for i, j in cells for a in inside for b in inside]
    return equal(np.array(centers), 0.72 / per_side)


def _entry(name: str, title: str, about: str, build: Callable[[], Mixture], has_modes: bool = False) -> Dataset:
    return Dataset(name, title, about, build().standardized(), has_modes)


# Component stds of the paper's three grids are not printed. With these the entropy of the data, scaled to std 0.5,
# comes out near the lowest sample NLL the paper prints for each (-0.57, -2.26, -1.55).
DATASETS: dict[str, Dataset] = {
    entry.name: entry
    for entry in (
        _entry("grid-8x8", "Grid 8×8", "64 equal modes, std 0.023.", lambda: grid(8, 8, 0.105), True),
        _entry("grid-8x4", "Grid 8×4", "32 equal modes, std 0.014.", lambda: grid(8, 4, 0.050), True),
        _entry("grid-6x6", "Grid 6×6", "36 equal modes, std 0.019.", lambda: grid(6, 6, 0.065), True),
        _entry("grid-4x4", "Grid 4×4", "16 equal modes, std 0.05.", lambda: grid(4, 4, 0.1124), True),
        _entry("gaussian", "One Gaussian", "Where everything is known in closed form.", lambda: grid(1, 1, 1.0)),
        _entry("ring-8", "Ring of 8", "Eight equal modes on a circle.", lambda: ring(8), True),
        _entry("multiscale", "Multi-scale", "Wide and very narrow modes, unequal weights.", multiscale, True),
        _entry("moons", "Two moons", "Two interleaved half circles.", moons),
        _entry("circles", "Circles", "Two concentric circles.", circles),
        _entry("swiss-roll", "Swiss roll", "One spiral, densest at its heart.", swiss_roll),
        _entry("s-curve", "S-curve", "Two joined arcs.", s_curve),
        _entry("checkerboard", "Checkerboard", "Flat cells with soft edges.", checkerboard),
        _entry("pinwheel", "Pinwheel", "Five bent arms that widen outwards.", pinwheel),
        _entry("spirals", "Two spirals", "Two thin arms wound round each other.", spirals),
        _entry("lettering", "Lettering", "Fine lines: AYS over a line.", lambda: curve(letters(), 0.024)),
    )
}


def get(name: str) -> Dataset:
    """The data set of that name; ValueError listing the names otherwise.

    Examples:
        >>> datasets.get("grid-8x8").title
        'Grid 8×8'
        >>> datasets.get("moons").sample(3, torch.Generator().manual_seed(0)).shape
        torch.Size([3, 2])
    """
    return checks.lookup(DATASETS, name, "data set")
