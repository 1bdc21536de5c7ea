"""A denoiser that counts what it is given, and stops between two of its calls, which is where runs spend their time."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ays_toy.data.denoisers import Denoiser

BACKWARD = 3  # what a gradient costs, in calls: one that is made again, and its slopes by x and by the level


class Stopped(Exception):
    """Raised between two calls of a denoiser whose run was asked to stop."""


def never() -> bool:
    """Of a run that goes on to its end."""
    return False


@dataclass(eq=False)
class Counted:
    """A denoiser that counts the points or images it is given, and stops where it is asked to.

    `backward` is what a gradient through it counts, in calls; where it is 0, gradients are no calls.
    """

    denoiser: Denoiser
    stop: Callable[[], bool] = never
    given: int = 0
    backward: int = 0

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """As the denoiser itself; raises `Stopped` in its place once `stop` says so."""
        self._ask(len(x))
        answer = self.denoiser(x, sigma)
        if answer.requires_grad and self.backward:
            answer.register_hook(lambda slope: self._ask(self.backward * len(slope)))
        return answer

    def _ask(self, given: int) -> None:
        if self.stop():
            raise Stopped
        self.given += given
