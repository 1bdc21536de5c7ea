"""Schedules compared honestly: same denoiser, same x_T, same noise, same range, same number of denoiser calls."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from ays_toy import checkpoints, datasets, optimize, samplers, schedules
from ays_toy.checks import SIGMA_MAX, SIGMA_MIN, lookup, sigma_range
from ays_toy.denoisers import Denoiser
from ays_toy.klub import KlubEstimate
from ays_toy.metrics import Estimate, Reference, evaluate
from ays_toy.paths import PathGram

MODELS = {"exact": "Exact", "mlp": "Trained MLP"}
PATHS, LEVELS, SAMPLES = 4096, 128, 20_000


@dataclass(frozen=True)
class Model:
    """A denoiser by name, and the range of noise it is used over; hashable, so that results can be kept by it."""

    data: str = "grid-8x8"
    kind: str = "exact"
    sigma_min: float = SIGMA_MIN
    sigma_max: float = SIGMA_MAX

    def __post_init__(self) -> None:
        datasets.get(self.data)
        lookup(MODELS, self.kind, "model")
        sigma_range(self.sigma_min, self.sigma_max)

    @property
    def dataset(self) -> datasets.Dataset:
        """The data set the model denoises."""
        return datasets.get(self.data)

    def denoiser(self) -> Denoiser:
        """The exact denoiser, or the shipped MLP."""
        return self.dataset.denoiser() if self.kind == "exact" else checkpoints.pretrained(self.data)

    def collect(self, paths: int = PATHS, levels: int = LEVELS, seed: int = 0) -> PathGram:
        """The PathGram of this model over its range."""
        generator = torch.Generator().manual_seed(seed)
        grid = schedules.logsnr(levels - 1, self.sigma_min, self.sigma_max)
        return PathGram.collect(self.denoiser(), self.dataset.sample(paths, generator), grid, generator=generator)

    def reference(self, n: int = SAMPLES, seed: int = 1) -> Reference:
        """What samples of this model are held against."""
        generator = torch.Generator().manual_seed(seed)
        return Reference.of(self.dataset, self.sigma_min, n=n, generator=generator)

    def fresh_data(self, n: int = SAMPLES, seed: int = 2) -> torch.Tensor:
        """Points [n, 2] of the data themselves at noise sigma_min: the best that any sampler could do."""
        return self.dataset.noisy(n, self.sigma_min, torch.Generator().manual_seed(seed))

    def schedule(self, name: str, gram: PathGram, steps: int, power: float) -> np.ndarray:
        """The levels of a schedule over the model's range: a family, or 'exact', the optimum for the power."""
        if name == "exact":
            return optimize.optimum(gram, steps, power)
        return lookup(schedules.SCHEDULES, name, "schedule")(steps, self.sigma_min, self.sigma_max)


def draw(model: Model, sigmas: np.ndarray, solver: str, seed: int, n: int = SAMPLES) -> torch.Tensor:
    """Sample n points [n, 2] from the model, as `samplers.draw`."""
    return samplers.draw(model.denoiser(), sigmas, solver, seed, n)


@dataclass(frozen=True, eq=False)
class Result:
    """One schedule's row: its levels, its KLUB (None for the data themselves), its samples and their metrics."""

    name: str
    sigmas: np.ndarray | None
    klub: KlubEstimate | None
    samples: torch.Tensor
    metrics: dict[str, Estimate]


def compare(
    model: Model,
    solver: str = "stochastic-ddim",
    steps: int = 8,
    power: float = 2.0,
    seed: int = 0,
    n: int = SAMPLES,
    metrics: Iterable[str] | None = None,
) -> list[Result]:
    """Every schedule's KLUB and metrics on n samples, and the metrics of fresh data as the floor, last."""
    gram, reference, names = model.collect(), model.reference(n), None if metrics is None else list(metrics)
    rows = []
    for name in ("exact", *schedules.SCHEDULES):
        sigmas = model.schedule(name, gram, steps, power)
        samples = draw(model, sigmas, solver, seed, n)
        rows.append(Result(name, sigmas, gram.price(sigmas), samples, evaluate(samples, reference, names)))
    fresh = model.fresh_data(n)
    return [*rows, Result("data", None, None, fresh, evaluate(fresh, reference, names))]


def density_image(samples: torch.Tensor, half_width: float, bins: int) -> np.ndarray:
    """Share of the samples [N, 2] in each bin of a square grid over +-half_width -> [bins (y), bins (x)]."""
    edges = np.linspace(-half_width, half_width, bins + 1)
    x, y = samples.double().cpu().numpy().T
    return np.histogram2d(y, x, bins=(edges, edges))[0] / len(samples)


def true_image(model: Model, half_width: float, bins: int) -> np.ndarray:
    """The exact mass of the data, at noise sigma_min, in each bin of the same grid."""
    edges = np.linspace(-half_width, half_width, bins + 1)
    return model.dataset.mixture.bin_mass(edges, edges, model.sigma_min).T


def brightest(image: np.ndarray) -> float:
    """The bin mass to be drawn in full: half of all mass lies in bins above it, so that a few needles dim nothing."""
    masses = np.sort(image, axis=None)[::-1]
    return float(masses[np.searchsorted(np.cumsum(masses), 0.5 * masses.sum())])


def shades(image: np.ndarray, top: float) -> np.ndarray:
    """Bin masses as one byte each: slightly blurred, by their square root, so that faint modes can be seen."""
    return np.minimum(255 * np.sqrt(gaussian_filter(image, 0.7) / top), 255).astype(np.uint8)


def significant(value: float, stderr: float) -> str:
    """A value with its error bar, both to the digit that the error bar justifies: '0.482 ± 0.014', '0.165 ± 0.003'."""
    if not math.isfinite(value):
        return "–"
    if not stderr > 0 or not math.isfinite(stderr):
        return f"{value:.4g}"
    place = math.floor(math.log10(stderr))
    leading = round(stderr / 10**place, 1)
    digits = max(0, min(8, (1 if leading < 2 else 0) - place))
    return f"{value:,.{digits}f} ± {stderr:.{digits}f}"
