"""UNets of pixels, DDPM and DDIM checkpoints: unconditional ones, and those that are told a class by its number."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from ays_toy.checks import SIGMA_DATA, quoted, real_number, whole_number
from ays_toy.images.pipelines import schedulers
from ays_toy.images.pipelines.adapters import Network, network_model
from ays_toy.images.pipelines.conditioning import MOST_GUIDANCE, Embeddings, Prompted
from ays_toy.images.pipelines.coordinates import TrainingLevels
from ays_toy.images.pipelines.folders import ModelFolder, loading
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.pipelines.trial import check_levels

MOST_SIDE = 4096  # of what a configuration may ask for
MOST_LABELS = 256  # of which every batch of a pass has a path each


def build(
    name: str,
    folder: ModelFolder,
    device: torch.device,
    dtype: torch.dtype,
    batch_for: Callable[[tuple[int, int, int]], int],
    labels: int | Sequence[int] | None = None,
    guidance: float | None = None,
) -> ImageModel:
    """Load a UNet2DModel and what its scheduler says of its training -> `ImageModel`."""
    levels, prediction = training(folder)
    check_levels(levels.sigmas, folder.title)
    with loading(folder):
        unet = folder.load("unet", dtype).to(device)
    config = unet.config
    told, scale = read_labels(name, unet, labels, guidance)
    if config.time_embedding_type != "positional":
        raise ValueError(
            f"The UNet of {name} embeds time as {config.time_embedding_type!r}; only 'positional' is read."
        )
    shape, sigmas = (config.in_channels, *image_size(config.sample_size, name)), levels.sigmas[::-1].copy()
    return network_model(
        _network(unet, shape[0], told, scale),
        levels.timesteps,
        sigmas,
        name=name,
        title=folder.title,
        prediction=prediction,
        shape=shape,
        device=device,
        dtype=dtype,
        batch=batch_for(shape),
        sigma_data=SIGMA_DATA,
        encode=None,
        decode=None,
        training_sigmas=sigmas,
        origin=folder.origin,
        labels=told,
        guidance=scale,
    )


def read_labels(
    name: str, unet: Any, labels: int | Sequence[int] | None, guidance: float | None
) -> tuple[tuple[int, ...], float | None]:
    """Labels and guidance for a network; ValueError for a network that takes none, or none such.

    Its last class is what it was told in place of a label that was left out, where guidance is above 1.
    """
    if unet.class_embedding is None:
        for what, value in {"labels": labels, "guidance": guidance}.items():
            if value is not None:
                raise ValueError(f"{name} is unconditional and takes no {what}: leave that out.")
        return (), None
    if not isinstance(unet.class_embedding, torch.nn.Embedding):
        raise ValueError(f"The UNet of {name} wants classes that are not numbered from 0: not supported.")
    scale = 1.0 if guidance is None else real_number(guidance, "The guidance", 1.0, MOST_GUIDANCE)
    last = unet.class_embedding.num_embeddings - (2 if scale > 1 else 1)
    if labels is None:
        raise ValueError(f"{name} wants class labels: give some from 0 to {last}.")
    if isinstance(labels, str) or not isinstance(labels, int | Sequence):
        raise ValueError(f"The labels must be a whole number or a list of them, not {quoted(labels)}.")
    told = (labels,) if isinstance(labels, int) else tuple(labels)
    whole_number(len(told), "The number of labels", 1, MOST_LABELS)
    return tuple(whole_number(label, f"A label of {name}", 0, last) for label in told), scale


def _network(unet: Any, channels: int, told: tuple[int, ...], scale: float | None) -> Network:
    """The network as it is called; a learned variance, in further channels, is left out."""
    if not told:
        return lambda x, timesteps, _rows: unet(x, timesteps).sample[:, :channels]

    def call(x: torch.Tensor, timesteps: torch.Tensor, classes: torch.Tensor, _pooled: None) -> torch.Tensor:
        return unet(x, timesteps, class_labels=classes).sample[:, :channels]

    given = torch.tensor(told, device=unet.device)
    guided = scale is not None and scale > 1
    untold = torch.full_like(given, unet.class_embedding.num_embeddings - 1)
    return Prompted(call, Embeddings(given, None), Embeddings(untold, None) if guided else None, scale or 1.0)


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
