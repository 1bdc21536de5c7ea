"""Training the bundled digits model: a generator of snapshots, and the folder it is kept in.

Velocity prediction on DDPM's linear process of 1000 timesteps, by the loop of `descent`; timesteps are stratified over
a batch, which takes much of the noise out of the loss.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ays_toy.checks import real_number, whole_number
from ays_toy.images import digits
from ays_toy.images.initial import with_own_weights
from ays_toy.models.descent import descend

TIMESTEPS = 1000


@dataclass(frozen=True)
class PretrainingConfig:
    """Everything that decides the outcome of training the digits model."""

    channels: tuple[int, ...] = (8, 24)
    steps: int = 3000
    decay: float = 4 / 3  # the learning rate's cosine would reach zero after this many times `steps`
    batch: int = 64
    learning_rate: float = 3e-3
    ema: float = 0.998
    seed: int = 0

    def __post_init__(self) -> None:
        whole_number(self.steps, "The number of training steps", 1, 1_000_000)
        whole_number(self.batch, "The batch size", 1, 4096)
        real_number(self.learning_rate, "The learning rate", 1e-6, 1.0)
        real_number(self.decay, "The decay", 1.0, 100.0)
        real_number(self.ema, "The moving average's decay", 0.0, 0.99999)
        whole_number(self.seed, "The seed", 0, 2**31 - 1)


@dataclass(frozen=True, eq=False)
class PretrainingSnapshot:
    """Training after `step` of `steps`: the mean loss since the last snapshot, and that on held-out images."""

    step: int
    steps: int
    loss: float  # mean squared error of the velocity per pixel; 1 + the data's power for an untrained network
    held_out: float  # the same of the averaged weights on images and noise that are not trained on
    network: Any  # diffusers' UNet2DModel with the averaged weights


def network(channels: tuple[int, ...], generator: torch.Generator) -> Any:
    """An untrained UNet2DModel of 8 x 8 images; all its weights come from the generator."""
    from diffusers import UNet2DModel

    def build() -> Any:
        return UNet2DModel(
            sample_size=8,
            in_channels=1,
            out_channels=1,
            layers_per_block=1,
            block_out_channels=channels,
            down_block_types=("DownBlock2D",) * len(channels),
            up_block_types=("UpBlock2D",) * len(channels),
            norm_num_groups=4,
            add_attention=False,
        )

    return with_own_weights(build, generator)


def scheduler() -> Any:
    """DDPM's own process (Ho et al. 2020): linear beta, 1e-4 to 0.02, in 1000 timesteps; sigma from 0.01 to 157."""
    from diffusers import DDPMScheduler

    return DDPMScheduler(num_train_timesteps=TIMESTEPS, prediction_type="v_prediction", clip_sample=False)


class _Loss:
    """Mean squared error of the velocity at stratified timesteps."""

    def __init__(self, process: Any) -> None:
        power = process.alphas_cumprod.float()
        self.signal, self.noise = power.sqrt(), (1 - power).sqrt()

    def __call__(self, net: Any, x0: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        spread = (torch.arange(len(x0)) + torch.rand(len(x0), generator=generator)) / len(x0)
        timesteps = (spread * TIMESTEPS).long().clamp(max=TIMESTEPS - 1)
        signal, level = (values[timesteps].reshape(-1, 1, 1, 1) for values in (self.signal, self.noise))
        noise = torch.randn(x0.shape, generator=generator)
        predicted = net(signal * x0 + level * noise, timesteps).sample
        return (predicted - (signal * noise - level * x0)).square().mean()


def train(config: PretrainingConfig | None = None, *, every: int = 100) -> Iterator[PretrainingSnapshot]:
    """Train on the digits' training part, yielding a snapshot every `every` steps and at the end; runs on the CPU.

    Raises ValueError where training diverges.
    """
    config = config or PretrainingConfig()
    generator = torch.Generator().manual_seed(config.seed)
    batches = _batches(digits.data("train")[0], config.batch, generator)
    unseen = digits.data("test")[0].repeat(4, 1, 1, 1)
    net, loss_of = network(config.channels, generator), _Loss(scheduler())

    def loss_of_batch() -> torch.Tensor:
        return loss_of(net, next(batches), generator)

    for step, loss, average in descend(net, loss_of_batch, config, every=every, decay=config.decay):
        if step:
            with torch.no_grad():
                held_out = float(loss_of(average, unseen, torch.Generator().manual_seed(config.seed + 1)))
            yield PretrainingSnapshot(step, config.steps, loss, held_out, average)


def _batches(images: torch.Tensor, size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Batches of images for ever, every image as often as any other."""
    order = torch.empty(0, dtype=torch.int64)
    while True:
        while len(order) < size:
            order = torch.cat([order, torch.randperm(len(images), generator=generator)])
        rows, order = order[:size], order[size:]
        yield images[rows]


def save(net: Any, folder: Path) -> None:
    """Write network and process to a folder that diffusers' DDPMPipeline.from_pretrained reads."""
    from diffusers import DDPMPipeline

    pipeline: Any = DDPMPipeline(unet=net, scheduler=scheduler())
    pipeline.save_pretrained(folder, safe_serialization=True)
