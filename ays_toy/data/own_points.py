"""A user's own points as text that a link holds."""

from typing import Any

import numpy as np

from ays_toy.data import packed
from ays_toy.data.datasets import from_points
from ays_toy.data.own_table import LEAST_POINTS

LATTICE = 65_535  # to which the longer side of the points' box is divided in a link
VERSION = 1
DAMAGED = "The points in this link are"


# Packed bytes: the version; then, of the points in order of x, the steps in x and the values of y on a lattice, their
# high bytes apart from the low ones, since zlib finds those alike.


def encode(points: Any) -> str:
    """Points [N, 2] up to shift and scale, on a lattice, as text to be read by `decode`; as long as it needs to be."""
    array = from_points(points).mixture.means  # refuses what is no set of points
    corner, span = array.min(axis=0), np.ptp(array, axis=0).max()
    places = ((array - corner) / span * LATTICE).round().astype(np.int64)
    places = places[np.lexsort(places.T[::-1])]
    columns = np.diff(places[:, 0], prepend=0), places[:, 1]
    halves = [part.astype(np.uint8).tobytes() for column in columns for part in (column >> 8, column & 255)]
    return packed.pack(bytes([VERSION]) + b"".join(halves))


def decode(text: str) -> np.ndarray:
    """The points [N, 2] behind a text, on their lattice; ValueError for one that is damaged, too long, or of none."""
    content = np.frombuffer(packed.unpack(text, DAMAGED), dtype=np.uint8)
    if content[:1].tolist() != [VERSION] or content.size % 4 != 1 or content.size < 1 + 4 * LEAST_POINTS:
        raise packed.damaged(DAMAGED)
    high_steps, low_steps, high, low = content[1:].astype(np.int64).reshape(4, -1)
    places = np.stack([np.cumsum(256 * high_steps + low_steps), 256 * high + low], axis=1)
    if places.max() > LATTICE:
        raise packed.damaged(DAMAGED)
    return places.astype(np.float64)
