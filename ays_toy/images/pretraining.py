"""Training the bundled digits model: a generator of snapshots, and the folder it is kept in.

Velocity prediction on DDPM's linear process of 1000 timesteps, Adam with cosine decay, a moving average of the weights;
timesteps are stratified over a batch, which takes much of the noise out of the loss.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ays_toy.checks import real_number, whole_number
from ays_toy.images import digits
from ays_toy.images.initial import drawn

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

    return drawn(build, generator)


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
    whole_number(every, "The number of steps between snapshots", 1)
    generator = torch.Generator().manual_seed(config.seed)
    images, unseen = digits.data("train")[0], digits.data("test")[0].repeat(4, 1, 1, 1)
    net, loss_of = network(config.channels, generator), _Loss(scheduler())

    def average_in(average: Any, current: Any, count: torch.Tensor | int) -> None:
        get_ema_multi_avg_fn(min(config.ema, (1 + int(count)) / (10 + int(count))))(average, current, count)

    average = AveragedModel(net, multi_avg_fn=average_in)
    optimizer = torch.optim.Adam(net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), fused=True)
    warm = min(100, config.steps)
    decay = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda k: min(1.0, (k + 1) / warm) * 0.5 * (1 + math.cos(math.pi * k / (config.steps * config.decay))),
    )
    total, since, order = 0.0, 0, torch.empty(0, dtype=torch.int64)
    for step in range(1, config.steps + 1):
        if len(order) < config.batch:
            order = torch.cat([order, torch.randperm(len(images), generator=generator)])
        rows, order = order[: config.batch], order[config.batch :]
        loss = loss_of(net, images[rows], generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
        average.update_parameters(net)
        total, since = total + float(loss.detach()), since + 1
        if step % every == 0 or step == config.steps:
            if not total / since < 100.0:  # NaN too
                raise ValueError(f"Training diverged before step {step}: lower the learning rate and start again.")
            with torch.no_grad():
                held_out = float(loss_of(average.module, unseen, torch.Generator().manual_seed(config.seed + 1)))
            yield PretrainingSnapshot(step, config.steps, total / since, held_out, average.module)
            total, since = 0.0, 0


def save(net: Any, folder: Path) -> None:
    """Write network and process to a folder that diffusers' DDPMPipeline.from_pretrained reads."""
    from diffusers import DDPMPipeline

    pipeline: Any = DDPMPipeline(unet=net, scheduler=scheduler())
    pipeline.save_pretrained(folder, safe_serialization=True)
