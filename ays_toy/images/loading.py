"""One name in, one `ImageModel` out: a bundled one, a folder in diffusers format, a file, or a name on the hub."""

import importlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ays_toy.bundled import BUNDLED
from ays_toy.checks import lookup, quoted, whole_number
from ays_toy.images.pipelines import loras, pixels, prompted
from ays_toy.images.pipelines.finding import open_folder
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.pipelines.trial import tried

DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}
BATCH_ELEMENTS = 2**18  # numbers in x that go through the network at once: 85 CIFAR images, 4 latents of SDXL


def load(
    model: str | Path,
    *,
    device: str | None = None,
    dtype: str | torch.dtype | None = None,
    prompts: str | Sequence[str] | None = None,
    labels: int | Sequence[int] | None = None,
    guidance: float | None = None,
    batch: int | None = None,
    size: int | None = None,
    lora: str | Path | None = None,
    lora_scale: float = 1.0,
) -> ImageModel:
    """Load an image model: "digits" or "handwritten" (bundled), a folder in diffusers format, a file, or a hub name.

    The device is CUDA where there is one. The type is float32 on a CPU and for models of pixels, whose noise at high
    levels half precision would multiply; on CUDA float16 for models with prompts, or bfloat16 where they were made for
    that. `batch` rows go through the network at once (with guidance twice that); left out, about 2^18 numbers.

    Text-to-image models need `prompts`: row n of every call of the denoiser takes prompt n modulo their number. So do
    networks that were trained with classes, which need `labels` from 0; "handwritten" draws all ten digits without.
    `guidance` is the scale of classifier-free guidance, 1 for none; for Flux the scale it was distilled with. It is the
    pipeline's own default where it is left out, and 1 for a UNet; of labels guidance takes the last class for no label.
    `size` is the side of a text-to-image model's images in pixels, if not the model's own. `lora` is a file of a LoRA
    in safetensors, or its folder, which is added to such a model times `lora_scale`.

    Before it is given out the model denoises one image of noise. Raises ValueError, in one sentence, for a model that
    cannot be found, read or trusted (pickled weights, code of its own, an unknown class), that lacks weights or answers
    with no numbers, for a device that is not there, and for arguments that do not fit.

    Examples:
        >>> model = images.load("digits")
        >>> model.shape
        (1, 8, 8)
    """
    place, kind = _device(device), None if dtype is None else _dtype(dtype)
    if batch is not None:
        batch = whole_number(batch, "The batch", 1, 2**16)

    def batch_for(shape: tuple[int, int, int]) -> int:
        return batch or default_batch(shape)

    if str(model) in BUNDLED:
        _without(str(model), prompts=prompts, size=size, lora=lora)
        # By name, since that module builds on this package's `models`.
        digits = importlib.import_module("ays_toy.images.digits")
        options = {"device": str(place), "dtype": kind, "batch": batch, "labels": labels, "guidance": guidance}
        found: ImageModel = digits.load(str(model), **options)
        return tried(found)
    folder = open_folder(model)
    if not folder.kind.prompted:
        _without(str(model), prompts=prompts, size=size, lora=lora)
        arguments = (str(model), folder, place, kind or torch.float32, batch_for)
        return tried(pixels.build(*arguments, labels, guidance))
    if labels is not None:
        raise ValueError(f"{model} draws what prompts say and takes no labels: leave them out.")
    added = None if lora is None else loras.find(lora, lora_scale)
    if kind is None:
        kind = DTYPES[folder.kind.half] if place.type == "cuda" else torch.float32
    return tried(prompted.build(str(model), folder, place, kind, batch_for, prompts, guidance, size, added))


def default_batch(shape: tuple[int, int, int]) -> int:
    """How many arrays of that shape go through a network at once where nobody says otherwise."""
    return max(1, BATCH_ELEMENTS // math.prod(shape))


def _device(name: str | None) -> torch.device:
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise ValueError(f"Unknown device {quoted(name)}: use cpu, cuda, cuda:1 or mps.") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"There is no device {name} here: {torch.cuda.device_count()} GPUs are seen; use cpu.")
    try:
        torch.zeros(1, device=device).cpu()
    except Exception:  # what a build of torch without that device answers is of every kind
        raise ValueError(f"There is no device {name} here, or torch cannot use it: use cpu.") from None
    return device


def _dtype(name: str | torch.dtype) -> torch.dtype:
    return lookup(DTYPES, str(name).removeprefix("torch."), "dtype")


def _without(model: str, **given: Any) -> None:
    for what, value in given.items():
        if value is not None:
            raise ValueError(f"{model} draws without prompts and takes no {what}: leave that out.")
