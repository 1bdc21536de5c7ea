"""Prompts, labels and guidance: what a network that is told what to draw needs beside x and its timestep.

Prompts are encoded once, by the pipeline's own encode_prompt. Row n of every call of the denoiser takes prompt n modulo
the number of prompts, so that one row sees one prompt at every noise level and for every schedule.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ays_toy import serving
from ays_toy.data.texts import MARK, decoded

ENCODED = 8  # prompts that go through the text encoders at once
MOST_GUIDANCE = 100.0
MOST_BYTES = 4 * 2**20  # of a file of prompts

Call = Callable[..., torch.Tensor]  # (x, timesteps, text, pooled) -> the network's prediction


def prompts_in(text: str) -> tuple[str, ...]:
    """The prompts of a text, one a line; empty lines and byte-order marks are none."""
    return tuple(line for line in (line.strip(f" \t{MARK}") for line in text.splitlines()) if line)


def prompts_from(path: Path) -> tuple[str, ...]:
    """The prompts of a text file, one a line; ValueError where it cannot be read or holds none."""
    serving.current().check_path()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path} has more than {MOST_BYTES / 2**20:g} MiB: keep its first prompts, one a line.")
        found = prompts_in(decoded(path.read_bytes()))
    except OSError as error:
        raise ValueError(f"The prompts in {path} cannot be read ({error.strerror}): give another file.") from None
    except UnicodeError:
        raise ValueError(f"The prompts in {path} cannot be read as text: save them as text in UTF-8.") from None
    if not found:
        raise ValueError(f"{path} holds no prompts: write one a line.")
    return found


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Prompts as the network reads them: text [P, L, D] and, but for Stable Diffusion 1 and 2, pooled [P, D].

    Of a network that is told a class by its number the text are these numbers [P].
    """

    text: torch.Tensor
    pooled: torch.Tensor | None

    def rows(self, which: torch.Tensor) -> "Embeddings":
        """The embeddings of these prompts, in this order."""
        return Embeddings(self.text[which], None if self.pooled is None else self.pooled[which])

    @staticmethod
    def join(parts: Sequence["Embeddings"]) -> "Embeddings":
        """All of these, one after the other."""
        pooled = [part.pooled for part in parts if part.pooled is not None]
        return Embeddings(torch.cat([part.text for part in parts]), torch.cat(pooled) if pooled else None)


class Prompted:
    """A network told what to draw, with classifier-free guidance where `empty` is given: a `Network` of `adapters`.

    Guidance runs the empty and the given prompt in one doubled batch: out = empty + scale (given - empty)
    (Ho & Salimans 2022, Eq. 6 in the convention of diffusers, where 1 is no guidance).
    """

    def __init__(self, call: Call, given: Embeddings, empty: Embeddings | None, scale: float) -> None:
        self.call, self.given, self.empty, self.scale = call, given, empty, scale

    def __call__(self, x: torch.Tensor, timesteps: torch.Tensor, rows: range) -> torch.Tensor:
        """Return the guided prediction, shaped as x."""
        which = torch.as_tensor([row % len(self.given.text) for row in rows], device=x.device)
        given = self.given.rows(which)
        if self.empty is None:
            return self.call(x, timesteps, given.text, given.pooled)
        both = Embeddings.join([self.empty.rows(which), given])
        without, with_prompt = self.call(x.repeat(2, 1, 1, 1), timesteps.repeat(2), both.text, both.pooled).chunk(2)
        return without + self.scale * (with_prompt - without)


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
    return Embeddings(text, None), Embeddings(empty, None) if guided else None


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


EMBED: dict[str, Callable[[Any, list[str], torch.device, bool], Pair]] = {
    "StableDiffusionPipeline": _embed_sd,
    "StableDiffusionXLPipeline": _embed_sdxl,
    "StableDiffusion3Pipeline": _embed_sd3,
    "FluxPipeline": _embed_flux,
}


def _call_sd(model: Any, _pixels: tuple[int, int], _scale: float | None) -> Call:
    def call(x: torch.Tensor, timesteps: torch.Tensor, text: torch.Tensor, _pooled: None) -> torch.Tensor:
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


CALLS: dict[str, Callable[[Any, tuple[int, int], float | None], Call]] = {
    "StableDiffusionPipeline": _call_sd,
    "StableDiffusionXLPipeline": _call_sdxl,
    "StableDiffusion3Pipeline": _call_sd3,
    "FluxPipeline": _call_flux,
}
