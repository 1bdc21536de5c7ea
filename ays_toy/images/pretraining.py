"""Training the bundled models of digits: a generator of snapshots, and the folder that a model is kept in.

Velocity prediction on DDPM's linear process of 1000 timesteps, by the loop of `descent`; timesteps are stratified over
a batch, which takes much of the noise out of the loss. A model that is told what to draw is told nothing (a class of
its own) of every tenth image, so that guidance can take the one from the other (Ho & Salimans 2022).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from ays_toy.checks import lookup, real_number, whole_number
from ays_toy.images import labeled
from ays_toy.images.initial import with_own_weights
from ays_toy.models import checkpoints
from ays_toy.models.descent import Rate, State, cosine, descend, level_then_down

TIMESTEPS = 1000
UNTOLD = 0.1  # of the images of a model with labels
HELD_OUT, AT_ONCE = 1440, 256  # images behind a held-out loss, where fewer are taken several times, and at a time


@dataclass(frozen=True)
class PretrainingConfig:
    """Everything that decides the outcome of training a model of digits."""

    images: str = "digits"
    channels: tuple[int, ...] = (8, 24)
    groups: int = 4  # of every group norm
    attention: bool = False  # where images are smallest
    labels: bool = False  # whether the model is told what to draw
    half: bool = False  # multiply in bfloat16, which newer CPUs do faster, and keep the weights in half precision
    steps: int = 3000
    decay: float = 4 / 3  # the learning rate's cosine would reach zero after this many times `steps`
    descent: int = 0  # steps at the end in which it falls to zero on a line instead, and is level before; 0: a cosine
    batch: int = 64
    learning_rate: float = 3e-3
    ema: float = 0.998
    seed: int = 0

    def __post_init__(self) -> None:
        lookup(labeled.COLLECTIONS, self.images, "collection of images")
        whole_number(self.steps, "The number of training steps", 1, 1_000_000)
        whole_number(self.descent, "The number of steps in which the learning rate falls", 0, 1_000_000)
        whole_number(self.batch, "The batch size", 1, 4096)
        real_number(self.learning_rate, "The learning rate", 1e-6, 1.0)
        real_number(self.decay, "The decay", 1.0, 100.0)
        real_number(self.ema, "The moving average's decay", 0.0, 0.99999)
        whole_number(self.seed, "The seed", 0, 2**31 - 1)

    @property
    def rate(self) -> Rate:
        """The learning rate's course."""
        return level_then_down(self.steps, self.descent) if self.descent else cosine(self.steps * self.decay)


CONFIGS = {
    "digits": PretrainingConfig(),
    "handwritten": PretrainingConfig(
        images="handwritten",
        channels=(32, 64, 128),
        groups=8,
        attention=True,
        labels=True,
        half=True,
        steps=4158,
        descent=658,
        learning_rate=1e-3,
    ),
}


@dataclass(frozen=True, eq=False)
class PretrainingSnapshot:
    """Training after `step` of `steps`, until it goes on: the mean loss since the last snapshot, and the network."""

    step: int
    steps: int
    loss: float  # squared velocity error per pixel: 1 + the data's power if untrained; NaN where it is taken up again
    network: Any  # diffusers' UNet2DModel with the averaged weights
    measure: "Loss"

    @cached_property
    def held_out(self) -> float:
        """The loss of the averaged weights on images that are not trained on: measured when it is asked for."""
        return self.measure.held_out(self.network)


def network(config: PretrainingConfig, generator: torch.Generator) -> Any:
    """An untrained UNet2DModel; all its weights come from the generator."""
    from diffusers import UNet2DModel

    def build() -> Any:
        return UNet2DModel(
            sample_size=labeled.COLLECTIONS[config.images].side,
            in_channels=1,
            out_channels=1,
            layers_per_block=1,
            block_out_channels=config.channels,
            down_block_types=("DownBlock2D",) * len(config.channels),
            up_block_types=("UpBlock2D",) * len(config.channels),
            norm_num_groups=config.groups,
            add_attention=config.attention,
            attention_head_dim=min(32, config.channels[-1]) if config.attention else 8,
            num_class_embeds=labeled.CLASSES + 1 if config.labels else None,
        )

    return with_own_weights(build, generator)


def scheduler() -> Any:
    """DDPM's own process (Ho et al. 2020): linear beta, 1e-4 to 0.02, in 1000 timesteps; sigma from 0.01 to 157."""
    from diffusers import DDPMScheduler

    return DDPMScheduler(num_train_timesteps=TIMESTEPS, prediction_type="v_prediction", clip_sample=False)


