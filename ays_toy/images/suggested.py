"""Models of the hub that are read here, with the licenses and file sizes that their pages there state.

What has only pickled weights there is left out, and so is what states no license.
"""

import os
from dataclasses import dataclass

import torch

from ays_toy import serving
from ays_toy.images.pipelines.folders import PIPELINES

SINGLE = 4  # bytes of a number in the files whose sizes are listed


@dataclass(frozen=True)
class Suggested:
    """A model of the hub: what it draws, its pipeline and license, and the sizes of its weights in single precision."""

    name: str
    draws: str
    pipeline: str
    license: str  # by the name that the hub has for it
    network: float  # GB of the part that denoises, which a run calls again and again
    decoder: float = 0.0  # GB of its autoencoder

    def memory(self, device: str) -> float:
        """GB that its weights take on a device in the types that they are loaded in, once prompts have been read."""
        half = device == "cuda" and self.decoder > 0
        own = PIPELINES[self.pipeline].half
        decoder = self.decoder / 2 if half and own == "bfloat16" else self.decoder  # beside float16 it stays single
        return (self.network / 2 if half else self.network) + decoder

    @property
    def parameters(self) -> float:
        """Numbers in the network, in millions."""
        return 1000 * self.network / SINGLE


ALL = (
    Suggested("google/ddpm-cifar10-32", "32×32, ten kinds of things", "DDPMPipeline", "apache-2.0", 0.143),
    Suggested(
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "Of prompts, 512×512",
        "StableDiffusionPipeline",
        "creativeml-openrail-m",
        3.44,
        0.335,
    ),
    Suggested(
        "PixArt-alpha/PixArt-Sigma-XL-2-1024-MS",
        "Of prompts, 1024×1024",
        "PixArtSigmaPipeline",
        "openrail++",
        2.44,
        0.335,
    ),
    Suggested(
        "stabilityai/stable-diffusion-xl-base-1.0",
        "Of prompts, 1024×1024",
        "StableDiffusionXLPipeline",
        "openrail++",
        10.3,
        0.335,
    ),
    Suggested(
        "playgroundai/playground-v2.5-1024px-aesthetic",
        "Of prompts, 1024×1024",
        "StableDiffusionXLPipeline",
        "playground-v2dot5-community",
        10.3,
        0.335,
    ),
    Suggested("Alpha-VLLM/Lumina-Image-2.0", "Of prompts, 1024×1024", "Lumina2Pipeline", "apache-2.0", 10.44, 0.335),
    Suggested("fal/AuraFlow-v0.3", "Of prompts, 1024×1024", "AuraFlowPipeline", "apache-2.0", 27.43, 0.335),
)


def offered() -> tuple[Suggested, ...]:
    """Those that may be loaded here: all of them, or on a shared server those that it lists."""
    here = serving.current()
    return tuple(one for one in ALL if not here.shared or one.name in here.models)


def memory_here(device: str) -> float | None:
    """GB of memory that a device has, or this machine; None where that cannot be told."""
    if device == "cuda":
        return torch.cuda.get_device_properties(0).total_memory / 1e9
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (AttributeError, OSError, ValueError):  # on Windows
        return None
