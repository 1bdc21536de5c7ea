"""Schedules compared honestly: same denoiser, same x_T, same noise, same range, same number of denoiser calls."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.checks import SIGMA_MAX, SIGMA_MIN, sigma_range
from ays_toy.data.datasets import Dataset
from ays_toy.data.denoisers import Denoiser
from ays_toy.data.memory import CarriesData
from ays_toy.metrics import Reference
from ays_toy.models import catalog
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling import samplers, schedules, trajectories
from ays_toy.sampling.counter_noise import CounterNoise, LevelNoise
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import Solver

PATHS, LEVELS, SAMPLES = 4096, 128, 20_000
# An exact denoiser looks at every component for every path and sample. Where they are thousands, the user's own points,
# there are fewer paths and samples, so that their number times that of the components stays below these.
PATH_PAIRS, LEAST_PATHS = PATHS * 2000, 512
SAMPLE_PAIRS = SAMPLES * 4096
PARTICLES, PARTICLE_PAIRS, LEAST_PARTICLES = 1000, 1000 * 512, 100  # of trajectories, over hundreds of levels
STARTS, START_PAIRS, LEAST_STARTS = 1024, 1024 * 1024, 128  # that comparators are fitted on and judged by


@dataclass(frozen=True)
class Model(CarriesData):
    """A denoiser by name, and the range of noise it is used over; hashable, so that results can be kept by it.

    The names are those of `catalog`. `version` tells apart what was kept under one name at different times, and comes
    from `Model.current`.
    """

    data: str = "grid-8x8"
    kind: str = "exact"
    sigma_min: float = SIGMA_MIN
    sigma_max: float = SIGMA_MAX
    version: int = 0

    def __post_init__(self) -> None:
        catalog.check(self.data, self.kind)
        sigma_range(self.sigma_min, self.sigma_max)

    @classmethod
    def current(
        cls, data: str, kind: str = "exact", sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX
    ) -> "Model":
        """The model as its files are now: equal to an earlier one where none of them has changed since."""
        return cls(data, kind, sigma_min, sigma_max, catalog.version(data, kind))

    @property
    def dataset(self) -> Dataset:
        """The data set the model denoises."""
        return catalog.dataset(self.data)

    def denoiser(self, device: str = "cpu") -> Denoiser:
        """The exact denoiser, the shipped network, or one that the user trained."""
        return catalog.denoiser(self.data, self.kind, device)

    @property
    def is_default(self) -> bool:
        """Whether it is the exact denoiser over the default range, for which schedules and searches ship."""
        return self.kind == "exact" and (self.sigma_min, self.sigma_max) == (SIGMA_MIN, SIGMA_MAX)

    @property
    def samples(self) -> int:
        """How many samples a comparison draws."""
        return self._affordable(SAMPLES, SAMPLE_PAIRS)

    @property
    def particles(self) -> int:
        """How many trajectories a comparison follows."""
        return max(LEAST_PARTICLES, self._affordable(PARTICLES, PARTICLE_PAIRS))

    @property
    def starts(self) -> int:
        """How many starts levels are fitted on by gradients, which keep all that is computed of a batch of them."""
        return max(LEAST_STARTS, self._affordable(STARTS, START_PAIRS))

    def _affordable(self, most: int, pairs: int) -> int:
        if self.kind != "exact":
            return most
        return min(most, pairs // len(self.dataset.mixture.means))

    def collect(self, paths: int = PATHS, levels: int = LEVELS, seed: int = seeds.PASS) -> PathGram:
        """The PathGram of this model over its range, of fewer paths where the data are thousands of points."""
        paths = min(paths, max(LEAST_PATHS, self._affordable(paths, PATH_PAIRS)))
        generator = torch.Generator().manual_seed(seed)
        grid = schedules.logsnr(levels - 1, self.sigma_min, self.sigma_max)
        return PathGram.collect(self.denoiser(), self.dataset.sample(paths, generator), grid, generator=generator)

    def reference(self, n: int = SAMPLES, seed: int = seeds.REFERENCE) -> Reference:
        """What samples of this model are held against."""
        generator = torch.Generator().manual_seed(seed)
        return Reference.of(self.dataset, self.sigma_min, n=n, generator=generator)

    def fresh_data(self, n: int | None = None, seed: int = seeds.FRESH_DATA) -> torch.Tensor:
        """Points [n, 2] of the data themselves at noise sigma_min: the best that any sampler could do."""
        n = self.samples if n is None else n
        return self.dataset.noisy(n, self.sigma_min, torch.Generator().manual_seed(seed))


def draw_samples(
    model: Model, sigmas: np.ndarray, solver: str | Solver, seed: int, n: int | None = None
) -> torch.Tensor:
    """Sample n points [n, 2] from the model; as many as `Model.samples` where n is not given.

    x_T and the solver's noise depend on the seed alone, and a browser that samples has the same.
    """
    levels, noise = schedules.validate(sigmas), CounterNoise(seed % 2**32, model.samples if n is None else n)
    return samplers.sample(model.denoiser(), noise.start(float(levels[0])), levels, solver, noise=noise)


def follow(
    model: Model, solver: str, named: Sequence[tuple[str, Sequence[float]]], seed: int
) -> trajectories.Trajectories:
    """Follow the model's particles along schedules by name, all on one noise that a browser has too."""
    noise = LevelNoise(seed, model.particles)
    levels = {name: np.array(sigmas) for name, sigmas in named}
    return trajectories.follow(model.denoiser(), levels, solver, generator=noise, n=model.particles)


def on_equal_terms(model: Model, one: Schedule, steps: int) -> Schedule:
    """A schedule that was brought; ValueError unless it has the range and the number of steps of the others."""
    levels = schedules.validate(one.sigmas)
    if (levels[0], levels[-1]) != (model.sigma_max, model.sigma_min):
        raise ValueError(
            f"{one.title} runs from {levels[0]:g} to {levels[-1]:g}, the others from {model.sigma_max:g} to "
            f"{model.sigma_min:g}: fit it to that range."
        )
    if levels.size != steps + 1:
        raise ValueError(f"{one.title} has {levels.size - 1} steps, the others {steps}: compare those of one number.")
    return replace(one, sigmas=levels)
