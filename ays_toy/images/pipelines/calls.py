"""How each network is called: what it is given beside x and its timestep, by the arguments of its own class."""

from collections.abc import Callable
from typing import Any

import torch

from ays_toy.images.pipelines.conditioning import Call


def _call_sd(model: Any, _pixels: tuple[int, int], _scale: float | None) -> Call:
    def call(x: torch.Tensor, timesteps: torch.Tensor, text: torch.Tensor, _beside: None) -> torch.Tensor:
        return model(x, timesteps, encoder_hidden_states=text).sample

    return call


def _call_sdxl(model: Any, pixels: tuple[int, int], _scale: float | None) -> Call:
    """Its micro-conditioning says: an original of this very size, not cropped (Podell et al. 2023, Sec. 2.2)."""

    def call(x: torch.Tensor, timesteps: torch.Tensor, text: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
        sizes = torch.tensor([*pixels, 0, 0, *pixels], dtype=text.dtype, device=x.device).expand(len(x), -1)
        added = {"text_embeds": pooled, "time_ids": sizes}
        return model(x, timesteps, encoder_hidden_states=text, added_cond_kwargs=added).sample

    return call


def _call_sd3(model: Any, _pixels: tuple[int, int], _scale: float | None) -> Call:
    def call(x: torch.Tensor, timesteps: torch.Tensor, text: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
        return model(x, encoder_hidden_states=text, pooled_projections=pooled, timestep=timesteps).sample

    return call


def _call_flux(model: Any, _pixels: tuple[int, int], scale: float | None) -> Call:
    """Flux reads latents in patches of 2 x 2, time from 0 to 1, and the guidance that it was distilled with."""

    def call(x: torch.Tensor, timesteps: torch.Tensor, text: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
        n, c, h, w = x.shape
        patches = x.reshape(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(n, h * w // 4, 4 * c)
        places = torch.cartesian_prod(torch.arange(1), torch.arange(h // 2), torch.arange(w // 2)).to(x)
        out = model(
            patches,
            encoder_hidden_states=text,
            pooled_projections=pooled,
            timestep=timesteps / 1000,
            img_ids=places,
            txt_ids=torch.zeros(text.shape[1], 3).to(x),
            guidance=None if scale is None else torch.full((n,), scale, device=x.device),
        ).sample
        return out.reshape(n, h // 2, w // 2, c, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(n, c, h, w)

    return call


def _call_pixart(model: Any, pixels: tuple[int, int], _scale: float | None) -> Call:
    """PixArt-alpha's largest network reads the size and the shape of its images too; a learned variance is left out."""
    height, width = pixels

    def call(x: torch.Tensor, timesteps: torch.Tensor, text: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        added: dict[str, torch.Tensor | None] = {"resolution": None, "aspect_ratio": None}
        if model.use_additional_conditions:
            added = {
                "resolution": torch.tensor([[height, width]]).to(x).expand(len(x), -1),
                "aspect_ratio": torch.tensor([[height / width]]).to(x).expand(len(x), -1),
            }
        out = model(
            x, encoder_hidden_states=text, encoder_attention_mask=mask, timestep=timesteps, added_cond_kwargs=added
        )
        return out.sample[:, : x.shape[1]]

    return call


def _call_sana(model: Any, _pixels: tuple[int, int], _scale: float | None) -> Call:
    def call(x: torch.Tensor, timesteps: torch.Tensor, text: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        times = timesteps * model.config.timestep_scale
        out = model(x, encoder_hidden_states=text, encoder_attention_mask=mask, timestep=times)
        return out.sample[:, : x.shape[1]]

    return call


def _call_aura(model: Any, _pixels: tuple[int, int], _scale: float | None) -> Call:
    """AuraFlow reads time from 0 to 1."""

    def call(x: torch.Tensor, timesteps: torch.Tensor, text: torch.Tensor, _beside: None) -> torch.Tensor:
        return model(x, encoder_hidden_states=text, timestep=(timesteps / 1000).to(x)).sample

    return call


def _call_lumina(model: Any, _pixels: tuple[int, int], _scale: float | None) -> Call:
    """Lumina's time runs from noise, 0, to data, 1, and so does its velocity."""

    def call(x: torch.Tensor, timesteps: torch.Tensor, text: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        times = 1 - timesteps / 1000
        return -model(x, timestep=times, encoder_hidden_states=text, encoder_attention_mask=mask).sample

    return call


CALLS: dict[str, Callable[[Any, tuple[int, int], float | None], Call]] = {
    "StableDiffusionPipeline": _call_sd,
    "StableDiffusionXLPipeline": _call_sdxl,
    "StableDiffusion3Pipeline": _call_sd3,
    "FluxPipeline": _call_flux,
    "PixArtAlphaPipeline": _call_pixart,
    "PixArtSigmaPipeline": _call_pixart,
    "SanaPipeline": _call_sana,
    "AuraFlowPipeline": _call_aura,
    "Lumina2Pipeline": _call_lumina,
}
