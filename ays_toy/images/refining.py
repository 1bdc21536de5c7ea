"""The refinement of a schedule for an image model: by the figure that decides, on noise that all its iterations share.

Few samples tell a schedule's figure badly, and its change far better where the noise stays the same. What that fits too
well is left to the round of the choice that judges what a refinement has led to.
"""

from collections.abc import Iterator
from itertools import count

import numpy as np
import torch

from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import draw_samples
from ays_toy.images.scores import Judge
from ays_toy.optimize.refine import Effort, Pull, Seen, by_differences, by_gradient, descend


def descent(
    judge: Judge, solver: str, figure: str, sigmas: np.ndarray, effort: Effort, seed: int
) -> Iterator[np.ndarray]:
    """The levels [n+1] after every iteration of a refinement by that figure, on the noise of that seed.

    Slopes are gradients through the network where it has them, else differences; what is known of them is not computed
    again, so that a refinement that was stopped goes on from there.
    """
    begun, iteration = (solver, figure, tuple(sigmas.tolist()), effort, seed), count()
    differentiable = judge.once("has a gradient", lambda: has_gradient(judge.model))

    def walk(levels: torch.Tensor, samples: int, _: int) -> torch.Tensor:
        images = draw_samples(judge.model, levels, solver, seed, samples)
        return images - judge.many(seed, samples) if figure == "distance" else judge.against(figure).features(images)

    def pull(judged: torch.Tensor) -> torch.Tensor:
        return 2 * judged / judged.numel() if figure == "distance" else judge.against(figure).pull(judged)

    def slope(seen: Seen, shares: torch.Tensor, toward: Pull) -> torch.Tensor:
        if not differentiable:
            return by_differences(seen, shares, toward)
        # A sample's part is at full size on the way, since half precision would lose small ones.
        return by_gradient(seen, shares, lambda x: len(x) * toward(x)) / effort.samples

    return descend(
        *(walk, pull, sigmas, effort, torch.Generator()),
        lambda *given: judge.once(("slope", begun, next(iteration)), lambda: slope(*given)),
    )


def has_gradient(model: ImageModel) -> bool:
    """Whether what the model makes of x can be differentiated by the noise level, in a number."""
    middle = torch.tensor(model.sigma_min * model.sigma_max, dtype=torch.float64).sqrt().requires_grad_()
    with torch.enable_grad():
        answer = model.denoiser(torch.ones(1, *model.shape), middle)
        if not answer.requires_grad:
            return False
        try:
            (slope,) = torch.autograd.grad(answer.sum(), middle)
        except RuntimeError:  # what some kernels raise that know no way back
            return False
    return bool(slope.isfinite())
