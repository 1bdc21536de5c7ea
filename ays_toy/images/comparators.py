"""What other papers propose, for an image model: by the pass that prices schedules, trajectories, or gradients.

All of `RIVALS` are defined there, since a denoiser of images is one as any other: docs/comparators.md says what each
needs of it.
"""

import time

import torch

from ays_toy import seeds
from ays_toy.checks import lookup
from ays_toy.data.counted import Counted
from ays_toy.images.optimizing import ode_walk
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.refining import has_gradient
from ays_toy.optimize import RIVALS, Given, Needs
from ays_toy.pricing.ode import OdeWalk
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule

LEVELS = 128  # along trajectories, as in 2D
STARTS = 160  # fitted on, and judged by, half each; ten labels are as often in every part of them


def walked(model: ImageModel, x0: torch.Tensor) -> OdeWalk:
    """Trajectories of the ODE from the first of images x0 [N, C, H, W], noised, for all that look at them."""
    return ode_walk(model, x0, seed=seeds.IMAGE_ODE_PASS, levels=LEVELS)


def find(model: ImageModel, gram: PathGram, walk: OdeWalk, name: str, solver: str, steps: int) -> Schedule:
    """What the comparator of that name in `RIVALS` finds, over the model's range, with what it costs.

    Raises ValueError for an unknown name, and for one that needs a gradient where the model has none.
    """
    one, denoiser = lookup(RIVALS, name, "comparator"), Counted(model.denoiser)
    if one.needs is Needs.GRADIENTS and not has_gradient(model):
        raise ValueError(f"{one.title} needs gradients through the model, which this one does not have.")
    passes = {Needs.ERRORS: gram.paths * gram.grid.size, Needs.TRAJECTORIES: walk.states.shape[1] * (2 * LEVELS - 1)}
    began = time.perf_counter()
    sigmas = one.find(Given(model.sigma_min, model.sigma_max, solver, gram, walk, denoiser, starts(model)), steps)
    calls = denoiser.given + passes.get(one.needs, 0)
    return Schedule(name, one.title, sigmas, calls, time.perf_counter() - began)


def starts(model: ImageModel) -> torch.Tensor:
    """Noise of the highest level that levels are fitted on by gradients [`STARTS`, C, H, W]."""
    generator = torch.Generator().manual_seed(seeds.RIVAL)
    return model.sigma_max * torch.randn(STARTS, *model.shape, generator=generator)
