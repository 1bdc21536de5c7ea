"""What an image model is to the solvers and optimizers: a denoiser in VE coordinates, its range and its pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ays_toy.data.denoisers import Denoiser


@dataclass(frozen=True)
class SchedulerFile:
    """What a model's scheduler_config.json says of the noise it was trained on."""

    name: str  # the class of diffusers that reads it
    config: Mapping[str, Any] = field(hash=False, repr=False)
    subfolder: str | None = "scheduler"  # of the model's folder; None: beside its weights
    tested: bool = False  # whether the schedulers of all solvers are known to carry it over as they should


@dataclass(frozen=True)
class Origin:
    """How diffusers loads a model: by which pipeline, and from where."""

    pipeline: str | None  # the class; None: a lone UNet
    source: str  # a folder, or a name on the hub
    variant: str | None = None  # of its weights, such as fp16
    absent: tuple[str, ...] = ()  # parts of the pipeline that this copy lacks
    scheduler: SchedulerFile | None = None  # None: unknown
    config: str | None = None  # of a model in a single file: where the configuration of its parts lies
    lora: tuple[str, float] | None = None  # a LoRA that was added, and its scale


@dataclass(frozen=True, eq=False)
class Part:
    """What makes a model one of a part of its noise (see `images.partial`)."""

    starts: torch.Tensor | None = field(repr=False)  # clean x0 [N, C, H, W] that sampling noises; None: noise alone
    own: tuple[float, ...] = ()  # the levels that a pipeline of this strength would take
    ends_early: bool = False  # above the model's lowest level: another model goes on from there


@dataclass(frozen=True, eq=False)
class ImageModel:
    """A diffusion model of images as the optimizers see it.

    `denoiser(x, sigma) -> x0` takes x [N, C, H, W] (latents where the model has them) in variance-exploding
    coordinates, x = x0 + sigma noise, and sigma a number or [N]; it is frozen, runs at most `batch` rows at
    once and keeps no graph, unless sigma requires a gradient and it has one. `dtype` is the network's own; x may
    be of any floating type and comes back in it.
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
    origin: Origin | None = None  # None: not a model of diffusers
    prompts: tuple[str, ...] = ()  # row n of a call takes prompt n modulo their number; none: unconditional
    labels: tuple[int, ...] = ()  # the same for models that are told a class
    guidance: float | None = None  # scale of the guidance by those prompts or labels
    pixels: tuple[int, int] | None = None  # height and width of its pictures where x are latents
    data: Callable[[], torch.Tensor] | None = field(default=None, repr=False)  # clean x0 [N, C, H, W] that come with it
    shown: Callable[[], torch.Tensor] | None = field(default=None, repr=False)  # their classes [N]
    part: Part | None = None  # of its noise that it is used for; None: all of it
    credit: str = ""  # whose images these are, to be said where they are shown, or what it makes of them
