"""A denoiser that counts what it is given, and stops between two of its calls, which is where runs spend their time."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ays_toy.data.denoisers import Denoiser


class Stopped(Exception):
    """Raised between two calls of a denoiser whose run was asked to stop."""


def never() -> bool:
    """Of a run that goes on to its end."""
    return False


@dataclass(eq=False)
class Counted:
    """A denoiser that counts the points or images it is given, and stops where it is asked to."""

    denoiser: Denoiser
    stop: Callable[[], bool] = never
    given: int = 0

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """As the denoiser itself; raises `Stopped` in its place once `stop` says so."""
        if self.stop():
            raise Stopped
        self.given += len(x)
        return self.denoiser(x, sigma)
