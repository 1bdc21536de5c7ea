"""Clean images to start paths from: a folder of the user's, those of the model, or the model's own samples."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps

from ays_toy import seeds, serving
from ays_toy.checks import expanded, is_folder, whole_number
from ays_toy.data import picture_files
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import many_steps

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")  # of what is in the files
MAX_PIXELS = 64 * 2**20  # of one file


@dataclass(frozen=True, eq=False)
class Source:
    """Clean data x0 [N, C, H, W] of a model, and a sentence on where they come from."""

    x0: torch.Tensor
    about: str


def find(model: ImageModel, count: int, *, folder: Path | None = None, seed: int = 0) -> Source:
    """At most `count` clean images: those of the folder, or that come with the model, or its own samples."""
    count = whole_number(count, "The number of paths", 2, 1_000_000)
    if folder is not None:
        return from_folder(model, folder, count)
    if model.data is not None:
        images = model.data()
        order = np.random.default_rng(seed).permutation(len(images))
        rows = _as_told(model, order, count) if model.labels else np.resize(order, count)
        about = f"{count:,} paths from the clean images of {model.title}"
        return Source(images[torch.as_tensor(rows)], f"{about}: {model.credit}" if model.credit else about)
    own = many_steps(model, seeds.OWN_IMAGES + seed, count)
    return Source(own, f"{count:,} paths from the model's own many-step samples")


def _as_told(model: ImageModel, order: np.ndarray, count: int) -> np.ndarray:
    """Rows of the model's images in which number n shows what row n of a call is told; some may come several times."""
    assert model.shown is not None
    each, shown = len(model.labels), model.shown().numpy()[order]
    rows = np.empty(count, dtype=int)
    for k, label in enumerate(model.labels):
        fitting = order[shown == label] if (shown == label).any() else order  # told nothing, it draws all there are
        rows[k::each] = np.resize(fitting, len(rows[k::each]))
    return rows


def from_folder(model: ImageModel, folder: Path, count: int) -> Source:
    """The first images of a folder by name, upright, on white, cropped to the model's shape and scaled, and encoded.

    Raises ValueError for no folder, no images in it, fewer than two, a file that cannot be read, and a model that is
    told several classes, since a folder does not say what its images show.
    """
    serving.current().check_path()
    if len(model.labels) > 1:
        raise ValueError(
            f"{model.title} is told what to draw, and a folder does not say what is in it: give one label."
        )
    files = _files(expanded(folder))[:count]
    if len(files) < 2:
        kinds = ", ".join(SUFFIXES)
        held = f"{len(files)} image" if files else "no images"
        raise ValueError(f"{folder} holds {held}, and two are needed: put {kinds} files into it.")
    channels, height, width = pixel_shape(model)
    if channels not in (1, 3):
        raise ValueError(f"Pictures have 1 or 3 channels and this model's have {channels}: leave the folder out.")
    arrays, fitted = [], 0
    for path in files:
        array, changed = _read(path, channels, height, width)
        arrays.append(array)
        fitted += changed
    pixels = torch.from_numpy(np.stack(arrays))
    about = f"{len(files):,} paths from images of {folder}"
    if fitted:
        about += f"; {fitted} cropped to the middle and scaled to {width}×{height}"
    with torch.no_grad():
        parts = pixels.split(max(1, model.batch))
        x0 = pixels if model.encode is None else torch.cat([model.encode(part).float().cpu() for part in parts])
    return Source(x0, about)


def _files(folder: Path) -> list[Path]:
    """The images of a folder by name, without those that a file system hides beside them."""
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()]
    except (OSError, ValueError) as error:  # the second for what cannot be in a path
        if not is_folder(folder):
            raise ValueError(f"There is no folder {folder}: give one that holds images.") from None
        raise ValueError(
            f"The folder {folder} cannot be read ({getattr(error, 'strerror', error)}): give another."
        ) from None
    return sorted(path for path in found if not path.name.startswith("."))


def pixel_shape(model: ImageModel) -> tuple[int, int, int]:
    """Channels, height and width of the model's pictures: of x0 itself where there is nothing to decode."""
    if model.decode is None:
        return model.shape
    with torch.no_grad():
        _, channels, height, width = model.decode(torch.zeros(1, *model.shape)).shape
    return channels, height, width


def _read(path: Path, channels: int, height: int, width: int) -> tuple[np.ndarray, bool]:
    """One file as float32 [C, H, W] in [-1, 1], and whether it had another size."""
    sizes: list[tuple[int, int]] = []

    def fit(image: Any) -> Any:
        sizes.append(image.size)
        return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)

    color = picture_files.on_white(picture_files.read(path, path.name, FORMATS, MAX_PIXELS, fit))
    values = color.transpose(2, 0, 1) if channels == 3 else picture_files.brightness(color)[None]
    return np.ascontiguousarray(2 * values - 1), sizes[0] != (width, height)
