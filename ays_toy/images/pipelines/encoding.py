"""Prompts read once, by the text encoders of each pipeline as its own encode_prompt uses them."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ays_toy.images.pipelines.conditioning import Embeddings

ENCODED = 8  # prompts that go through the text encoders at once


@torch.no_grad()
def encode(
    pipeline: Any, prompts: Sequence[str], device: torch.device, guided: bool
) -> tuple[Embeddings, Embeddings | None]:
    """Encode prompts -> their embeddings and, where guided, those of as many empty prompts.

    The text encoders are on the device meanwhile only, since they may be as large as the network.
    """
    named = (getattr(pipeline, name, None) for name in ("text_encoder", "text_encoder_2", "text_encoder_3"))
    encoders = [encoder.eval().to(device) for encoder in named if encoder is not None]
    given, empty = [], []
    for start in range(0, len(prompts), ENCODED):
        some = list(prompts[start : start + ENCODED])
        with_prompt, without = EMBED[type(pipeline).__name__](pipeline, some, device, guided)
        given.append(with_prompt)
        empty.append(without)
    for encoder in encoders:
        encoder.to("cpu")
    return Embeddings.join(given), Embeddings.join([part for part in empty if part is not None]) if guided else None


Pair = tuple[Embeddings, Embeddings | None]


def _embed_sd(pipeline: Any, prompts: list[str], device: torch.device, guided: bool) -> Pair:
    text, empty = pipeline.encode_prompt(prompts, device, 1, guided)
    return Embeddings(text), Embeddings(empty) if guided else None


def _embed_sdxl(pipeline: Any, prompts: list[str], device: torch.device, guided: bool) -> Pair:
    encoded = pipeline.encode_prompt(prompts, device=device, do_classifier_free_guidance=guided)
    text, empty, pooled, empty_pooled = encoded
    return Embeddings(text, pooled), Embeddings(empty, empty_pooled) if guided else None


def _embed_sd3(pipeline: Any, prompts: list[str], device: torch.device, guided: bool) -> Pair:
    encoded = pipeline.encode_prompt(prompts, None, None, device=device, do_classifier_free_guidance=guided)
    text, empty, pooled, empty_pooled = encoded
    return Embeddings(text, pooled), Embeddings(empty, empty_pooled) if guided else None


def _embed_flux(pipeline: Any, prompts: list[str], device: torch.device, _guided: bool) -> Pair:
    text, pooled, _ = pipeline.encode_prompt(prompts, device=device)
    return Embeddings(text, pooled), None


def _embed_masked(pipeline: Any, prompts: list[str], device: torch.device, guided: bool, **more: Any) -> Pair:
    encoded = pipeline.encode_prompt(prompts, do_classifier_free_guidance=guided, device=device, **more)
    text, mask, empty, empty_mask = encoded
    return Embeddings(text, mask), Embeddings(empty, empty_mask) if guided else None


def _embed_sana(pipeline: Any, prompts: list[str], device: torch.device, guided: bool) -> Pair:
    """What its pipeline puts before every prompt is the default of its own call."""
    before = inspect.signature(pipeline.__call__).parameters["complex_human_instruction"].default
    return _embed_masked(pipeline, prompts, device, guided, complex_human_instruction=before)


def _embed_aura(pipeline: Any, prompts: list[str], device: torch.device, guided: bool) -> Pair:
    """Its network reads all tokens, those that pad being zero."""
    text, _, empty, _ = pipeline.encode_prompt(prompts, do_classifier_free_guidance=guided, device=device)
    return Embeddings(text), Embeddings(empty) if guided else None


EMBED: dict[str, Callable[[Any, list[str], torch.device, bool], Pair]] = {
    "StableDiffusionPipeline": _embed_sd,
    "StableDiffusionXLPipeline": _embed_sdxl,
    "StableDiffusion3Pipeline": _embed_sd3,
    "FluxPipeline": _embed_flux,
    "PixArtAlphaPipeline": _embed_masked,
    "PixArtSigmaPipeline": _embed_masked,
    "SanaPipeline": _embed_sana,
    "AuraFlowPipeline": _embed_aura,
    "Lumina2Pipeline": _embed_masked,
}
