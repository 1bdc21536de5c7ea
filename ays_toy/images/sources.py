"""Clean images to start paths from: a folder of the user's, the bundled digits, or the model's own samples."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ays_toy.checks import whole_number
from ays_toy.images import digits
from ays_toy.images.models import ImageModel
from ays_toy.images.sampling import many_steps

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
MAX_PIXELS = 64 * 2**20  # of one file


@dataclass(frozen=True, eq=False)
class Source:
    """Clean data x0 [N, C, H, W] of a model, and a sentence on where they come from."""

    x0: torch.Tensor
    about: str


def find(model: ImageModel, count: int, *, folder: Path | None = None, seed: int = 0) -> Source:
    """At most `count` clean images: those of the folder, or the digits for the digits, or the model's own samples."""
    count = whole_number(count, "The number of paths", 2, 1_000_000)
    if folder is not None:
        return from_folder(model, folder, count)
    if model.name == "digits":
        images = digits.data("train")[0]
        rows = np.random.default_rng(seed).permutation(len(images))
        rows = np.concatenate([rows] * -(-count // len(rows)))[:count]  # a digit may start several paths
        return Source(images[torch.as_tensor(rows)], f"{count:,} paths from the digits' training images")
    own = many_steps(model, seed, count)
    return Source(own, f"{count:,} paths from the model's own many-step samples")


def from_folder(model: ImageModel, folder: Path, count: int) -> Source:
    """The first images of a folder by name, cropped to the model's shape and scaled, and encoded.

    Raises ValueError for no folder, no images in it, fewer than two, and a file that cannot be read.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}: give one that holds images.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)[:count]
    if len(files) < 2:
        kinds = ", ".join(SUFFIXES)
        raise ValueError(f"{folder} holds {len(files) or 'no'} images, and two are needed: put {kinds} files into it.")
    channels, height, width = pixel_shape(model)
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


def pixel_shape(model: ImageModel) -> tuple[int, int, int]:
    """Channels, height and width of the model's pictures: of x0 itself where there is nothing to decode."""
    if model.decode is None:
        return model.shape
    with torch.no_grad():
        _, channels, height, width = model.decode(torch.zeros(1, *model.shape)).shape
    return channels, height, width


def _read(path: Path, channels: int, height: int, width: int) -> tuple[np.ndarray, bool]:
    """One file as float32 [C, H, W] in [-1, 1], and whether it had another size."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(f"{path.name} has more than {MAX_PIXELS:,} pixels: scale it down.")
            changed = picture.size != (width, height)
            plain = ImageOps.exif_transpose(picture).convert("L" if channels == 1 else "RGB")
            fitted = ImageOps.fit(plain, (width, height), Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name} is not an image that can be read: remove or mend it ({error}).") from None
    values = np.asarray(fitted, dtype=np.float32) / 127.5 - 1
    return values.reshape(height, width, channels).transpose(2, 0, 1).copy(), changed
