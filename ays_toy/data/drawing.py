"""Drawings: strokes of a round brush, the ink they leave, the points drawn from it, and the text that they travel as.

All lengths are in units of a square lattice, x to the right and y down, as in the browser. The text holds everything:
the same text gives the same points on every machine.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.checks import lookup, whole_number
from ays_toy.data import ink, packed
from ays_toy.data.datasets import from_points

LATTICE, FINER = 512, 2  # units along a side, and how many of them make a pixel of the ink
PLACES, SHIFT, AT_ONCE = 2, 0.25, 128  # places along a unit, the first one's distance from it; segments at once
LEAST_BRUSH, MAX_BRUSH = 4, 128  # a brush's diameter
STRENGTHS = (0.25, 0.5, 0.75, 1.0)  # the share of the paper that one stroke covers
MAX_STROKES, MAX_VERTICES = 200, 4000
MAX_ROWS = 8_000_000  # of places, in the reach of all segments together: one or two seconds of work
VERSION = 1
DAMAGED = "The drawing in this link is"


def _turns(count: int) -> np.ndarray:
    angles = 2 * np.pi * np.arange(count) / count
    return np.array([[[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]] for a in angles])


def _mirrors(*scales: tuple[float, float]) -> np.ndarray:
    return np.array([np.diag(scale) for scale in ((1.0, 1.0), *scales)])


# Every stroke is drawn once per matrix [2, 2], about the center. The order is part of the text's format.
SYMMETRIES: dict[str, np.ndarray] = {
    "none": _turns(1),
    "left-right": _mirrors((-1.0, 1.0)),
    "four-fold": _mirrors((-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)),
    "rotate-2": _turns(2),
    "rotate-3": _turns(3),
    "rotate-5": _turns(5),
    "rotate-6": _turns(6),
    "rotate-8": _turns(8),
}


@dataclass(frozen=True)
class Stroke:
    """A round brush of that diameter moved along a path of lattice points (x, y); its strength indexes STRENGTHS.

    A path of one point is a dot. Raises ValueError for anything off the lattice or beyond the bounds above.
    """

    path: tuple[tuple[int, int], ...]
    brush: int = 18
    strength: int = len(STRENGTHS) - 1
    symmetry: str = "none"
    erase: bool = False

    def __post_init__(self) -> None:
        whole_number(self.brush, "The brush's width", LEAST_BRUSH, MAX_BRUSH)
        whole_number(self.strength, "The brush's strength", 0, len(STRENGTHS) - 1)
        lookup(SYMMETRIES, self.symmetry, "symmetry")
        if not 1 <= len(self.path) <= MAX_VERTICES:
            raise ValueError(f"A stroke has 1 to {MAX_VERTICES:,} corners, not {len(self.path):,}.")
        for place in self.path:
            for value in place:
                whole_number(value, "A stroke's corner", 0, LATTICE - 1)

    @property
    def rows(self) -> int:
        """Rows of places in the brush's reach, over all segments: what it takes to ink them."""
        heights = np.abs(np.diff(self.copies()[:, :, 1], axis=1))
        return int(PLACES * (heights.sum() + (heights.size or len(self.copies())) * self.brush))

    def copies(self) -> np.ndarray:
        """The path as often as the symmetry repeats it [copies, M, 2]."""
        center = (LATTICE - 1) / 2
        x, y = (np.array(self.path) - center).T
        a, b, c, d = SYMMETRIES[self.symmetry].reshape(-1, 4, 1).swapaxes(0, 1)
        return np.stack([a * x + b * y, c * x + d * y], axis=2) + center  # not by @, whose roundings vary


