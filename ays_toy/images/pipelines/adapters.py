"""A network and the numbers about it become `denoiser(x, sigma) -> x0`."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.checkpoint import checkpoint

from ays_toy.data.denoisers import sigma_like
from ays_toy.images.pipelines.coordinates import Prediction
from ays_toy.images.pipelines.latents import back
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.pipelines.processes import Process

GRAPH = 4  # times fewer rows at once where a gradient is wanted, for which all that a network computes is held
NEAR = 1e-4  # in log sigma, over which the slope of a network's time is taken


class Network(Protocol):
    """What runs at one batch: a model with its conditioning and guidance, but in its own coordinates."""

    def __call__(self, x: torch.Tensor, timesteps: torch.Tensor, rows: range, /) -> torch.Tensor:
        """Return the prediction [n, C, H, W] for x [n, C, H, W] at timesteps [n], rows being their places in a call."""
        ...


class NetworkDenoiser:
    """D(x, sigma) of a network that was trained in its own coordinates, at most `batch` rows at a time.

    x [N, C, H, W] may be of any floating type and on any device: the arithmetic around the network is done in x's type
    and where x is, the network runs in its own, on a device that may know no float64 (Apple's MPS). `timesteps` maps
    noise levels to the network's time. Nothing is clipped, unlike in diffusers' schedulers with clip_sample=True: clip
    the result where the data ask for it.
    """

    def __init__(
        self,
        network: Network,
        timesteps: Callable[[np.ndarray], np.ndarray],
        prediction: Prediction,
        *,
        shape: tuple[int, int, int],
        device: torch.device,
        dtype: torch.dtype,
        batch: int,
    ) -> None:
        self.network, self.timesteps, self.prediction = network, timesteps, prediction
        self.shape, self.device, self.dtype, self.batch = shape, device, dtype, batch
        if device.type == "cuda" and dtype is torch.float32:
            # Else cuDNN keeps 10 bits of what it multiplies, as half precision does, of which the noise makes much.
            torch.backends.cudnn.allow_tf32 = False

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """Return x0 shaped as x [N, C, H, W], for sigma a number or [N].

        It can be differentiated where sigma requires a gradient, as levels do that are refined: batch by batch, each
        computed a second time, so that no more than one is held. Raises ValueError for x of another shape, and where a
        batch does not fit into the device's memory.
        """
        if tuple(x.shape[1:]) != self.shape:
            wanted = ", ".join(map(str, self.shape))
            raise ValueError(f"This model denoises x of shape [N, {wanted}], not {list(x.shape)}.")
        levels = torch.as_tensor(sigma, dtype=torch.float64).cpu().expand(len(x))
        traced = torch.is_grad_enabled() and levels.requires_grad
        with torch.set_grad_enabled(traced):
            times, size, parts = self._times(levels), max(1, self.batch // GRAPH) if traced else self.batch, []
            for start in range(0, len(x), size):
                rows = range(start, min(start + size, len(x)))
                some = slice(rows.start, rows.stop)
                given = x[some], levels[some], times[some], rows
                parts.append(
                    checkpoint(self._part, *given, use_reentrant=False, preserve_rng_state=False)
                    if traced
                    else self._part(*given)
                )
            return torch.cat(parts) if parts else torch.empty_like(x)

    def _times(self, levels: torch.Tensor) -> torch.Tensor:
        """The network's time of levels [N], whose slope is that of differences, so that any map has one."""
        at = levels.detach().numpy()
        times = torch.as_tensor(self.timesteps(at), dtype=torch.float64)
        if levels.requires_grad:
            ahead, behind = (self.timesteps(at * np.exp(step)) for step in (NEAR, -NEAR))
            times = times + torch.as_tensor((ahead - behind) / (2 * NEAR * at)) * (levels - levels.detach())
        return times.float()

    def _part(self, x: torch.Tensor, levels: torch.Tensor, times: torch.Tensor, rows: range) -> torch.Tensor:
        """Return x0 of one batch, all in tensors that may have a gradient."""
        level = sigma_like(levels, x)
        scaled = (self.prediction.scale(level) * x).to(self.dtype)
        try:
            answer = back(x, self.network(scaled.to(self.device), times.to(self.device), rows))
        except torch.OutOfMemoryError:
            raise ValueError(
                f"The memory of {self.device} cannot hold {len(rows)} images at once: load the model with a "
                f"smaller batch than {self.batch}."
            ) from None
        return self.prediction.clean(x, answer, level)


def network_model(
    network: Network,
    process: Process,
    *,
    shape: tuple[int, int, int],
    device: torch.device,
    dtype: torch.dtype,
    batch: int,
    **about: Any,
) -> ImageModel:
    """A model whose denoiser is a network that was trained on a process; `about` is all else."""
    whole: dict[str, Any] = {"shape": shape, "device": device, "dtype": dtype, "batch": batch}
    return ImageModel(
        denoiser=NetworkDenoiser(network, process.timesteps, process.prediction, **whole),
        sigma_min=float(process.sigmas[-1]),
        sigma_max=float(process.sigmas[0]),
        training_sigmas=process.training_sigmas,
        prediction=process.name,
        **whole,
        **about,
    )
