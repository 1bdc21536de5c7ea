"""Images drawn from a model along a schedule, the same noise for every schedule."""

from typing import Any

import numpy as np
import torch

from ays_toy.images.baselines import baselines
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.sampling import samplers
from ays_toy.sampling.traced import levels_of, plain

MANY_STEPS = 100  # what stands for the model's own truth
CHUNK = 1024  # images whose trajectories are held at once


def draw_samples(
    model: ImageModel, sigmas: Any, solver: str, seed: int, n: int, *, denoise_to_zero: bool = False
) -> torch.Tensor:
    """Sample n images x0 [n, C, H, W] in the model's own coordinates, on the CPU.

    x_T is noise, on the images that the model's `part` begins from where it has them. The noise, and the solver's,
    depend on the seed alone, image by image, neither on the levels nor on n. Levels that are a tensor with a gradient
    give it to the images.
    """
    high = plain(levels_of(sigmas)[0])
    parts = []
    for index, start in enumerate(range(0, n, CHUNK)):
        # One generator for every chunk, so that drawing more images leaves the first ones as they were.
        generator = torch.Generator().manual_seed(int(np.random.SeedSequence((seed, index)).generate_state(1)[0]))
        x_T = high * torch.randn(CHUNK, *model.shape, generator=generator)[: min(CHUNK, n - start)]
        if model.part is not None and model.part.starts is not None:
            images = model.part.starts
            x_T = x_T + images[torch.arange(len(x_T)) % len(images)].to(x_T)
        noise = torch.Generator().manual_seed(int(np.random.SeedSequence((seed, index, 1)).generate_state(1)[0]))
        parts.append(
            samplers.sample(model.denoiser, x_T, sigmas, solver, generator=noise, denoise_to_zero=denoise_to_zero)
        )
    return torch.cat(parts)


def told(model: ImageModel, n: int) -> torch.Tensor:
    """What each of n images that are drawn so is told to show [n], for a model with labels."""
    return torch.tensor(model.labels)[torch.arange(n) % CHUNK % len(model.labels)]


def many_steps(model: ImageModel, seed: int, n: int, steps: int = MANY_STEPS) -> torch.Tensor:
    """What the model itself makes of noise: n images [n, C, H, W] by DPM-Solver++(2M) in many steps, even in time."""
    return draw_samples(model, baselines(model, steps)["time-uniform"], "dpmpp-2m", seed, n)
