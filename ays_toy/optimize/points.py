"""What judges a schedule for points in 2D: samples on even noise, held against the exact law of the data."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from ays_toy.checks import lookup
from ays_toy.data.datasets import Dataset
from ays_toy.data.denoisers import Denoiser
from ays_toy.data.mixtures import Mixture
from ays_toy.metrics import METRICS, Estimate, Metric, Reference, evaluate
from ays_toy.metrics.law import Law, law_of
from ays_toy.optimize.refine import Effort, Pull, descend
from ays_toy.sampling.even_noise import EvenNoise
from ays_toy.sampling.samplers import sample
from ays_toy.sampling.solvers import find
from ays_toy.threads import one_thread

STARTING = 8192  # samples that say where a refinement begins
WEIGHT, LEAST, MOST = 0.1, 1e-3, 10.0  # of the likelihood beside the energy distance: at first, and its limits
LEARNING = 0.3  # how fast that weight changes
LEAST_EXCESS = 0.1  # nats, that the likelihood is measured in where there are fewer


class Balanced:
    """The pull of the energy distance, with as much of the likelihood's as keeps that from getting worse.

    Both count as shares of what they were at the start, of `samples`. The weight of the likelihood, a Lagrange
    multiplier, rises while the samples' NLL is above that of the start, and falls while it is below.
    """

    def __init__(self, law: Law, mixture: Mixture, sigma: float, samples: torch.Tensor) -> None:
        self._law, self._mixture, self._sigma, self._weight = law, mixture, sigma, WEIGHT
        energy, surprise = law.energy(samples), -mixture.log_density(samples, sigma)
        self._energy = max(energy.value, energy.stderr)
        self._nll = float(surprise.mean() - surprise.std() / math.sqrt(len(samples)))  # with an error to spare
        self._excess = max(self._nll - mixture.entropy(sigma), LEAST_EXCESS)

    def __call__(self, samples: torch.Tensor) -> torch.Tensor:
        """The gradient by the samples [N, 2]; the weight is changed by what they are like."""
        worse = (float(-self._mixture.log_density(samples, self._sigma).mean()) - self._nll) / self._excess
        self._weight = min(MOST, max(LEAST, self._weight * math.exp(LEARNING * max(-1.0, min(1.0, worse)))))
        likelihood = -self._mixture.score(samples, self._sigma) / len(samples)
        return self._law.pull(samples) / self._energy + (self._weight / self._excess * likelihood).to(samples)


@dataclass(eq=False)
class Points:
    """Samples of a denoiser by a solver over one range, and the data that they should be like.

    `metric` is what schedules are told apart by, `second` one of another kind, which no refinement may worsen.
    """

    denoiser: Denoiser
    solver: str
    dataset: Dataset
    metric: str
    second: str
    sigma_min: float
    sigma_max: float
    device: str | torch.device = "cpu"
    _drawn: tuple[object, torch.Tensor] | None = field(default=None, init=False)  # the last samples, and what gave them
    _held: tuple[object, Reference] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        find(self.solver)
        chosen = lookup(METRICS, self.metric, "metric")
        if chosen.needs_modes and not self.dataset.has_modes:
            raise ValueError(f"{chosen.title} needs data with separate modes: choose another metric, such as energy.")

    def score(self, sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
        """The loss by the metric."""
        return self._loss(METRICS[self.metric], sigmas, samples, seed)

    def beside(self, sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
        """The loss by the second metric, of the same samples."""
        return self._loss(METRICS[self.second], sigmas, samples, seed)

    def descent(self, sigmas: np.ndarray, effort: Effort, seed: int) -> Iterator[np.ndarray]:
        """The levels after every iteration of a refinement, by the energy distance and, where there is one, the NLL.

        Points without a density have no likelihood to lose.
        """
        law, mixture = law_of(self.dataset.mixture, self.sigma_min), self.dataset.mixture
        pull: Pull = law.pull
        if mixture.stds.all():
            pull = Balanced(law, mixture, self.sigma_min, self._samples(sigmas, STARTING, seed))
        return descend(self._walk, pull, sigmas, effort, torch.Generator().manual_seed(seed))

    def _loss(self, metric: Metric, sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
        drawn = self._samples(sigmas, samples, seed)
        if metric.name == "energy":
            return law_of(self.dataset.mixture, self.sigma_min).energy(drawn)
        return metric.turned(evaluate(drawn, self._reference(samples, seed), [metric.name])[metric.name])

    @one_thread()
    def _walk(self, levels: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
        seed = int(torch.randint(2**31 - 1, (), generator=generator))
        noise = EvenNoise(seed, count, len(levels) - 1, self.device)
        return sample(self.denoiser, noise.start(self.sigma_max), levels, self.solver, noise=noise)

    @one_thread()
    def _samples(self, sigmas: np.ndarray, count: int, seed: int) -> torch.Tensor:
        key = (sigmas.tobytes(), count, seed)
        if self._drawn is None or self._drawn[0] != key:
            noise = EvenNoise(seed, count, sigmas.size - 1, self.device)
            self._drawn = key, sample(self.denoiser, noise.start(self.sigma_max), sigmas, self.solver, noise=noise)
        return self._drawn[1]

    def _reference(self, count: int, seed: int) -> Reference:
        if self._held is None or self._held[0] != (count, seed):
            generator = torch.Generator().manual_seed(seed)
            self._held = (count, seed), Reference.of(self.dataset, self.sigma_min, n=count, generator=generator)
        return self._held[1]