class Loss:
    """Mean squared error of the velocity at stratified timesteps, labels left out of a tenth of the images."""

    def __init__(self, process: Any, config: PretrainingConfig) -> None:
        power = process.alphas_cumprod.float()
        self.signal, self.noise = power.sqrt(), (1 - power).sqrt()
        self.config = config

    def __call__(self, net: Any, x0: torch.Tensor, labels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """The loss, a scalar, of clean images x0 [B, 1, H, W] that show labels [B]."""
        spread = (torch.arange(len(x0)) + torch.rand(len(x0), generator=generator)) / len(x0)
        timesteps = (spread * TIMESTEPS).long().clamp(max=TIMESTEPS - 1)
        signal, level = (values[timesteps].reshape(-1, 1, 1, 1) for values in (self.signal, self.noise))
        noise = torch.randn(x0.shape, generator=generator)
        told = None
        if self.config.labels:
            told = labels.where(torch.rand(len(labels), generator=generator) >= UNTOLD, labeled.CLASSES)
        with self._arithmetic():
            predicted = net(signal * x0 + level * noise, timesteps, class_labels=told).sample.float()
        return (predicted - (signal * noise - level * x0)).square().mean()

    def _arithmetic(self) -> AbstractContextManager[Any]:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.config.half)

    @torch.no_grad()
    def held_out(self, net: Any) -> float:
        """The loss on images that are not trained on, on the same noise at every call."""
        generator = torch.Generator().manual_seed(self.config.seed + 1)
        x0, labels = labeled.data(self.config.images, "test")
        often = max(1, HELD_OUT // len(x0))
        x0, labels = x0.repeat(often, 1, 1, 1), labels.repeat(often)
        parts = zip(x0.split(AT_ONCE), labels.split(AT_ONCE), strict=True)
        return sum(len(some) * float(self(net, some, told, generator)) for some, told in parts) / len(x0)


class _Batches:
    """Batches of images and labels for ever, every image as often as any other."""

    def __init__(self, config: PretrainingConfig, generator: torch.Generator) -> None:
        self.images, self.labels = labeled.data(config.images, "train")
        self.size, self.generator = config.batch, generator
        self.order = torch.empty(0, dtype=torch.int64)  # of the images that are to come

    def next(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The next batch."""
        while len(self.order) < self.size:
            self.order = torch.cat([self.order, torch.randperm(len(self.images), generator=self.generator)])
        rows, self.order = self.order[: self.size], self.order[self.size :]
        return self.images[rows], self.labels[rows]


def train(
    config: PretrainingConfig | None = None, *, every: int = 100, checkpoint: Path | None = None
) -> Iterator[PretrainingSnapshot]:
    """Train on the training part, yielding a snapshot every `every` steps and at the end; runs on the CPU.

    With a checkpoint every snapshot is written to it, and a run goes on from it to the bit: one that was cut short, or
    one that ended, to another number of steps. Raises ValueError for a checkpoint of another configuration, and where
    training diverges.
    """
    config = config or PretrainingConfig()
    generator = torch.Generator().manual_seed(config.seed)
    batches = _Batches(config, generator)
    net, loss_of = network(config, generator), Loss(scheduler(), config)
    start = _taken_up(checkpoint, config, batches) if checkpoint and checkpoint.exists() else None

    def loss_of_batch() -> torch.Tensor:
        return loss_of(net, *batches.next(), generator)

    for reached in descend(net, loss_of_batch, config, every=every, rate=config.rate, start=start):
        if not reached.step:
            continue
        if checkpoint:
            _keep(checkpoint, config, batches, reached.state())
        yield PretrainingSnapshot(reached.step, config.steps, reached.loss, reached.average, loss_of)


def _identity(config: PretrainingConfig) -> dict[str, Any]:
    """What must not change while a training is interrupted: all but when it ends, and how."""
    same = asdict(replace(config, steps=1, descent=0))
    return same | {"channels": list(config.channels)}


def _keep(path: Path, config: PretrainingConfig, batches: _Batches, state: State) -> None:
    more = {"generator": batches.generator.get_state(), "order": batches.order.clone()}
    checkpoints.write(path, state | more, config=_identity(config))


def _taken_up(path: Path, config: PretrainingConfig, batches: _Batches) -> State:
    """What a checkpoint holds, the batches as they then were; ValueError where it is of another configuration."""
    if checkpoints.read_notes(path).get("config") != _identity(config):
        raise ValueError(f"{path} is the checkpoint of another training: name another file, or delete it.")
    state = checkpoints.read_tensors(path)
    batches.generator.set_state(state.pop("generator").to(torch.uint8))
    batches.order = state.pop("order").to(torch.int64)
    return state


def save(net: Any, folder: Path, *, half: bool = False) -> None:
    """Write network and process, in half precision or single, to a folder that diffusers' DDPMPipeline reads."""
    from diffusers import DDPMPipeline

    kept = deepcopy(net).half() if half else net
    pipeline: Any = DDPMPipeline(unet=kept, scheduler=scheduler())
    pipeline.save_pretrained(folder, safe_serialization=True)
