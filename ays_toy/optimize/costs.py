"""What the paper's search asks: the price of candidates for one level, and of a whole schedule."""

from typing import Any, Protocol

import numpy as np
import torch

from ays_toy.checks import SIGMA_DATA, positive
from ays_toy.data.denoisers import Denoiser
from ays_toy.estimates import KlubEstimate
from ays_toy.pricing.klub import estimate_klub, gaussian_klub, interval_values
from ays_toy.pricing.paths import PathGram


class Costs(Protocol):
    """Prices in nats; `calls` counts the points given to the denoiser so far."""

    calls: int

    def around(self, upper: float, candidates: np.ndarray, lower: float, index: int) -> np.ndarray:
        """KLUB of the two steps upper -> candidate -> lower for every candidate [C], the schedule's level `index`."""
        ...

    def schedule(self, sigmas: np.ndarray) -> KlubEstimate:
        """KLUB of the whole schedule [n+1]."""
        ...


class MonteCarloCosts:
    """The paper's estimator (AYS, Algorithm 2, normalizer restored) on data x0 [N, ...].

    All candidates for one level see the same random numbers, and a level sees the same ones in every sweep: so the
    search descends on one function and comes to rest, instead of following the noise forever.
    """

    def __init__(
        self, denoiser: Denoiser, x0: torch.Tensor, *, generator: torch.Generator, std: float = SIGMA_DATA
    ) -> None:
        self.denoiser, self.x0, self.std, self.calls = denoiser, x0, positive(std, "std"), 0
        self._seed = int(torch.randint(2**31 - 1, (), generator=generator, device=generator.device))

    def around(self, upper: float, candidates: np.ndarray, lower: float, index: int) -> np.ndarray:
        """As `Costs.around`."""
        return np.array([self._pair(upper, float(sigma), lower, index) for sigma in candidates])

    def _pair(self, upper: float, sigma: float, lower: float, index: int) -> float:
        generator = self._generator(index)
        above = interval_values(self.denoiser, self.x0, sigma, upper, generator, self.std)
        below = interval_values(self.denoiser, self.x0, lower, sigma, generator, self.std)
        self.calls += 4 * len(self.x0)
        return float((above + below).mean())

    def schedule(self, sigmas: np.ndarray) -> KlubEstimate:
        """As `Costs.schedule`, on random numbers that no candidate saw."""
        self.calls += 2 * len(self.x0) * (len(sigmas) - 1)
        return estimate_klub(self.denoiser, self.x0, sigmas, generator=self._generator(0), std=self.std)

    def _generator(self, index: int) -> torch.Generator:
        return torch.Generator(self.x0.device).manual_seed(self._seed + index)


class GaussianCosts:
    """Exact prices for Gaussian data (AYS, Lemma 3.3): what the search does without any noise in its way."""

    def __init__(self, std: float = SIGMA_DATA, dim: int = 2) -> None:
        self.std, self.dim, self.calls = positive(std, "std"), dim, 0

    def around(self, upper: float, candidates: np.ndarray, lower: float, index: int) -> np.ndarray:  # noqa: ARG002
        """As `Costs.around`."""
        return np.array([gaussian_klub([upper, sigma, lower], self.std, self.dim) for sigma in candidates])

    def schedule(self, sigmas: np.ndarray) -> KlubEstimate:
        """As `Costs.schedule`."""
        terms = [gaussian_klub(sigmas[k : k + 2], self.std, self.dim) for k in range(len(sigmas) - 1)]
        return KlubEstimate(float(np.sum(terms)), 0.0, np.array(terms))


class GramCosts:
    """Prices from a PathGram: the same search without another denoiser call."""

    def __init__(self, gram: PathGram) -> None:
        self.gram, self.calls = gram, 0

    def around(self, upper: float, candidates: np.ndarray, lower: float, index: int) -> np.ndarray:  # noqa: ARG002
        """As `Costs.around`."""
        return np.array([self.gram.klub([upper, sigma, lower]) for sigma in candidates])

    def schedule(self, sigmas: Any) -> KlubEstimate:
        """As `Costs.schedule`."""
        return self.gram.price(sigmas)
