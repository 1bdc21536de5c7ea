"""What an image model is to the solvers and optimizers: a denoiser in VE coordinates, its range and its pictures."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from ays_toy.denoisers import Denoiser


@dataclass(frozen=True, eq=False)
class ImageModel:
    """A diffusion model of images as the optimizers see it.

    `denoiser(x, sigma) -> x0` takes x [N, C, H, W] (latents where the model has them) in variance-exploding
    coordinates, x = x0 + sigma noise, and sigma a number or [N]; it is frozen, keeps no graph and runs at most `batch`
    rows at once. `dtype` is the network's own; x may be of any floating type and comes back in it.
    """

    name: str  # as the user gave it
    title: str
    denoiser: Denoiser
    shape: tuple[int, int, int]  # C, H, W of x
    sigma_min: float  # the model's own range
    sigma_max: float
    sigma_data: float  # standard deviation of the data in these units; 0.5 where it is unknown
    encode: Callable[[torch.Tensor], torch.Tensor] | None  # pixels [N, 3, H, W] in [-1, 1] -> x0; None: the identity
    decode: Callable[[torch.Tensor], torch.Tensor] | None  # x0 -> pixels; None: the identity
    # Descending levels of the discrete timesteps (finite ones); None: continuous time.
    training_sigmas: np.ndarray | None = field(repr=False)
    device: torch.device
    dtype: torch.dtype
    batch: int  # how many images go through the network at once
    prediction: str  # epsilon, v_prediction, sample or flow
    pipeline: str | None = None  # the class of its diffusers pipeline; None: not one
    prompts: tuple[str, ...] = ()  # row n of a call takes prompt n modulo their number; none: unconditional
    guidance: float | None = None  # scale of the guidance by those prompts
