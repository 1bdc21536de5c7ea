"""A user's own points: from a text file of two columns, every fault told by its row, and as text that a link holds."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from ays_toy import packed
from ays_toy.datasets import LARGEST, MAX_POINTS, from_points

LEAST_POINTS = 10
ROW_BYTES = 200  # two numbers of all their digits, with room for quotes and spaces
MAX_LINE, SHOWN = 1000, 20  # characters of one row that are looked at, and those of them that are quoted back
LATTICE = 65_535  # to which the longer side of the points' box is divided in a link
VERSION = 1
DAMAGED = "The points in this link are"
NAMES = {";": "semicolons", "\t": "tabs", ",": "commas", " ": "spaces"}


def read_csv(data: bytes, limit: int = MAX_POINTS) -> np.ndarray:
    """Points [N, 2] from UTF-8 text: two numbers a row, between them a comma, semicolon, tab or spaces.

    A first row of words is a header; empty rows do not count. Where commas do not separate, they are decimal.
    Raises ValueError naming the row at fault, and for fewer than 10 points, more than `limit`, or all of them equal.
    """
    if len(data) > limit * ROW_BYTES:
        raise ValueError(
            f"The file has {len(data) / 1e6:,.1f} MB, where {limit:,} points take {limit * ROW_BYTES / 1e6:g} at most: "
            f"keep two columns and a random part of at most {limit:,} rows."
        )
    lines = list(_lines(_text(data), limit + 2))
    separator = _separator([line for _, line in lines[:2]])
    points = []
    for index, (number, line) in enumerate(lines):
        cells = _cells(number, line, separator)
        if index == 0 and any(map(str.isalpha, line)) and all(_number(cell) is None for cell in cells):
            continue
        points.append(_point(number, cells, separator))
    if len(points) > limit:
        raise ValueError(f"At most {limit:,} points can be used and the file has more: keep a random part of its rows.")
    if len(points) < LEAST_POINTS:
        raise ValueError(f"At least {LEAST_POINTS} points are needed and the file has {len(points)}: add rows.")
    array = np.array(points)
    from_points(array)  # refuses points that are all equal
    return array


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError("The file is not text in UTF-8: save it as CSV (UTF-8), two columns of numbers.")
    return text


def _lines(text: str, most: int) -> Iterator[tuple[int, str]]:
    """The first rows that are not empty, with their numbers in the file, counted from 1."""
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        if line.strip():
            yield number, line.strip("\n ")
            most -= 1
            if not most:
                return


def _separator(lines: list[str]) -> str:
    """What separates the columns in the last of the first two rows, the first of which may be a header."""
    return next((mark for mark in ";\t," if lines and mark in lines[-1]), " ")


def _cells(number: int, line: str, separator: str) -> list[str]:
    if len(line) > MAX_LINE:
        raise ValueError(f"Row {number} has {len(line):,} characters: give two numbers a row.")
    if separator == " ":
        return line.split()
    (cells,) = csv.reader([line], delimiter=separator, skipinitialspace=True)
    return [cell.strip() for cell in cells]


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "."))  # a comma that is left within a cell
    except ValueError:
        return None


def _point(number: int, cells: list[str], separator: str) -> list[float]:
    if len(cells) != 2:
        columns = f"{len(cells)} column{'s' * (len(cells) != 1)}"
        raise ValueError(f"Row {number} has {columns}, read as separated by {NAMES[separator]}: give two numbers.")
    point = []
    for cell in cells:
        value = _number(cell)
        if value is None or not abs(value) <= LARGEST:  # NaN fails every comparison
            shown = cell if len(cell) <= SHOWN else f"{cell[:SHOWN]}…"
            raise ValueError(
                f"Row {number} holds {shown!r} where a number of at most {LARGEST:g} is needed: mend or remove the row."
            )
        point.append(value)
    return point


# --- as text ---------------------------------------------------------------------------------------------------------
#
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
