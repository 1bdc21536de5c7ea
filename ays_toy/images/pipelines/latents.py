"""Between pixels and the latents of a variational autoencoder."""

import math
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

from ays_toy.checks import positive

LATENT_STD = 1.0  # autoencoders are scaled so that their latents have unit variance
PIXELS = 2**20  # pixels that the autoencoder sees at once: its activations are far larger than the denoiser's


class Latents:
    """An autoencoder as two functions: pixels [N, 3, H, W] in [-1, 1] to the x0 its denoiser was trained on, and back.

    In half precision the autoencoder of SDXL overflows, so with float16 it runs in float32.
    """

    def __init__(self, vae: Any, device: torch.device, dtype: torch.dtype) -> None:
        self.dtype = torch.float32 if dtype is torch.float16 else dtype
        self.device = device
        self.vae = vae.requires_grad_(False).eval().to(device)
        if vae.dtype != self.dtype:
            self.vae.to(self.dtype)
        config = vae.config
        if not all(weights.aminmax()[0].isfinite() for weights in vae.parameters()):
            raise ValueError("The weights of its autoencoder are no finite numbers: download them again.")
        mean, std = getattr(config, "latents_mean", None), getattr(config, "latents_std", None)
        shift = getattr(config, "shift_factor", None) or 0.0
        self.mean = self._per_channel(shift if mean is None else mean)
        factor = positive(config.scaling_factor, "The autoencoder's scaling_factor")
        self.std = self._per_channel(1.0 if std is None else std) / factor

    def _per_channel(self, values: Any) -> torch.Tensor:
        return torch.as_tensor(values, dtype=self.dtype, device=self.device).reshape(-1, 1, 1)

    @torch.no_grad()
    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """The most likely latents [N, C, h, w] of pixels [N, 3, H, W] in [-1, 1], in units of the denoiser."""
        parts = [self._code(self.vae.encode(part)) for part in self._parts(pixels, 1)]
        return back(pixels, (torch.cat(parts) - self.mean) / self.std)

    def decode(self, x0: torch.Tensor) -> torch.Tensor:
        """Pixels [N, 3, H, W] of latents x0 [N, C, h, w]; mostly within [-1, 1], and not clipped to it.

        They have a gradient where the latents have one, each part being decoded a second time for it.
        """
        parts = self._parts(x0, reduction(self.vae))
        pixels = [
            checkpoint(self._pixels, one, use_reentrant=False) if x0.requires_grad else self._pixels(one)
            for one in parts
        ]
        return back(x0, torch.cat(pixels))

    def _pixels(self, part: torch.Tensor) -> torch.Tensor:
        pixels: torch.Tensor = self.vae.decode(part * self.std + self.mean).sample
        return pixels

    @staticmethod
    def _code(answer: Any) -> torch.Tensor:
        """Sana's autoencoder has one code for an image, the others a distribution of codes."""
        code: torch.Tensor = answer.latent if hasattr(answer, "latent") else answer.latent_dist.mode()
        return code

    def _parts(self, images: torch.Tensor, scale: int) -> list[torch.Tensor]:
        rows = max(1, PIXELS // (math.prod(images.shape[-2:]) * scale**2))
        return [part.to(self.dtype).to(self.device) for part in images.split(rows)]


def reduction(vae: Any) -> int:
    """How many pixels a side of its images has for each place of its latents."""
    blocks = vae.config.get("encoder_block_out_channels") or vae.config.block_out_channels
    return int(2 ** (len(blocks) - 1))


def back(like: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
    """A network's answer where and as `like` is: first the place, then the type, which Apple's MPS may not know."""
    return answer.to(like.device).to(like.dtype)
