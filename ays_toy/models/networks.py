"""A small MLP denoiser with EDM's preconditioning (Karras et al. 2022, Table 1 and Eq. 7)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.nn.functional import linear, silu

from ays_toy.checks import SIGMA_DATA, whole_number
from ays_toy.data.denoisers import sigma_like
from ays_toy.threads import one_thread

NOISE_FREQUENCIES = 8
POINT_OCTAVES = 3
CACHE_ROWS = 1024  # worked on at once on a CPU, so that what passes between layers stays in cache: a third faster

Layer = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of the MLP: hidden layers and their width."""

    width: int = 128
    depth: int = 3

    def __post_init__(self) -> None:
        whole_number(self.width, "The network's width", 8, 1024)
        whole_number(self.depth, "The network's depth", 1, 8)


class _Bare(nn.Linear):
    """A linear layer whose weights are drawn by who makes it.

    So is that of `nn.utils.skip_init`, which imports 500 modules of torch's when it is first called.
    """

    def reset_parameters(self) -> None:
        """Leave them as they are."""


class MLPDenoiser(nn.Module):
    """D(x, sigma) = c_skip x + c_out F(c_in x, log(sigma) / 4) for 2D data of std 0.5 (Karras et al., Eq. 7).

    F is an MLP whose hidden layers are scaled and shifted by an embedding of the noise level. All its weights come
    from `generator`, none from torch's global one; it is a valid denoiser before training (F = 0).
    """

    def __init__(self, config: NetworkConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        width, embed = config.width, 2 * NOISE_FREQUENCIES
        inputs = 2 + 4 * POINT_OCTAVES

        def layer(fan_in: int, fan_out: int, gain: float) -> nn.Linear:
            made = _Bare(fan_in, fan_out, device=generator.device)
            with torch.no_grad():
                made.weight.normal_(0.0, gain / math.sqrt(fan_in), generator=generator)
                made.bias.zero_()
            return made

        self.layers = nn.ModuleList(layer(inputs if k == 0 else width, width, 1.5) for k in range(config.depth))
        self.modulations = nn.ModuleList(layer(embed, 2 * width, 0.3) for _ in range(config.depth))
        self.last = layer(width, 2, 0.0)

    def forward(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """Estimate the clean points [N, 2] behind x [N, 2] at noise level sigma, a number or [N], typed as x."""
        weights = self.last.weight
        if (x.device, x.dtype) != (weights.device, weights.dtype):
            return self(x.to(weights), sigma).to(x)
        level = sigma_like(sigma, x)
        by_parts = level.ndim == 0 and x.device.type == "cpu" and not torch.is_grad_enabled()
        rows = min(CACHE_ROWS, len(x)) if by_parts else len(x)
        with one_thread(rows * self.config.width):
            layers = self._hidden(level)
            return torch.cat([self._denoise(part, level, layers) for part in x.split(max(1, rows))])

    def _hidden(self, level: torch.Tensor) -> list[Layer]:
        """The hidden layers at a level for all rows, or at one for each row [N, 1]."""
        noise, layers = embed_noise(level.reshape(-1, 1)), list[Layer]()
        for layer, modulation in zip(self.layers, self.modulations, strict=True):
            # Halves of the weights rather than of what comes out: the gradients of those are put together in no time.
            assert isinstance(layer, nn.Linear)
            assert isinstance(modulation, nn.Linear)
            halves = zip(modulation.weight.chunk(2), modulation.bias.chunk(2), strict=True)
            scale, shift = (linear(noise, weight, bias) for weight, bias in halves)
            if level.ndim:
                layers.append(partial(_modulated, layer, shift, 1 + scale))
            else:  # fold the modulation into the layer, a matrix product and nothing else
                scale, shift = 1 + scale[0], shift[0]
                weight = (layer.weight * scale[:, None]).T
                layers.append(partial(torch.addmm, shift + layer.bias * scale, mat2=weight))
        return layers

    def _denoise(self, x: torch.Tensor, level: torch.Tensor, layers: list[Layer]) -> torch.Tensor:
        total = level**2 + SIGMA_DATA**2
        skip, out = SIGMA_DATA**2 / total, level * SIGMA_DATA * total.rsqrt()
        h = embed_points(x * total.rsqrt())
        for layer in layers:
            h = silu(layer(h), inplace=not torch.is_grad_enabled())
        return torch.addcmul(skip * x, out, self.last(h))


def _modulated(layer: Layer, shift: torch.Tensor, scale: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    return torch.addcmul(shift, layer(h), scale)


def embed_noise(level: torch.Tensor) -> torch.Tensor:
    """Smooth features [N, 16] of the noise level [N, 1]: sines and cosines of log(sigma) / 4."""
    phase = level.log() / 4 * torch.linspace(0.5, 4.0, NOISE_FREQUENCIES, device=level.device, dtype=level.dtype)
    return torch.cat([phase.sin(), phase.cos()], dim=-1)


def embed_points(x: torch.Tensor) -> torch.Tensor:
    """The points, and sines and cosines of 1, 2 and 4 times them [N, 14]: plain MLPs are slow to learn fine detail."""
    sines, cosines = [x.sin()], [x.cos()]
    for _ in range(POINT_OCTAVES - 1):  # by doubling the angle, for a third of the time
        sine, cosine = sines[-1], cosines[-1]
        sines.append(2 * sine * cosine)
        cosines.append(1 - 2 * sine * sine)
    return torch.cat([x, *sines, *cosines], dim=-1)
