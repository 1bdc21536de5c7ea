"""A user's image as ink: any PNG or JPEG, every fault one sentence."""

from typing import Any

import numpy as np

from ays_toy.data import picture_files

MAX_BYTES, MAX_PIXELS = 2 * 2**20, 25_000_000
SIDE = 512  # pixels of the longer side that are used
FORMATS = ("PNG", "JPEG")
PAPER = 0.06  # how much brighter or darker than its border the paper may be
FAINT = 0.02  # differences of brightness below which those of color are looked at
INKS = {"auto": "Found by the border", "dark": "What is dark", "bright": "What is bright"}


def read_image(data: bytes, which: str = "auto") -> np.ndarray:
    """The ink of a PNG or JPEG [rows, columns], from 0 to 1, its longer side 512 pixels or less.

    The border's median is the paper, and ink is what is darker or what is brighter, whichever stands out more; `which`
    may be 'dark' or 'bright' to say so instead. What is transparent holds none. Of an animation the first picture
    counts. Raises ValueError for more than 2 MiB or 25 megapixels, other formats, damage, one color all over, and where
    nothing is as dark or as bright as was said.
    """
    if which not in INKS:
        raise ValueError(f"Unknown ink {which!r}: choose one of {', '.join(INKS)}.")
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"The image has {len(data) / 2**20:,.1f} MiB, where {MAX_BYTES / 2**20:g} MiB can be read: save it smaller."
        )
    picture = picture_files.read(data, "The file", FORMATS, MAX_PIXELS, _small, least=SIDE).astype(np.float64)
    opacity = picture[..., 3]
    solid = opacity > opacity.max() / 2
    if not solid.any():
        raise ValueError("The image is transparent all over: choose one with a shape on it.")
    if solid.all() and not np.ptp(picture[..., :3], axis=(0, 1)).any():
        raise ValueError("The image has one color all over, no shape to take points from: choose another.")
    return _ink(_shade(picture, solid), opacity, solid, which)


def _small(image: Any) -> Any:
    image.thumbnail((SIDE, SIDE))
    return image


def _shade(picture: np.ndarray, solid: np.ndarray) -> np.ndarray:
    """Brightness [rows, columns] or, where shapes differ from their paper in hue alone, the color that tells them."""
    layers = [picture_files.brightness(picture), *picture[..., :3].transpose(2, 0, 1)]
    ranges = [float(np.ptp(layer[solid])) for layer in layers]
    return layers[0] if ranges[0] > FAINT else layers[int(np.argmax(ranges))]


def _ink(shade: np.ndarray, opacity: np.ndarray, solid: np.ndarray, which: str) -> np.ndarray:
    """Ink from 0 to 1, 1 where there is most."""
    border = np.ones(shade.shape, dtype=bool)
    border[1:-1, 1:-1] = False
    if (border & solid).sum() * 2 >= border.sum():
        paper = float(np.median(shade[border & solid]))
        sides = {"dark": (paper - shade) * opacity, "bright": (shade - paper) * opacity}
        found = max(sides, key=lambda side: _weight(sides[side]))
    else:  # cut out: the shape stands on nothing, and all of it is ink
        sides = {"dark": (1.0 - shade) * opacity, "bright": shade * opacity}
        found = "dark" if float(np.median(shade[solid])) < 0.5 else "bright"
    ink = sides[found if which == "auto" else which]
    most = float(ink.max())
    if not most > np.finfo(np.float32).eps:
        side = "darker" if which == "dark" else "brighter"
        raise ValueError(f"Nothing in the image is {side} than its paper, by the border: choose another ink.")
    floor = min(PAPER, most / 4)
    return np.clip((ink - floor) / (most - floor), 0.0, 1.0)


def _weight(ink: np.ndarray) -> float:
    """How much stands out on one side: cubed, so that a thin line outweighs a wide shadow on the paper."""
    return float((np.maximum(ink, 0.0) ** 3).sum())
