"""What judges a schedule for points in 2D: samples on even noise, held against the exact law of the data."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from ays_toy.data.datasets import Dataset
from ays_toy.data.denoisers import Denoiser
from ays_toy.data.mixtures import Mixture
from ays_toy.metrics import METRICS, Estimate, Metric, Reference, evaluate, fitting
from ays_toy.metrics.law import Law, law_of
from ays_toy.optimize.candidates import LEAST_SECOND, SECOND
from ays_toy.optimize.refine import Effort, Pull, descend, fitted
from ays_toy.sampling.corrected import corrected
from ays_toy.sampling.even_noise import EvenNoise
from ays_toy.sampling.samplers import sample
from ays_toy.sampling.solvers import Solver, find
from ays_toy.threads import one_thread

STARTING = 8192  # samples that say where a refinement begins


class Balanced:
    """The pull of the energy distance and a little of the likelihood's, as shares of what the start's samples have.

    Samples that are likelier than the data are too concentrated, not better: there it does not pull.
    """

    def __init__(self, law: Law, mixture: Mixture, sigma: float, entropy: float, samples: torch.Tensor) -> None:
        self._law, self._mixture, self._sigma, self._entropy = law, mixture, sigma, entropy
        found = law.energy(samples)
        self._energy = max(found.value, found.stderr)
        density, _ = mixture.likelihood(samples, sigma)
        self._excess = max(float(-density.mean()) - entropy, LEAST_SECOND)

    def __call__(self, samples: torch.Tensor) -> torch.Tensor:
        """The gradient by the samples [N, 2]."""
        pull = self._law.pull(samples) / self._energy
        density, score = self._mixture.likelihood(samples, self._sigma)
        if float(-density.mean()) < self._entropy:
            return pull
        return pull + (SECOND / self._excess * (-score / len(samples))).to(samples)


def entropy_of(dataset: Dataset | None, sigma: float) -> float | None:
    """What the data themselves have as NLL; None where samples have no likelihood to be held to.

    That is for points, whose likelihood is that of the noise on them, and for mixtures too fine to be integrated.
    """
    if dataset is None or not dataset.mixture.stds.all():
        return None
    try:
        return dataset.mixture.entropy(sigma)
    except ValueError:
        return None


def second_to(metric: str, entropy: float | None) -> str:
    """The metric of another kind that counts a little beside one: the NLL, where samples have a likelihood."""
    fit = ("sliced-w2", "energy") if entropy is None else ("nll", "sliced-w2", "energy")
    return next(one for one in fit if one != metric)


@dataclass(eq=False)
class Points:
    """Samples of a denoiser by a solver over one range, and the data that they should be like.

    `metric` is what schedules are told apart by, `second` one of another kind, which counts a little in a refinement;
    `entropy` is that of the data, as `entropy_of` has it.
    """

    denoiser: Denoiser
    solver: str | Solver
    dataset: Dataset
    metric: str
    second: str
    sigma_min: float
    sigma_max: float
    entropy: float | None = None
    device: str | torch.device = "cpu"
    _drawn: tuple[object, torch.Tensor] | None = field(default=None, init=False)  # the last samples, and what gave them
    _held: tuple[object, Reference] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        find(self.solver)
        fitting(self.metric, self.dataset)

    def score(self, sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
        """The loss by the metric."""
        return self._loss(METRICS[self.metric], sigmas, samples, seed)

    def beside(self, sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
        """The loss by the second metric, of the same samples."""
        return self._loss(METRICS[self.second], sigmas, samples, seed)

    @property
    def floor(self) -> float:
        """What the data themselves have by the second metric, where that is the NLL; else 0."""
        return self.entropy or 0.0 if self.second == "nll" else 0.0

    def descent(self, sigmas: np.ndarray, effort: Effort, seed: int) -> Iterator[np.ndarray]:
        """The levels after every iteration of a refinement, by the energy distance and, where there is one, the NLL."""
        return descend(self._draw, self._pull(sigmas, seed), sigmas, effort, torch.Generator().manual_seed(seed))

    def corrections(self, sigmas: np.ndarray, effort: Effort, seed: int) -> Iterator[torch.Tensor]:
        """Corrections [n, 2] of the solver's weights for levels that stay, after every iteration, by the same pull."""
        levels = torch.tensor(sigmas, requires_grad=True)  # so that the walk keeps its gradients
        free = torch.zeros(len(sigmas) - 1, 2, dtype=torch.float64, requires_grad=True)

        def walk(added: torch.Tensor, count: int, drawn: int) -> torch.Tensor:
            return self.corrected(added)._draw(levels, count, drawn)

        return fitted(free, walk, self._pull(sigmas, seed), effort, torch.Generator().manual_seed(seed))

    def corrected(self, corrections: torch.Tensor) -> "Points":
        """The same by the solver with such corrections [n, 2] of its weights."""
        return replace(self, solver=corrected(self.solver, corrections))

    def _pull(self, sigmas: np.ndarray, seed: int) -> Pull:
        law, mixture = law_of(self.dataset.mixture, self.sigma_min), self.dataset.mixture
        if self.entropy is None:
            return law.pull
        return Balanced(law, mixture, self.sigma_min, self.entropy, self._samples(sigmas, STARTING, seed))

    def _loss(self, metric: Metric, sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
        drawn = self._samples(sigmas, samples, seed)
        if metric.name == "energy":
            return law_of(self.dataset.mixture, self.sigma_min).energy(drawn)
        return metric.turned(evaluate(drawn, self._reference(samples, seed), [metric.name])[metric.name])

    @one_thread()
    def _draw(self, levels: np.ndarray | torch.Tensor, count: int, seed: int) -> torch.Tensor:
        noise = EvenNoise(seed, count, len(levels) - 1, self.device)
        return sample(self.denoiser, noise.start(self.sigma_max), levels, self.solver, noise=noise)

    def _samples(self, sigmas: np.ndarray, count: int, seed: int) -> torch.Tensor:
        key = (sigmas.tobytes(), count, seed)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = key, self._draw(sigmas, count, seed)
        return self._drawn[1]

    def _reference(self, count: int, seed: int) -> Reference:
        if self._held is None or self._held[0] != (count, seed):
            generator = torch.Generator().manual_seed(seed)
            self._held = (count, seed), Reference.of(self.dataset, self.sigma_min, n=count, generator=generator)
        return self._held[1]
