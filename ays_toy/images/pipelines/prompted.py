"""Text-to-image models of latents: Stable Diffusion 1.x, 2.x, XL and 3, Flux, PixArt, Sana, AuraFlow and Lumina."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from ays_toy.checks import real_number, whole_number
from ays_toy.data.texts import MARK
from ays_toy.images.pipelines import loras
from ays_toy.images.pipelines.adapters import network_model
from ays_toy.images.pipelines.calls import CALLS
from ays_toy.images.pipelines.conditioning import MOST_GUIDANCE, Prompted
from ays_toy.images.pipelines.encoding import encode
from ays_toy.images.pipelines.folders import ModelFolder, loading
from ays_toy.images.pipelines.latents import LATENT_STD, Latents, reduction
from ays_toy.images.pipelines.loras import Lora
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.pipelines.pixels import image_size
from ays_toy.images.pipelines.trial import check_levels

MOST_PROMPTS, MOST_PIXELS = 1000, 4096
OPTIONS: dict[str, dict[str, Any]] = {  # what has no say in the denoiser
    "StableDiffusionPipeline": {"safety_checker": None, "requires_safety_checker": False},
    "StableDiffusionXLPipeline": {"add_watermarker": False},
}


def build(
    name: str,
    folder: ModelFolder,
    device: torch.device,
    dtype: torch.dtype,
    batch_for: Callable[[tuple[int, int, int]], int],
    prompts: str | Sequence[str] | None,
    guidance: float | None,
    size: int | None,
    lora: Lora | None = None,
) -> ImageModel:
    """Load a text-to-image pipeline, encode its prompts once and let its text encoders go -> `ImageModel`."""
    said = read_prompts(name, prompts)
    scale = folder.kind.guidance if guidance is None else real_number(guidance, "The guidance", 1.0, MOST_GUIDANCE)
    process = folder.process
    check_levels(process.sigmas[::-1], folder.title)
    with loading(folder):
        pipeline = _pipeline(folder, dtype)
    if lora is not None:
        loras.add(pipeline, lora)
    network = getattr(pipeline, folder.kind.part)
    shape, pixels = _shape(name, pipeline, network, size)
    if not folder.kind.classifier_free and not network.config.guidance_embeds:
        if guidance is not None:
            raise ValueError(f"{name} was distilled without guidance and takes none: leave it out.")
        scale = None
    guided = folder.kind.classifier_free and scale is not None and scale > 1
    with loading(folder):
        given, empty = encode(pipeline, said, device, guided)
        latents = Latents(pipeline.vae, device, dtype)
        call = CALLS[folder.pipeline](network.to(device), pixels, scale)
    return network_model(
        Prompted(call, given, empty, scale or 1.0, folder.kind.renormed),
        process,
        name=name,
        title=folder.title,
        shape=shape,
        device=device,
        dtype=dtype,
        batch=batch_for(shape),
        sigma_data=process.sigma_data or LATENT_STD,
        encode=latents.encode,
        decode=latents.decode,
        origin=replace(folder.origin, lora=None if lora is None else (str(lora.file), lora.scale)),
        prompts=said,
        guidance=scale,
        pixels=pixels,
    )


def read_prompts(name: str, prompts: str | Sequence[str] | None) -> tuple[str, ...]:
    """One prompt or several as a tuple; ValueError where there are none, too many, or something else than text."""
    if prompts is None:
        raise ValueError(f"{name} draws what prompts say: give prompts, one sentence or several.")
    if not isinstance(prompts, Sequence):
        raise ValueError(f"The prompts must be text or a list of texts, not {prompts!r}.")
    said = (prompts,) if isinstance(prompts, str) else tuple(prompts)
    whole_number(len(said), "The number of prompts", 1, MOST_PROMPTS)
    wrong = next((prompt for prompt in said if not isinstance(prompt, str)), None)
    if wrong is not None:
        raise ValueError(f"Every prompt must be text, not {wrong!r}.")
    return tuple(prompt.removeprefix(MARK) for prompt in said)


def _pipeline(folder: ModelFolder, dtype: torch.dtype) -> Any:
    """Its networks, each loaded and checked by itself, joined by the pipeline's own class."""
    import diffusers
    from diffusers.utils import is_accelerate_available

    networks = {name: folder.load(name, dtype) for name in folder.networks}
    return getattr(diffusers, folder.pipeline).from_pretrained(
        folder.path,
        dtype=dtype,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        low_cpu_mem_usage=is_accelerate_available(),
        **dict.fromkeys(folder.absent + folder.skipped) | OPTIONS.get(folder.pipeline, {}) | networks,
    )


def _shape(name: str, pipeline: Any, network: Any, size: int | None) -> tuple[tuple[int, int, int], tuple[int, int]]:
    """The latents' shape and the images' size in pixels: the pipeline's own, or square ones of `size` pixels."""
    channels, factor = pipeline.vae.config.latent_channels, reduction(pipeline.vae)
    patch = 2 if type(pipeline).__name__ == "FluxPipeline" else getattr(network.config, "patch_size", None) or 1
    takes = network.config.in_channels // (4 if type(pipeline).__name__ == "FluxPipeline" else 1)
    if takes != channels:
        raise ValueError(
            f"{name} takes {takes} channels where its autoencoder has {channels}: not a text-to-image model."
        )
    if getattr(network.config, "time_cond_proj_dim", None) is not None:
        raise ValueError(f"{name} is distilled for few steps and reads its guidance as a further input: not supported.")
    if size is None:
        default = getattr(pipeline, "default_sample_size", None) or network.config.sample_size
        height, width = image_size(default, name)
    else:
        unit = factor * patch
        if whole_number(size, "The size", unit, MOST_PIXELS) % unit:
            raise ValueError(f"The size must be a multiple of {unit} pixels for {name}, not {size}.")
        height = width = size // factor
    return (channels, height, width), (height * factor, width * factor)
