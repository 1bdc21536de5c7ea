"""Any denoiser as an image model, whoever made it: what `images.load` gives for the names that it knows."""

from dataclasses import dataclass
from typing import Any

import torch

from ays_toy.checks import SIGMA_DATA, quoted, sigma_range, whole_number
from ays_toy.data.denoisers import Denoiser
from ays_toy.images.loading import default_batch
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.pipelines.trial import tried
from ays_toy.images.quality import LEAST


@dataclass(frozen=True, eq=False)
class Wrapped:
    """A denoiser that is given x of one type on one device, at most `batch` rows at a time, and keeps no graph."""

    denoiser: Denoiser
    like: torch.Tensor  # of that type, on that device
    batch: int

    @torch.no_grad()
    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """As `ImageModel.denoiser`; ValueError for an answer of another shape than x."""
        out = torch.empty_like(x)
        for start in range(0, len(x), self.batch):
            rows = slice(start, start + self.batch)
            level = sigma[rows].to(self.like) if torch.is_tensor(sigma) and sigma.ndim else sigma
            answer = self.denoiser(x[rows].to(self.like), level)
            if not torch.is_tensor(answer) or answer.shape != x[rows].shape:
                got = f"a tensor {list(answer.shape)}" if torch.is_tensor(answer) else f"{type(answer).__name__}"
                raise ValueError(
                    f"The denoiser must answer x {list(x[rows].shape)} with a tensor of its shape, not {got}."
                )
            out[rows] = answer
        return out


def wrap(
    denoiser: Denoiser,
    *,
    shape: tuple[int, int, int],
    sigma_min: float,
    sigma_max: float,
    x0: torch.Tensor | None = None,
    batch: int | None = None,
    title: str = "Your model",
) -> ImageModel:
    """A model of any callable denoiser(x, sigma) -> x0 for x [N, *shape] = x0 + sigma noise, sigma a number or [N].

    It is priced, searched, compared and exported as what `images.load` gives. Clean data x0 [N, *shape] start its
    paths and are what Fréchet distances are to; without them its own many-step samples are. The denoiser is called
    with x0's type on x0's device (float32 on the CPU without), `batch` rows at a time: about 2^18 numbers where it is
    left out. Raises ValueError, in one sentence, for arguments that do not fit, a range that is none, and a denoiser
    that answers one image of noise with anything else than finite numbers of its shape.

    Examples:
        >>> ranged = {"shape": (1, 8, 8), "sigma_min": 0.01, "sigma_max": 80.0}
        >>> model = images.wrap(denoisers.GaussianDenoiser(), **ranged)
        >>> model.denoiser(torch.zeros(2, 1, 8, 8), 1.0).shape
        torch.Size([2, 1, 8, 8])
    """
    if not callable(denoiser):
        raise ValueError(f"The denoiser must be callable as denoiser(x, sigma), giving x0; {quoted(denoiser)} is not.")
    low, high = sigma_range(sigma_min, sigma_max)
    sizes = _shape(shape)
    like = torch.empty(0) if x0 is None else _clean(x0, sizes)
    batch = default_batch(sizes) if batch is None else whole_number(batch, "The batch", 1, 2**16)
    return tried(
        ImageModel(
            name="Your model",  # none that anything is known of
            title=title,
            denoiser=Wrapped(denoiser, like[:0], batch),
            shape=sizes,
            sigma_min=low,
            sigma_max=high,
            sigma_data=SIGMA_DATA if x0 is None else float((like - like.mean(dim=0)).square().mean().sqrt()),
            encode=None,
            decode=None,
            training_sigmas=None,
            device=like.device,
            dtype=like.dtype,
            batch=batch,
            prediction="sample",
            data=None if x0 is None else lambda: like,
        )
    )


def _shape(shape: Any) -> tuple[int, int, int]:
    try:
        channels, height, width = (whole_number(size, "A size", 1, 2**16) for size in shape)
    except (TypeError, ValueError):
        raise ValueError(
            f"The shape must be three whole numbers, channels, height and width, not {quoted(shape)}."
        ) from None
    return channels, height, width


def _clean(x0: Any, shape: tuple[int, int, int]) -> torch.Tensor:
    fits = torch.is_tensor(x0) and x0.is_floating_point() and x0.ndim == 4 and tuple(x0.shape[1:]) == shape
    if not fits or len(x0) < LEAST or not bool(x0.isfinite().all()):
        wanted = ", ".join(map(str, shape))
        raise ValueError(f"The clean data x0 must be a tensor [N, {wanted}] of finite numbers, N at least {LEAST}.")
    found: torch.Tensor = x0.detach()
    return found
