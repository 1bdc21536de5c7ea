"""A user's image as ink: any PNG or JPEG, looked at before it is unpacked, every fault one sentence."""

import io
import warnings
from typing import Any

import numpy as np
from PIL import Image, ImageOps

MAX_BYTES, MAX_PIXELS = 2 * 2**20, 25_000_000
SIDE = 512  # pixels of the longer side that are used
FORMATS = ("PNG", "JPEG")
PAPER = 0.06  # how much brighter or darker than its border the paper may be
LEAST_CONTRAST = 0.02
INKS = {"auto": "Found by the border", "dark": "What is dark", "bright": "What is bright"}


def read_image(data: bytes, which: str = "auto") -> np.ndarray:
    """The ink of a PNG or JPEG [rows, columns], from 0 to 1, its longer side 512 pixels or less.

    Ink is what is darker than the border's median where that is bright, and what is brighter where it is dark; `which`
    may be 'dark' or 'bright' to say so instead. What is transparent holds none. Of an animation the first picture
    counts. Raises ValueError for more than 2 MiB or 25 megapixels, other formats, damage, and one color all over.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"The image has {len(data) / 2**20:,.1f} MiB, where {MAX_BYTES / 2**20:g} MiB can be read: save it smaller."
        )
    brightness, opacity = _pixels(data)
    found = _ink(brightness, opacity, which)
    if found is None:
        raise ValueError(
            "The image has one color all over, nothing to take points from: choose one with a shape on it."
        )
    return found


def _pixels(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Brightness and opacity [rows, columns] from 0 to 1, turned as the camera says, reduced to 512 pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is looked at below
            image: Any = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_many(0) from error
    except Image.UnidentifiedImageError as error:
        raise ValueError("The file is not a PNG or JPEG image: save it as one of these.") from error
    except Exception as error:  # decoders answer damage with errors of every kind
        raise _damaged() from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_many(width * height)
    try:
        image.draft("RGB", (SIDE, SIDE))  # a JPEG need not be unpacked in full
        if image.mode.startswith(("I", "F")):  # 16 bits, which would be cut off rather than scaled
            image = Image.fromarray((np.asarray(image, dtype=np.float64) / 257).clip(0, 255).astype(np.uint8))
        transparent = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
        image = image.convert("RGBA" if transparent else "RGB")
        image.thumbnail((SIDE, SIDE))
        image = ImageOps.exif_transpose(image)
        values = np.asarray(image.convert("RGBA"), dtype=np.float64) / 255
    except Exception as error:
        raise _damaged() from error
    return values[..., :3] @ [0.299, 0.587, 0.114], values[..., 3]


def _damaged() -> ValueError:
    return ValueError("The image is damaged or cut short: save or download it again.")


def _too_many(pixels: int) -> ValueError:
    size = f"{pixels / 1e6:,.0f}" if pixels else "far too many"
    return ValueError(f"The image has {size} megapixels, where {MAX_PIXELS / 1e6:g} can be read: save it smaller.")


def _ink(brightness: np.ndarray, opacity: np.ndarray, which: str) -> np.ndarray | None:
    """Ink from 0 to 1, None where there is none."""
    if which not in INKS:
        raise ValueError(f"Unknown ink {which!r}: choose one of {', '.join(INKS)}.")
    solid = opacity > 0.5
    border = np.ones(brightness.shape, dtype=bool)
    border[1:-1, 1:-1] = False
    if (border & solid).sum() * 2 >= border.sum():
        paper = float(np.median(brightness[border & solid]))
        dark = paper > 0.5 if which == "auto" else which == "dark"
    elif solid.any():  # cut out: the shape stands on nothing, and all of it is ink
        dark = float(np.median(brightness[solid])) < 0.5 if which == "auto" else which == "dark"
        paper = 1.0 if dark else 0.0
    else:
        return None
    ink = (paper - brightness if dark else brightness - paper) * opacity
    most = float(ink.max())
    if most < LEAST_CONTRAST:
        return None
    floor = min(PAPER, most / 4)
    return np.clip((ink - floor) / (most - floor), 0.0, 1.0)