@dataclass(frozen=True)
class Drawing:
    """Strokes, the later over the earlier, and how many points are drawn from their ink."""

    strokes: tuple[Stroke, ...]
    count: int = ink.COUNT

    def __post_init__(self) -> None:
        whole_number(self.count, "The number of points", ink.LEAST_POINTS, ink.MAX_POINTS)
        corners = sum(len(stroke.path) for stroke in self.strokes)
        if len(self.strokes) > MAX_STROKES or corners > MAX_VERTICES:
            raise ValueError(
                f"A drawing has at most {MAX_STROKES} strokes and {MAX_VERTICES:,} corners; this has "
                f"{len(self.strokes)} and {corners:,}: undo some of it."
            )
        if sum(stroke.rows for stroke in self.strokes) > MAX_ROWS:
            raise ValueError("So many long strokes with so wide a brush take too long to ink: undo some of it.")

    @classmethod
    def from_json(cls, strokes: Any, count: int = ink.COUNT) -> "Drawing":
        """The drawing that a browser sent: a list of strokes, each with its path as [x, y, x, y, …]."""
        if not isinstance(strokes, list):
            raise ValueError("A drawing is a list of strokes: draw it anew.")
        return cls(tuple(map(_stroke, strokes)), count)

    def to_json(self) -> list[dict[str, Any]]:
        """The strokes as a browser takes them."""
        return [
            {
                "path": [value for place in stroke.path for value in place],
                "brush": stroke.brush,
                "strength": stroke.strength,
                "symmetry": stroke.symmetry,
                "erase": stroke.erase,
            }
            for stroke in self.strokes
        ]

    def density(self) -> np.ndarray:
        """The paper's ink from 0 to 1 [256, 256], row 0 at the top; a stroke covers a share of what is bare still."""
        side = LATTICE // FINER
        paper = np.zeros((side, side))
        for stroke in self.strokes:
            covered = _footprint(stroke)
            paper = (
                paper * (1 - covered) if stroke.erase else 1 - (1 - paper) * (1 - STRENGTHS[stroke.strength] * covered)
            )
        return np.where(paper > 1e-6, paper, 0.0)

    def points(self) -> np.ndarray:
        """The points [count, 2], always the same ones; ValueError where there is no ink, or all of it in one place."""
        points = ink.points(self.density(), self.count, torch.Generator().manual_seed(seeds.DRAWING))
        from_points(points)
        return points


def _stroke(sent: Any) -> Stroke:
    if not isinstance(sent, Mapping) or not isinstance(path := sent.get("path"), list) or len(path) % 2:
        raise ValueError("A stroke is a brush and a path of x, y, x, y, …: draw it anew.")
    if len(path) > 2 * MAX_VERTICES:
        raise ValueError(f"A stroke has at most {MAX_VERTICES:,} corners: draw it in parts.")
    values = [whole_number(value, "A stroke's corner", 0, LATTICE - 1) for value in path]
    symmetry = sent.get("symmetry")
    return Stroke(
        tuple(zip(values[::2], values[1::2], strict=True)),
        whole_number(sent.get("brush"), "The brush's width", LEAST_BRUSH, MAX_BRUSH),
        whole_number(sent.get("strength"), "The brush's strength", 0, len(STRENGTHS) - 1),
        symmetry if isinstance(symmetry, str) else "",
        sent.get("erase") is True,
    )


def _footprint(stroke: Stroke) -> np.ndarray:
    """What the brush touches [256, 256], from 0 to 1 at its edge: how many of 4 x 4 places in a pixel are in its reach.

    `ink.js` finds the same places, to the last one: the sums here are made in the same order.
    """
    side, width = LATTICE // FINER, LATTICE * PLACES
    changes = np.zeros(width * (width + 1), dtype=np.int16)  # row by row, 1 where a span begins and -1 after its end
    paths = stroke.copies()
    corners = paths if paths.shape[1] > 1 else paths.repeat(2, axis=1)
    segments = np.stack([corners[:, :-1], corners[:, 1:]], axis=2).reshape(-1, 2, 2)
    for k in range(0, len(segments), AT_ONCE):
        row, first, last = _spans(segments[k : k + AT_ONCE], stroke.brush / 2, width)
        np.add.at(changes, row * (width + 1) + first, np.int16(1))  # of the same type: 25 times faster
        np.add.at(changes, row * (width + 1) + last + 1, np.int16(-1))
    touched = np.cumsum(changes.reshape(width, width + 1), axis=1, dtype=np.int16)[:, :width] > 0
    each = FINER * PLACES
    parts = (touched[i::each, j::each] for i in range(each) for j in range(each))
    return sum(parts, np.zeros((side, side), dtype=np.uint8)) / each**2


