"""Networks without prompts: UNets of pixels, unconditional or told a class by its number, and DiT, of latents."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from ays_toy.checks import SIGMA_DATA, quoted, real_number, whole_number
from ays_toy.images.pipelines.adapters import Network, network_model
from ays_toy.images.pipelines.conditioning import MOST_GUIDANCE, Embeddings, Prompted
from ays_toy.images.pipelines.folders import ModelFolder, loading
from ays_toy.images.pipelines.latents import LATENT_STD, Latents, reduction
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
    """Load a network without prompts and what its scheduler says of its training -> `ImageModel`."""
    process = folder.process
    check_levels(process.sigmas[::-1], folder.title)
    with loading(folder):
        network = folder.load(folder.kind.part, dtype).to(device)
        latents = Latents(folder.load("vae", dtype), device, dtype) if "vae" in folder.kind.others else None
    config = network.config
    classes = _classes(name, network)
    told, scale = _labels(name, classes, labels, folder.kind.guidance if guidance is None else guidance)
    if config.get("time_embedding_type", "positional") != "positional":
        raise ValueError(
            f"The UNet of {name} embeds time as {config.time_embedding_type!r}; only 'positional' is read."
        )
    shape = (config.in_channels, *image_size(config.sample_size, name))
    spread = SIGMA_DATA if latents is None else LATENT_STD
    return network_model(
        _network(network, shape[0], told, classes, scale),
        process,
        name=name,
        title=folder.title,
        shape=shape,
        device=device,
        dtype=dtype,
        batch=batch_for(shape),
        sigma_data=process.sigma_data or spread,
        encode=None if latents is None else latents.encode,
        decode=None if latents is None else latents.decode,
        origin=folder.origin,
        labels=told,
        guidance=scale,
        pixels=None if latents is None else (reduction(latents.vae) * shape[1], reduction(latents.vae) * shape[2]),
    )


def _labels(
    name: str, classes: int | None, labels: int | Sequence[int] | None, guidance: float | None
) -> tuple[tuple[int, ...], float | None]:
    """Labels and guidance for a network of that many classes; ValueError for one that takes none, or none such.

    Its last class is what it was told in place of a label that was left out, where guidance is above 1.
    """
    if classes is None:
        for what, value in {"labels": labels, "guidance": guidance}.items():
            if value is not None:
                raise ValueError(f"{name} is unconditional and takes no {what}: leave that out.")
        return (), None
    scale = 1.0 if guidance is None else real_number(guidance, "The guidance", 1.0, MOST_GUIDANCE)
    last = classes - (2 if scale > 1 else 1)
    if labels is None:
        raise ValueError(f"{name} wants class labels: give some from 0 to {last}.")
    if isinstance(labels, str) or not isinstance(labels, int | Sequence):
        raise ValueError(f"The labels must be a whole number or a list of them, not {quoted(labels)}.")
    told = (labels,) if isinstance(labels, int) else tuple(labels)
    whole_number(len(told), "The number of labels", 1, MOST_LABELS)
    return tuple(whole_number(label, f"A label of {name}", 0, last) for label in told), scale


def _classes(name: str, network: Any) -> int | None:
    """How many classes a network knows, that of no label among them; None where it is told none."""
    if untold := network.config.get("num_embeds_ada_norm"):  # DiT's, of as many classes and this one
        return int(untold) + 1
    if network.class_embedding is None:
        return None
    if not isinstance(network.class_embedding, torch.nn.Embedding):
        raise ValueError(f"The UNet of {name} wants classes that are not numbered from 0: not supported.")
    return network.class_embedding.num_embeddings


def _network(network: Any, channels: int, told: tuple[int, ...], classes: int | None, scale: float | None) -> Network:
    """The network as it is called; a learned variance, in further channels, is left out."""
    if classes is None:
        return lambda x, timesteps, _rows: network(x, timesteps).sample[:, :channels]

    def call(x: torch.Tensor, timesteps: torch.Tensor, classes: torch.Tensor, _beside: None) -> torch.Tensor:
        return network(x, timestep=timesteps, class_labels=classes).sample[:, :channels]

    given = torch.tensor(told, device=network.device)
    guided = scale is not None and scale > 1
    untold = torch.full_like(given, classes - 1)
    return Prompted(call, Embeddings(given), Embeddings(untold) if guided else None, scale or 1.0)


def image_size(size: Any, name: str) -> tuple[int, int]:
    """Height and width from a configuration's sample_size; ValueError where it names none, or nonsense."""
    if size is None:
        raise ValueError(f"The configuration of {name} names no sample_size, so the size of its images is unknown.")
    sides = size if isinstance(size, list | tuple) else (size, size)
    if len(sides) != 2:
        raise ValueError(f"The sample_size of {name} must be one number or two, not {quoted(size)}.")
    height, width = (whole_number(side, f"The sample_size of {name}", 1, MOST_SIDE) for side in sides)
    return height, width
