"""Unconditional UNets of pixels: DDPM and DDIM checkpoints."""

from collections.abc import Callable
from typing import Any

import torch

from ays_toy.checks import SIGMA_DATA
from ays_toy.images import schedulers
from ays_toy.images.adapters import NetworkDenoiser
from ays_toy.images.coordinates import TrainingLevels
from ays_toy.images.folders import ModelFolder, loading
from ays_toy.images.models import ImageModel


def build(
    name: str,
    folder: ModelFolder,
    device: torch.device,
    dtype: torch.dtype,
    batch_for: Callable[[tuple[int, int, int]], int],
) -> ImageModel:
    """Load a UNet2DModel and what its scheduler says of its training -> `ImageModel`."""
    from diffusers import UNet2DModel
    from diffusers.utils import is_accelerate_available

    levels, prediction = training(folder)
    with loading(folder):
        unet: Any = UNet2DModel.from_pretrained(
            folder.part("unet"),
            dtype=dtype,
            variant=folder.variant,
            use_safetensors=True,
            local_files_only=True,
            low_cpu_mem_usage=is_accelerate_available(),  # else diffusers asks for it in the log
        )
    config = unet.config
    if unet.class_embedding is not None:
        raise ValueError(f"The UNet of {name} wants class labels: choose an unconditional model.")
    if config.time_embedding_type != "positional":
        raise ValueError(
            f"The UNet of {name} embeds time as {config.time_embedding_type!r}; only 'positional' is read."
        )
    shape = (config.in_channels, *image_size(config.sample_size, name))
    unet.requires_grad_(False).eval().to(device)
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


def image_size(size: int | list[int] | tuple[int, int] | None, name: str) -> tuple[int, int]:
    """Height and width from a configuration's sample_size; ValueError where it names none."""
    if size is None:
        raise ValueError(f"The configuration of {name} names no sample_size, so the size of its images is unknown.")
    height, width = (size, size) if isinstance(size, int) else size
    return height, width
