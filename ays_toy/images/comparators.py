"""What other papers propose, for an image model: by the pass that prices schedules, trajectories, or gradients.

All of `RIVALS` are defined there, since a denoiser of images is one as any other: docs/comparators.md says what each
needs of it.
"""

import time
from dataclasses import replace

import torch

from ays_toy import seeds
from ays_toy.checks import lookup
from ays_toy.data.counted import Counted
from ays_toy.images.optimizing import ode_walk
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.refining import has_gradient
from ays_toy.optimize import RIVALS, Given, Needs
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule

LEVELS = 128  # along trajectories, as in 2D
STARTS = 320  # fitted on and judged by, where the papers take 100 to 200; each part of them has all of ten labels


def find(model: ImageModel, gram: PathGram, x0: torch.Tensor, name: str, solver: str, steps: int) -> Schedule:
    """What the comparator of that name in `RIVALS` finds, over the model's range, with what it costs.

    `gram` is the pass, x0 [N, C, H, W] the images that it was collected from. Raises ValueError for an unknown name,
    and for one that needs a gradient where the model has none.
    """
    one, denoiser = lookup(RIVALS, name, "comparator"), Counted(model.denoiser)
    began, counted = time.perf_counter(), replace(model, denoiser=denoiser)
    given = Given(model.sigma_min, model.sigma_max, solver, gram=gram)
    if one.needs is Needs.TRAJECTORIES:
        given = replace(given, walk=ode_walk(counted, x0, seed=seeds.IMAGE_ODE_PASS, levels=LEVELS))
    elif one.needs is Needs.GRADIENTS:
        if not has_gradient(model):
            raise ValueError(f"{one.title} needs gradients through the model, which this one does not have.")
        given = replace(given, denoiser=denoiser, x_T=starts(model))
    sigmas = one.find(given, steps)
    calls = denoiser.given + (gram.paths * gram.grid.size if one.needs is Needs.ERRORS else 0)
    return Schedule(name, one.title, sigmas, calls, time.perf_counter() - began)


def starts(model: ImageModel) -> torch.Tensor:
    """Noise of the highest level that levels are fitted on by gradients [`STARTS`, C, H, W]."""
    generator = torch.Generator().manual_seed(seeds.RIVAL)
    return model.sigma_max * torch.randn(STARTS, *model.shape, generator=generator)
