"""A denoiser that stops between two of its calls, which is where a run on an image model spends its time."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ays_toy.data.denoisers import Denoiser


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
