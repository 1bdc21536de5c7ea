"""Features of pictures by an image encoder of transformers, where its weights are on this machine: nothing is fetched.

Between them a Fréchet distance is of the kind that papers report, though not the FID itself, whose network is another.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

ENCODERS = (  # of the hub, looked for in its cache in this order
    "facebook/dinov2-base",
    "facebook/dinov2-small",
    "openai/clip-vit-large-patch14",
    "openai/clip-vit-base-patch32",
    "google/vit-base-patch16-224",
)
KINDS = {
    "dinov2": "Dinov2Model",
    "clip": "CLIPVisionModelWithProjection",
    "vit": "ViTModel",
}  # by a config's model_type
NEEDED = ("config.json", "preprocessor_config.json", "model.safetensors")
AT_ONCE = 32  # pictures


@dataclass(frozen=True, eq=False)
class Vision:
    """An encoder: pictures [N, C, H, W] in [-1, 1], of one channel or three, to points [N, d]."""

    name: str
    network: torch.nn.Module
    side: int  # of the pictures that it reads
    mean: torch.Tensor
    std: torch.Tensor

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """The features, in single precision; they have a gradient where the pictures have one."""
        parts = pictures.float().cpu().split(AT_ONCE)
        traced = pictures.requires_grad
        return torch.cat(
            [
                checkpoint(self._features, part, use_reentrant=False) if traced else self._features(part)
                for part in parts
            ]
        )

    def _features(self, pictures: torch.Tensor) -> torch.Tensor:
        color = pictures.clamp(-1, 1).expand(-1, 3, -1, -1) / 2 + 0.5
        size = (self.side, self.side)
        scaled = torch.nn.functional.interpolate(color, size, mode="bicubic", antialias=True, align_corners=False)
        out = self.network(pixel_values=(scaled - self.mean) / self.std)
        found: torch.Tensor = out.image_embeds if hasattr(out, "image_embeds") else out.pooler_output
        return found


def name() -> str | None:
    """The first of the encoders whose weights are in the hub's cache here; None where none are."""
    return next((one for one in ENCODERS if _folder(one)), None)


def _folder(encoder: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    files = [try_to_load_from_cache(encoder, file) for file in NEEDED]
    return Path(str(files[0])).parent if all(isinstance(file, str) for file in files) else None


@lru_cache(maxsize=1)
def load(encoder: str) -> Vision:
    """That encoder, frozen; ValueError where its files are not here, damaged, or of another kind."""
    import json

    import transformers

    folder = _folder(encoder)
    if folder is None:
        raise ValueError(f"The weights of {encoder} are not on this machine.")
    try:
        config, read = (json.loads((folder / file).read_text(encoding="utf-8")) for file in NEEDED[:2])
        kind: Any = getattr(transformers, KINDS[config["model_type"]])
        network = kind.from_pretrained(folder, use_safetensors=True, local_files_only=True, dtype=torch.float32)
        mean, std = (torch.tensor(read[what]).reshape(1, 3, 1, 1) for what in ("image_mean", "image_std"))
    except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(
            f"The weights of {encoder} on this machine cannot be read: remove them from its cache."
        ) from error
    side = config.get("vision_config", config).get("image_size", 224)
    return Vision(encoder, network.requires_grad_(False).eval(), int(side), mean, std)
