"""Small classifiers of the bundled digits, for their features: what a Fréchet distance of digits is measured in."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample

from ays_toy.checks import lookup
from ays_toy.estimates import Estimate
from ays_toy.images import labeled
from ays_toy.images.initial import with_own_weights
from ays_toy.images.neighbors import share
from ays_toy.models import checkpoints

WEIGHTS = Path(__file__).parent / "weights"
TURN, SHIFT, STRETCH = 10.0, 2.0, 0.1  # degrees, pixels and a share: how far images are moved at most


@dataclass(frozen=True)
class Design:
    """Convolutions, each by width and stride, the features that follow, and how these are trained."""

    convolutions: tuple[tuple[int, int], ...]
    features: int
    epochs: int
    moved: bool = False  # whether images are turned, shifted and stretched a little, anew in every epoch
    dtype: torch.dtype = torch.float32  # in which it is kept


DESIGNS = {
    "digits": Design(((16, 1), (32, 2)), 32, 30),
    "handwritten": Design(((32, 1), (32, 2), (64, 1), (64, 2), (64, 1)), 64, 15, moved=True, dtype=torch.float16),
}


class Classifier(nn.Module):
    """Convolutions and two linear layers; `features` are what the last one sees."""

    def __init__(self, name: str = "digits") -> None:
        super().__init__()
        design, layers, width = DESIGNS[name], list[nn.Module](), 1
        side = labeled.COLLECTIONS[name].side
        for wider, stride in design.convolutions:
            layers += [nn.Conv2d(width, wider, 3, stride=stride, padding=1), nn.SiLU()]
            width, side = wider, -(-side // stride)
        self.trunk = nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * side**2, design.features), nn.SiLU())
        self.head = nn.Linear(design.features, labeled.CLASSES)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Images [N, 1, H, W] in [-1, 1] -> points [N, d]."""
        return self.trunk(images)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits [N, 10] of the ten digits."""
        return self.head(self.features(images))


class Epoch(NamedTuple):
    """The classifier after an epoch: how many held-out images it tells rightly, as a fraction."""

    number: int  # from 1
    accuracy: float
    classifier: Classifier


def train(name: str = "digits", epochs: int | None = None, seed: int = 0) -> Iterator[Epoch]:
    """Train on the same images as the model of that name, yielding every epoch."""
    design = lookup(DESIGNS, name, "classifier")
    epochs = epochs or design.epochs
    net = with_own_weights(lambda: Classifier(name), torch.Generator().manual_seed(seed))
    images, labels = labeled.data(name, "train")
    unseen, truth = labeled.data(name, "test")
    generator = torch.Generator().manual_seed(seed)
    steps = epochs * -(-len(images) // 64)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for number in range(1, epochs + 1):
        for rows in torch.randperm(len(images), generator=generator).split(64):
            seen = _moved(images[rows], generator) if design.moved else images[rows]
            noisy = seen + 0.05 * torch.randn(seen.shape, generator=generator)
            loss = cross_entropy(net(noisy), labels[rows], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
        with torch.no_grad():
            yield Epoch(number, float((net(unseen).argmax(1) == truth).double().mean()), net)


def _moved(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The images [N, 1, H, W], each turned, shifted and stretched by amounts of its own, background where none was."""
    turn, along, across, width, height = 2 * torch.rand(5, len(images), generator=generator) - 1
    angle, step = math.radians(TURN) * turn, 2 * SHIFT / images.shape[-1]  # the grid runs from -1 to 1
    wide, high = 1 + STRETCH * width, 1 + STRETCH * height
    first = torch.stack([wide * angle.cos(), -high * angle.sin(), step * along], dim=1)
    second = torch.stack([wide * angle.sin(), high * angle.cos(), step * across], dim=1)
    grid = affine_grid(torch.stack([first, second], dim=1), list(images.shape), align_corners=False)
    return grid_sample(images + 1, grid, align_corners=False) - 1


def path(name: str) -> Path:
    """Where the classifier of the model of that name ships."""
    return WEIGHTS / f"{name}-classifier.safetensors"


def save(net: Classifier, name: str = "digits", **about: float) -> None:
    """Write the weights to one file, whole or not at all."""
    kept = {key: value.detach().to(DESIGNS[name].dtype).contiguous() for key, value in net.state_dict().items()}
    checkpoints.write(path(name), kept, about=about)


@lru_cache(maxsize=len(DESIGNS))
def load(name: str = "digits") -> Classifier:
    """A shipped classifier, frozen; DamagedError where its file is not whole."""
    with torch.device("meta"):  # no weights to be drawn first
        net = Classifier(name)
    net.load_state_dict(checkpoints.read_tensors(path(name)), assign=True)
    return net.eval().requires_grad_(False)


def features(images: torch.Tensor, name: str = "digits") -> torch.Tensor:
    """Images [N, 1, H, W] -> points [N, d] in that classifier's feature space, on the CPU."""
    net = load(name)
    return torch.cat([net.features(part) for part in images.float().cpu().split(1024)])


def read_rightly(name: str, images: torch.Tensor, kinds: torch.Tensor) -> Estimate:
    """The share of images [N, 1, H, W] in which that classifier reads what they should show [N]."""
    net = load(name)
    read = torch.cat([net(part).argmax(1) for part in images.float().cpu().split(1024)])
    return share(read == kinds)
