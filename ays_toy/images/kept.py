"""What makes a run on an image model one that can be stopped at any call, and taken up without doing anything twice."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from ays_toy.denoisers import Denoiser
from ays_toy.images.models import ImageModel
from ays_toy.images.sampling import draw
from ays_toy.images.scores import Judge
from ays_toy.metrics import Estimate


class Stopped(Exception):
    """Raised between two calls of a denoiser whose run was asked to stop."""


@dataclass(eq=False)
class Stoppable:
    """A denoiser that counts the images it is given, and stops where it is asked to."""

    denoiser: Denoiser
    stop: Callable[[], bool]
    images: int = 0

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """As the denoiser itself; raises `Stopped` in its place once `stop` says so."""
        if self.stop():
            raise Stopped
        self.images += len(x)
        return self.denoiser(x, sigma)


@dataclass(eq=False)
class Kept(Judge):
    """A judge that measures no schedule, and makes no picture, twice from the same seeds."""

    known: dict[Hashable, Any] = field(default_factory=dict)

    def by(self, model: ImageModel) -> "Kept":
        """The same judge and memory, its model denoising by another's denoiser that gives the same."""
        return replace(self, model=model)

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` gives, from memory where the key is known."""
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def fresh(
        self, sigmas: np.ndarray, solver: str, seed: int, samples: int, figures: Sequence[str]
    ) -> dict[str, Estimate]:
        """Those figures of so many samples from that seed."""

        def measure() -> dict[str, Estimate]:
            drawn = draw(self.model, sigmas, solver, seed, samples)
            return {name: self.measure(drawn, name, seed) for name in figures}

        found: dict[str, Estimate] = self.once((solver, seed, samples, tuple(sigmas.tolist())), measure)
        return found

    def score(self, solver: str, name: str) -> Callable[[np.ndarray, int, int], Estimate]:
        """As a judge's, from memory where it is known."""
        measure = super().score(solver, name)

        def score(sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
            key = (solver, name, tuple(sigmas.tolist()), samples, seed)
            found: Estimate = self.once(key, lambda: measure(sigmas, samples, seed))
            return found

        return score
