"""A picture's file as numbers: one reader for all that a user brings, looked at before it is unpacked.

Whatever a file holds (8 or 16 bits, a palette, transparency, CMYK, the turn that a camera noted) becomes color and
opacity from 0 to 1, upright; every fault is one sentence about `what`.
"""

import io
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ays_toy.words import listed

GRAY = np.array([0.299, 0.587, 0.114])  # of red, green and blue in brightness (ITU-R 601)
DEEP = 2**16 - 1  # white in 16 bits

Fit = Callable[[Any], Any]  # makes a PIL image as small as it is needed


def read(
    file: bytes | Path, what: str, formats: tuple[str, ...], most: float, fit: Fit, least: int | None = None
) -> np.ndarray:
    """Red, green, blue and opacity [rows, columns, 4] (float32, 0 to 1) of a picture, after `fit`.

    Of an animation the first picture counts. A JPEG may be unpacked smaller than it is, at `least` pixels a side.
    Raises ValueError for formats other than these, for more than `most` pixels, and for damage.
    """
    with _opened(file, what, formats, most) as image:
        width, height = image.size
        if width * height > most:
            raise _too_many(what, f"{width * height / 1e6:,.0f}", most)
        try:
            if least:
                image.draft("RGB", (least, least))
            image.load()
            return _unpacked(image, fit)
        except Exception as error:  # decoders answer damage with errors of every kind
            raise _damaged(what) from error


def brightness(picture: np.ndarray) -> np.ndarray:
    """Brightness [rows, columns] of a picture [rows, columns, 3 or 4], whatever lies behind it."""
    return picture[..., :3] @ GRAY.astype(picture.dtype)


def on_white(picture: np.ndarray) -> np.ndarray:
    """Color [rows, columns, 3] of a picture [rows, columns, 4] that lies on white paper."""
    opacity = picture[..., 3:]
    return picture[..., :3] * opacity + (1 - opacity)


def _opened(file: bytes | Path, what: str, formats: tuple[str, ...], most: float) -> Any:
    """The image with nothing but its header read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is looked at by the caller
            return Image.open(io.BytesIO(file) if isinstance(file, bytes) else file, formats=formats)
    except Image.DecompressionBombError as error:
        raise _too_many(what, "far too many", most) from error
    except UnidentifiedImageError as error:
        named = listed(formats, "or")
        raise ValueError(f"{what} is not a {named} image: save it as one of these.") from error
    except Exception as error:
        if isinstance(error, OSError) and error.strerror:
            raise ValueError(f"{what} cannot be read ({error.strerror}): mend or remove it.") from error
        raise _damaged(what) from error


def _unpacked(image: Any, fit: Fit) -> np.ndarray:
    with suppress(Exception):  # the camera's notes may be damaged where the picture is not
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I"):
        return _deep(image, fit)
    transparent = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    mode = "RGBA" if transparent else "RGB"
    small = fit(image if image.mode == mode and "transparency" not in image.info else image.convert(mode))
    return np.asarray(small.convert("RGBA"), dtype=np.float32) / 255


def _deep(image: Any, fit: Fit) -> np.ndarray:
    """Sixteen bits of gray, which Pillow would cut off rather than scale; one value may stand for transparency."""
    values, clear = np.asarray(image), image.info.get("transparency", -1)
    gray = np.asarray(fit(Image.fromarray(values.astype(np.float32)))) / DEEP
    solid = (values != clear).astype(np.float32) if clear != -1 else None
    opacity = np.ones_like(gray) if solid is None else np.asarray(fit(Image.fromarray(solid)))
    return np.stack([gray, gray, gray, opacity], axis=-1).clip(0, 1)


def _damaged(what: str) -> ValueError:
    return ValueError(f"{what} is damaged or cut short: save or download it again.")


def _too_many(what: str, size: str, most: float) -> ValueError:
    return ValueError(f"{what} has {size} megapixels, where {most / 1e6:,.3g} can be read: save it smaller.")
