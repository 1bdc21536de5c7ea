"""The lines of a program for diffusers that leaves noise for another model to go on from, as a base before its refiner.

Schedulers go down to zero, whatever they are given. So the list goes one step further than is gone, and that step is
left out: by a loop that is written out, or by a pipeline that is told the share of its timesteps after which it ends.
"""

import math

import numpy as np

from ays_toy.exchange import picture
from ays_toy.exchange.export import FOR_ANY_END, check_whole, ends_early
from ays_toy.images.pipelines.coordinates import TrainingLevels
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.sampling.solvers import Solver

ENDING = ("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline")  # those that take a denoising_end


def words(sigma: float) -> str:
    """How such a schedule ends."""
    return f"it ends at sigma = {sigma:.6g}, where another model goes on"


def loop(model: ImageModel) -> str:
    """The timesteps that a loop of one's own goes through."""
    return "scheduler.timesteps[:-1]" if ends_early(model) else "scheduler.timesteps"


def given(model: ImageModel, pipeline: str, solver: Solver, levels: np.ndarray) -> list[str]:
    """What a pipeline's call takes to end at the last of the levels [n+1] that its scheduler visits.

    Raises ValueError for pipelines that do not end before zero, for solvers that call the network twice a step, and
    where no whole timestep lies between the last two.
    """
    if not ends_early(model):
        return []
    if pipeline not in ENDING:
        check_whole(model, f"{pipeline} of diffusers")
    if model.training_sigmas is None:
        raise ValueError(
            f"{pipeline} of diffusers ends by training timesteps, which this model has none of: {FOR_ANY_END}."
        )
    if solver.calls_per_step > 1:
        raise ValueError(f"Pipelines of diffusers end no steps of {solver.title} before zero noise: {FOR_ANY_END}.")
    trained, (before, last) = _times(model, levels[-2:])
    cut = math.ceil((before + last) / 2)
    if not last < cut <= before:
        raise ValueError(f"The last two levels are less than a timestep of training apart: {FOR_ANY_END}.")
    share = 1 - cut / trained
    return [f'    denoising_end={share:.6g}, output_type="latent",  # the step to zero is left out']


def taken_up(model: ImageModel, pipeline: str, levels: np.ndarray) -> list[str]:
    """How a program that begins from a picture goes on from what a base has left, at the first of the levels."""
    by_strength = model.part is not None and bool(model.part.own)
    if pipeline not in ENDING or not picture.begins(model) or by_strength or model.training_sigmas is None:
        return []
    trained, (first,) = _times(model, levels[:1])
    share = 1 - (math.floor(first) + 1) / trained
    return [
        "    # After a base with the same scheduler, in place of image and strength:",
        f"    # image=latents, denoising_start={share:.6g},",
    ]


def _times(model: ImageModel, levels: np.ndarray) -> tuple[int, list[float]]:
    """The number of timesteps that a model was trained on, and those of some levels."""
    assert model.training_sigmas is not None
    trained = TrainingLevels(model.training_sigmas[::-1])
    return len(trained.sigmas), trained.timesteps(levels).tolist()
