"""The image model that is always there: scikit-learn's 8 x 8 handwritten digits, in diffusers' own format.

A DDPM of 0.16 million weights, trained by `python -m ays_toy image pretrain` (see `images.pretraining`) and shipped, so
that image pages and commands are real on any machine, offline, on a CPU.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from ays_toy.data.denoisers import Denoiser
from ays_toy.images.pipelines.folders import ModelFolder, check
from ays_toy.images.pipelines.models import ImageModel, Origin

WEIGHTS = Path(__file__).parent / "weights" / "digits"
HELD_OUT = 360  # of 1797 images: a fifth, which neither the model nor the classifier has seen
TITLE, SHAPE = "Handwritten digits, 8×8", (1, 8, 8)
BATCH = 256  # images through the network at once: larger ones gain nothing on a CPU


def load(
    *, device: str | None = None, dtype: torch.dtype | None = None, batch: int | None = None, folder: Path = WEIGHTS
) -> ImageModel:
    """The bundled model, or one of the same kind from another folder, frozen; errors are those of `images.load`."""
    from ays_toy.images.pipelines.unconditional import build

    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    found = build("digits", _folder(folder), place, dtype or torch.float32, lambda _shape: batch or BATCH)
    spread = float((data()[0] - data()[0].mean(dim=0)).square().mean().sqrt())
    assert found.training_sigmas is not None
    ours = described(found.denoiser, found.training_sigmas, spread, place)
    return replace(
        ours, dtype=found.dtype, batch=found.batch, origin=ours.origin if folder == WEIGHTS else found.origin
    )


def described(denoiser: Denoiser, levels: np.ndarray, spread: float, place: torch.device) -> ImageModel:
    """The bundled model with that denoiser, training levels [T], descending, and standard deviation of its data."""
    return ImageModel(
        name="digits",
        title=TITLE,
        denoiser=denoiser,
        shape=SHAPE,
        sigma_min=float(levels[-1]),
        sigma_max=float(levels[0]),
        sigma_data=spread,
        encode=None,
        decode=None,
        training_sigmas=levels,
        device=place,
        dtype=torch.float32,
        batch=BATCH,
        prediction="v_prediction",
        origin=origin(),
        data=clean,
    )


def origin() -> Origin:
    """How diffusers loads the model that ships, with a process that tests hold to every solver's scheduler."""
    found = _folder(WEIGHTS).origin
    assert found.scheduler is not None
    return replace(found, scheduler=replace(found.scheduler, tested=True))


def _folder(path: Path) -> ModelFolder:
    return check(path, str(path), path.name)  # not looked for by name, as a visitor's would be


def clean() -> torch.Tensor:
    """The images that the model was trained on [1437, 1, 8, 8]."""
    return data("train")[0]


@lru_cache(maxsize=1)
def _all() -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn.datasets import load_digits  # here, since it takes a second that only digits should cost

    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))  # the file runs from writer to writer
    pixels = torch.as_tensor(found.images[order] / 8 - 1, dtype=torch.float32)[:, None]
    return pixels, torch.as_tensor(found.target[order], dtype=torch.int64)


def data(part: str = "train") -> tuple[torch.Tensor, torch.Tensor]:
    """The images [N, 1, 8, 8] in [-1, 1] and what they show [N], 0 to 9; part is train (1437 images) or test (360)."""
    if part not in ("train", "test"):
        raise ValueError(f"The digits have a part 'train' and a part 'test', not {part!r}.")
    some = slice(HELD_OUT, None) if part == "train" else slice(HELD_OUT)
    images, labels = _all()
    return images[some].clone(), labels[some].clone()
