"""From a model's own process to variance-exploding coordinates, x = x0 + sigma noise, and back.

A network sees `scale(sigma) x` at the timestep that belongs to sigma, and what it returns (noise, velocity or clean
data) gives x0. A process that keeps variance has scale 1 / sqrt(1 + sigma^2), a flow (1 - s) x0 + s noise has
s = sigma / (1 + sigma), so scale 1 / (1 + sigma), and EDM's has 1 / sqrt(sigma_data^2 + sigma^2). None leaves anything
to fit: all are changes of variables.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

FLOW_TIMESTEPS = 1000  # flow-matching models of diffusers call s = 1 timestep 1000


@dataclass(frozen=True, eq=False)
class TrainingLevels:
    """The noise levels of a model's discrete timesteps: sigmas[t] ascends with t = 0, 1, ..."""

    sigmas: np.ndarray

    @classmethod
    def of(cls, alphas_cumprod: torch.Tensor) -> "TrainingLevels":
        """Levels sqrt((1 - a) / a) of a variance-preserving process with signal powers a [T].

        Checkpoints with zero terminal SNR end on a level without any signal, sigma = infinity. It is left out, so
        that the highest level is the largest finite one and every timestep keeps its number; so is the number that
        some schedulers put in its place, sigma = 4096, where the level before it is higher.
        """
        power = alphas_cumprod.double().cpu().numpy()
        power = power[: np.flatnonzero(power)[-1] + 1] if power.any() else power[:0]
        if power.size > 1 and power[-1] >= power[-2]:
            power = power[:-1]
        with np.errstate(invalid="ignore"):  # what is no process has levels that are no numbers
            return cls(np.sqrt((1 - power) / power))

    def timesteps(self, sigma: np.ndarray) -> np.ndarray:
        """Fractional timesteps of noise levels: linear in log sigma, constant outside the trained range.

        Outside it the network is asked about its nearest timestep while x keeps its true scale, as k-diffusion does.
        """
        return np.interp(np.log(sigma), np.log(self.sigmas), np.arange(self.sigmas.size))


def flow_time(sigma: np.ndarray) -> np.ndarray:
    """Time s in (0, 1) of a straight flow (1 - s) x0 + s noise at noise level sigma = s / (1 - s)."""
    return sigma / (1 + sigma)


def flow_sigma(s: np.ndarray) -> np.ndarray:
    """Noise level sigma = s / (1 - s) of a straight flow's time s; the inverse of `flow_time`."""
    return s / (1 - s)


def vp_scale(sigma: torch.Tensor) -> torch.Tensor:
    """What multiplies x = x0 + sigma noise to make it the input of a variance-preserving model."""
    return (1 + sigma.square()).rsqrt()


def flow_scale(sigma: torch.Tensor) -> torch.Tensor:
    """What multiplies x = x0 + sigma noise to make it (1 - s) x0 + s noise."""
    return 1 / (1 + sigma)


@dataclass(frozen=True)
class Prediction:
    """What a network returns: how its input is scaled, x0 from (x, output, sigma), output from (x0, noise, sigma)."""

    scale: Callable[[torch.Tensor], torch.Tensor]
    clean: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
    answer: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def _from_v(x: torch.Tensor, v: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """v = alpha noise - alpha sigma x0 with alpha = scale(sigma) (Salimans & Ho 2022, App. D)."""
    alpha = vp_scale(sigma)
    return alpha * (alpha * x - sigma * v)


PREDICTIONS: dict[str, Prediction] = {
    "epsilon": Prediction(vp_scale, lambda x, noise, sigma: x - sigma * noise, lambda _x0, noise, _sigma: noise),
    "v_prediction": Prediction(vp_scale, _from_v, lambda x0, noise, sigma: vp_scale(sigma) * (noise - sigma * x0)),
    "sample": Prediction(vp_scale, lambda _x, x0, _sigma: x0, lambda x0, _noise, _sigma: x0),
    # The network's velocity is noise - x0, so x0 = x_s - s v = scale (x - sigma v).
    "flow": Prediction(
        flow_scale,
        lambda x, velocity, sigma: flow_scale(sigma) * (x - sigma * velocity),
        lambda x0, noise, _sigma: noise - x0,
    ),
}


def edm(sigma_data: float, sign: float = 1.0) -> Prediction:
    """EDM's preconditioning D = c_skip x + c_out F(c_in x) for data of that std (Karras et al. 2022, Table 1).

    `sign` is that of c_out: diffusers has EDM's own, and its negative for what it calls v-prediction.
    """

    def spread(sigma: torch.Tensor) -> torch.Tensor:
        return (sigma.square() + sigma_data**2).sqrt()

    def skip(sigma: torch.Tensor) -> torch.Tensor:
        return sigma_data**2 / spread(sigma).square()

    def out(sigma: torch.Tensor) -> torch.Tensor:
        return sign * sigma * sigma_data / spread(sigma)

    return Prediction(
        lambda sigma: 1 / spread(sigma),
        lambda x, answer, sigma: skip(sigma) * x + out(sigma) * answer,
        lambda x0, noise, sigma: (x0 - skip(sigma) * (x0 + sigma * noise)) / out(sigma),
    )


def edm_time(sigma: np.ndarray) -> np.ndarray:
    """Time ln(sigma) / 4 of a network that is told a continuous noise level, EDM's c_noise."""
    return np.log(sigma) / 4


def edm_sigma(time: np.ndarray) -> np.ndarray:
    """Noise level of that time; the inverse of `edm_time`."""
    return np.exp(4 * time)