def _spans(segments: np.ndarray, radius: float, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The places within a radius of segments [M, 2 ends, 2] -> rows, and the first and the last place in each."""
    (x0, y0), (x1, y1) = segments.transpose(1, 2, 0)
    (x0, x1), (y0, y1) = np.where(y0 <= y1, (x0, x1), (x1, x0)), np.where(y0 <= y1, (y0, y1), (y1, y0))
    above = np.maximum(np.floor((y0 - radius + SHIFT) * PLACES).astype(np.int64), 0)
    count = np.minimum(np.ceil((y1 + radius + SHIFT) * PLACES).astype(np.int64), width - 1) - above + 1
    count = np.maximum(count, 0)  # a copy may lie off the paper
    each = np.repeat(np.arange(len(segments)), count)  # the rows within reach of every segment, one after the other
    row = np.arange(each.size) + (above - np.cumsum(count) + count)[each]
    dx, dy = x1 - x0, y1 - y0
    length = np.sqrt(dx * dx + dy * dy)
    lean = (radius * dx / np.where(length > 0, length, 1.0))[each]
    below, x0, dx, dy = row / PLACES - SHIFT - y0[each], x0[each], dx[each], dy[each]

    def edge(side: int) -> np.ndarray:
        """The left (-1) or right (1) edge of each row: a circle's, about the point that reaches furthest."""
        along = np.clip((below + side * lean) / dy, 0.0, 1.0)
        off = below - along * dy
        return x0 + along * dx + side * np.sqrt(radius * radius - off * off)

    with np.errstate(divide="ignore", invalid="ignore"):  # level segments, rows out of reach
        first, last = np.ceil((edge(-1) + SHIFT) * PLACES), np.floor((edge(1) + SHIFT) * PLACES)
    first, last = np.maximum(first, 0), np.minimum(last, width - 1)
    seen = np.flatnonzero(first <= last)
    return row[seen], first[seen].astype(np.int64), last[seen].astype(np.int64)


# --- as text ---------------------------------------------------------------------------------------------------------
#
# Packed bytes: the version and the number of points; then for each stroke a byte of erase (1 bit), strength (3) and
# symmetry (4), the brush, the number of corners, and every corner's step from the one before. Numbers are of variable
# length, signs folded in.


def encode(drawing: Drawing) -> str:
    """The drawing as text of letters, digits, - and _, to be read by `decode`; as long as it needs to be."""
    content = bytearray([VERSION])
    _write(content, drawing.count)
    for stroke in drawing.strokes:
        symmetry = list(SYMMETRIES).index(stroke.symmetry)
        content.append(stroke.erase << 7 | stroke.strength << 4 | symmetry)
        content.append(stroke.brush)
        _write(content, len(stroke.path))
        before = (0, 0)
        for place in stroke.path:
            for value, last in zip(place, before, strict=True):
                step = value - last
                _write(content, 2 * step if step >= 0 else -2 * step - 1)
            before = place
    return packed.pack(bytes(content))


def decode(text: str) -> Drawing:
    """The drawing behind a text; ValueError for one that is damaged, too long, or of no drawing."""
    content = packed.unpack(text, DAMAGED)
    if content[:1] != bytes([VERSION]):
        raise packed.damaged(DAMAGED)
    try:
        return _unpack(content)
    except IndexError as error:  # it ends too early, or names no symmetry
        raise packed.damaged(DAMAGED) from error


def _unpack(content: bytes) -> Drawing:
    count, at = _read(content, 1)
    strokes: list[Stroke] = []
    while at < len(content):
        kind, brush = content[at], content[at + 1]
        corners, at = _read(content, at + 2)
        if corners > MAX_VERTICES or len(strokes) >= MAX_STROKES:
            raise ValueError("The drawing in this link has more strokes or corners than can be: draw it anew.")
        path, place = [], (0, 0)
        for _ in range(corners):
            x, at = _read(content, at)
            y, at = _read(content, at)
            place = (place[0] + _unfold(x), place[1] + _unfold(y))
            path.append(place)
        symmetry = list(SYMMETRIES)[kind & 15]
        strokes.append(Stroke(tuple(path), brush, kind >> 4 & 7, symmetry, kind > 127))
    return Drawing(tuple(strokes), count)


def _unfold(value: int) -> int:
    return value // 2 if value % 2 == 0 else -(value + 1) // 2


def _write(content: bytearray, value: int) -> None:
    """Seven bits a byte, the lowest first, the highest bit where more follow."""
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    content.append(value)


def _read(content: bytes, at: int) -> tuple[int, int]:
    """The number that begins there -> (it, where the next begins); IndexError past the end."""
    value = shift = 0
    while True:
        byte = content[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128 or shift > 28:
            return value, at


def smiley() -> Drawing:
    """A face, without a word: what the pad shows before anything is drawn on it."""
    middle = LATTICE / 2

    def arc(radius: float, start: float, end: float, corners: int) -> tuple[tuple[int, int], ...]:
        angles = 2 * np.pi * np.linspace(start, end, corners)
        return tuple((round(middle + radius * math.cos(a)), round(middle + radius * math.sin(a))) for a in angles)

    return Drawing(
        (
            Stroke(arc(205, 0, 1, 73), brush=20),
            Stroke(((182, 192), (182, 212)), brush=40, symmetry="left-right"),
            Stroke(arc(120, 0.06, 0.44, 25), brush=20),
        )
    )
