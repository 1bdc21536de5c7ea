"""Unconditional UNets of pixels: DDPM and DDIM checkpoints."""

from collections.abc import Callable
from typing import Any

import torch

from ays_toy.checks import SIGMA_DATA, quoted, whole_number
from ays_toy.images.pipelines import schedulers
from ays_toy.images.pipelines.adapters import NetworkDenoiser
from ays_toy.images.pipelines.coordinates import TrainingLevels
from ays_toy.images.pipelines.folders import ModelFolder, loading
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.pipelines.trial import check_levels

MOST_SIDE = 4096  # of what a configuration may ask for


def build(
    name: str,
    folder: ModelFolder,
    device: torch.device,
    dtype: torch.dtype,
    batch_for: Callable[[tuple[int, int, int]], int],
) -> ImageModel:
    """Load a UNet2DModel and what its scheduler says of its training -> `ImageModel`."""
    levels, prediction = training(folder)
    check_levels(levels.sigmas, folder.title)
    with loading(folder):
        unet = folder.load("unet", dtype).to(device)
    config = unet.config
    if unet.class_embedding is not None:
        raise ValueError(f"The UNet of {name} wants class labels: choose an unconditional model.")
    if config.time_embedding_type != "positional":
        raise ValueError(
            f"The UNet of {name} embeds time as {config.time_embedding_type!r}; only 'positional' is read."
        )
    shape = (config.in_channels, *image_size(config.sample_size, name))
    batch = batch_for(shape)

    def network(x: torch.Tensor, timesteps: torch.Tensor, _rows: range) -> torch.Tensor:
        return unet(x, timesteps).sample[:, : shape[0]]  # a learned variance follows in further channels

    return ImageModel(
        name=name,
        title=folder.title,
        denoiser=NetworkDenoiser(
            network, levels.timesteps, prediction, shape=shape, device=device, dtype=dtype, batch=batch
        ),
        shape=shape,
        sigma_min=float(levels.sigmas[0]),
        sigma_max=float(levels.sigmas[-1]),
        sigma_data=SIGMA_DATA,
        encode=None,
        decode=None,
        training_sigmas=levels.sigmas[::-1].copy(),
        device=device,
        dtype=dtype,
        batch=batch,
        prediction=prediction,
        origin=folder.origin,
    )


def training(folder: ModelFolder) -> tuple[TrainingLevels, str]:
    """The levels a variance-preserving model was trained on, and what it predicts, from its scheduler's file.

    Raises ValueError for schedulers of another process and for unknown predictions.
    """
    return schedulers.discrete(folder.config("scheduler", "scheduler_config.json"), folder.path, folder.scheduler)


def image_size(size: Any, name: str) -> tuple[int, int]:
    """Height and width from a configuration's sample_size; ValueError where it names none, or nonsense."""
    if size is None:
        raise ValueError(f"The configuration of {name} names no sample_size, so the size of its images is unknown.")
    sides = size if isinstance(size, list | tuple) else (size, size)
    if len(sides) != 2:
        raise ValueError(f"The sample_size of {name} must be one number or two, not {quoted(size)}.")
    height, width = (whole_number(side, f"The sample_size of {name}", 1, MOST_SIDE) for side in sides)
    return height, width
