"""A denoiser that stops between two of its calls, which is where a run on an image model spends its time."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ays_toy.data.denoisers import Denoiser


class Stopped(Exception):
    """Raised between two calls of a denoiser whose run was asked to stop."""


BACKWARD = 3  # what a gradient costs, in calls: one that is made again, and its slopes by x and by the level


@dataclass(eq=False)
class Stoppable:
    """A denoiser that counts the images it is given, those of its gradients too, and stops where it is asked to."""

    denoiser: Denoiser
    stop: Callable[[], bool]
    images: int = 0

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """As the denoiser itself; raises `Stopped` in its place once `stop` says so."""
        self._ask(len(x))
        answer = self.denoiser(x, sigma)
        if answer.requires_grad:
            answer.register_hook(lambda slope: self._ask(BACKWARD * len(slope)))
        return answer

    def _ask(self, images: int) -> None:
        if self.stop():
            raise Stopped
        self.images += images
