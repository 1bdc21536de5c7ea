"""A small classifier of the digits, for its features: what a Fréchet distance of digits is measured in."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from ays_toy.images import digits
from ays_toy.images.initial import with_own_weights
from ays_toy.models import checkpoints

WEIGHTS = Path(__file__).parent / "weights" / "digits-classifier.safetensors"
FEATURES = 32
EPOCHS = 30


class Classifier(nn.Module):
    """Two convolutions and two linear layers; `features` are what the last one sees."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(512, FEATURES),
            nn.SiLU(),
        )
        self.head = nn.Linear(FEATURES, 10)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Images [N, 1, 8, 8] in [-1, 1] -> points [N, 32]."""
        return self.trunk(images)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits [N, 10] of the ten digits."""
        return self.head(self.features(images))


class Epoch(NamedTuple):
    """The classifier after an epoch: how many held-out images it tells rightly, as a fraction."""

    number: int  # from 1
    accuracy: float
    classifier: Classifier


def train(epochs: int = EPOCHS, seed: int = 0) -> Iterator[Epoch]:
    """Train on the same images as the model, yielding every epoch."""
    net = with_own_weights(Classifier, torch.Generator().manual_seed(seed))
    images, labels = digits.data("train")
    unseen, truth = digits.data("test")
    generator = torch.Generator().manual_seed(seed)
    steps = epochs * -(-len(images) // 64)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for number in range(1, epochs + 1):
        for rows in torch.randperm(len(images), generator=generator).split(64):
            noisy = images[rows] + 0.05 * torch.randn(images[rows].shape, generator=generator)
            loss = nn.functional.cross_entropy(net(noisy), labels[rows], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
        with torch.no_grad():
            yield Epoch(number, float((net(unseen).argmax(1) == truth).double().mean()), net)


def save(net: Classifier, path: Path = WEIGHTS, **about: float) -> None:
    """Write the weights to one file, whole or not at all."""
    checkpoints.write(
        path, {name: value.detach().contiguous() for name, value in net.state_dict().items()}, about=about
    )


@lru_cache(maxsize=1)
def load() -> Classifier:
    """The shipped classifier, frozen; DamagedError where its file is not whole."""
    with torch.device("meta"):  # no weights to be drawn first
        net = Classifier()
    net.load_state_dict(checkpoints.read_tensors(WEIGHTS), assign=True)
    return net.eval().requires_grad_(False)


def features(images: torch.Tensor) -> torch.Tensor:
    """Images [N, 1, 8, 8] -> points [N, 32] in the classifier's feature space, on the CPU."""
    net = load()
    return torch.cat([net.features(part) for part in images.float().cpu().split(1024)])
