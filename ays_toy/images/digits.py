"""The image models that are always there: handwritten digits of 8 x 8 and of 28 x 28, in diffusers' own format.

"digits" is a DDPM of 0.16 million weights and lives in the moment; "handwritten" has 2.5 million, is told which digit
to draw, and is large enough to see strokes break. `python -m ays_toy image pretrain` makes them (see
`images.pretraining`), and they ship, so that image pages and commands are real on any machine, offline, on a CPU.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from ays_toy.bundled import BUNDLED
from ays_toy.checks import lookup
from ays_toy.data.denoisers import Denoiser
from ays_toy.images import labeled
from ays_toy.images.pipelines.folders import ModelFolder, check
from ays_toy.images.pipelines.models import ImageModel, Origin

WEIGHTS = Path(__file__).parent / "weights"


def load(
    name: str = "digits",
    *,
    device: str | None = None,
    dtype: torch.dtype | None = None,
    batch: int | None = None,
    labels: int | Sequence[int] | None = None,
    guidance: float | None = None,
    folder: Path | None = None,
) -> ImageModel:
    """A bundled model, or one of the same kind from another folder, frozen; errors are those of `images.load`."""
    from ays_toy.images.pipelines.pixels import build

    kind, place = lookup(BUNDLED, name, "bundled model"), torch.device(device or _device())
    told = labels if labels is not None else kind.labels or None
    files = _folder(folder or WEIGHTS / name)
    scale = kind.guidance if guidance is None else guidance
    found = build(name, files, place, dtype or torch.float32, lambda _shape: batch or kind.batch, told, scale)
    assert found.training_sigmas is not None
    images = labeled.data(name)[0]
    spread = float((images - images.mean(dim=0)).square().mean().sqrt())
    whence = found.origin if folder else origin(name)
    ours = described(name, found.denoiser, found.training_sigmas, spread, place, whence, found.labels, found.guidance)
    return replace(ours, dtype=found.dtype, batch=found.batch)


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def described(
    name: str,
    denoiser: Denoiser,
    levels: np.ndarray,
    spread: float,
    place: torch.device,
    whence: Origin | None,
    labels: tuple[int, ...] = (),
    guidance: float | None = None,
) -> ImageModel:
    """A bundled model with that denoiser, training levels [T], descending, and standard deviation of its data."""
    kind, side = BUNDLED[name], labeled.COLLECTIONS[name].side
    return ImageModel(
        name=name,
        title=kind.title,
        denoiser=denoiser,
        shape=(1, side, side),
        sigma_min=float(levels[-1]),
        sigma_max=float(levels[0]),
        sigma_data=spread,
        encode=None,
        decode=None,
        training_sigmas=levels,
        device=place,
        dtype=torch.float32,
        batch=kind.batch,
        prediction="v_prediction",
        origin=whence,
        labels=labels,
        guidance=guidance,
        data=partial(clean, name, labels),
        shown=partial(shown, name, labels) if labels else None,
        credit=labeled.COLLECTIONS[name].credit,
    )


def origin(name: str) -> Origin:
    """How diffusers loads a model that ships, with a process that tests hold to every solver's scheduler."""
    found = _folder(WEIGHTS / name).origin
    assert found.scheduler is not None
    return replace(found, scheduler=replace(found.scheduler, tested=True))


def _folder(path: Path) -> ModelFolder:
    return check(path, str(path), path.name)  # not looked for by name, as a visitor's would be


def clean(name: str, labels: tuple[int, ...] = ()) -> torch.Tensor:
    """The images [N, 1, H, W] that the model was trained on: of what these labels say, where there are any."""
    images, kinds = labeled.data(name)
    return images[_among(kinds, labels)]


def shown(name: str, labels: tuple[int, ...] = ()) -> torch.Tensor:
    """What those images show [N]."""
    kinds = labeled.data(name)[1]
    return kinds[_among(kinds, labels)]


def _among(kinds: torch.Tensor, labels: tuple[int, ...]) -> torch.Tensor:
    if not labels or labeled.CLASSES in labels:  # told nothing, it draws all of them
        return torch.ones(len(kinds), dtype=torch.bool)
    return torch.isin(kinds, torch.tensor(labels))
