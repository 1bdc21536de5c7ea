"""Rows of text as cells: what separates them, which of them are numbers, and whether the first row is a heading."""

import csv
import io
from collections.abc import Iterator

import numpy as np

LOOKED_AT = 20  # rows by which the separator is found
SEPARATED = {
    mark: f"separated by {name}"
    for mark, name in {";": "semicolons", "\t": "tabs", ",": "commas", " ": "spaces"}.items()
}


def rows_of(text: str, most: int) -> Iterator[tuple[int, str]]:
    """The first rows that are not empty, with their numbers in the file, counted from 1."""
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        if line.strip():
            yield number, line.strip("\n ")
            most -= 1
            if not most:
                return


def cells(line: str, separator: str) -> tuple[str, ...]:
    """The cells of a row; without the # that makes a heading a comment."""
    line = line.lstrip("# ") if line.startswith("#") else line
    if separator == " " and '"' not in line:
        return tuple(line.split())
    (found,) = csv.reader([line], delimiter=separator, skipinitialspace=True)
    return tuple(cell.strip() for cell in found)


def separator_of(lines: list[str]) -> str:
    """What leaves the largest share of cells that are numbers, and else what is there at all."""
    found = {mark: [cells(line, mark) for line in lines] for mark in ";\t, "}
    shares = {mark: float(np.mean([_share(row) for row in rows])) for mark, rows in found.items()}
    best = max(shares, key=lambda mark: shares[mark])
    return best if shares[best] > 0 else next((mark for mark in ";\t," if mark in lines[-1]), " ")


def _share(row: tuple[str, ...]) -> float:
    return sum(map(_reads, row)) / len(row) if len(row) > 1 else 0.0


def number(cell: str) -> float:
    """A cell's number, NaN where it is none; a comma that is left within a cell is decimal."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return np.nan


def _reads(cell: str) -> bool:
    """Whether a cell is written as a number is, NaN among them."""
    return not np.isnan(number(cell)) or cell.lower().lstrip("+-") == "nan"


def is_words(row: tuple[str, ...]) -> bool:
    """Whether a row is of words: of letters, and of nothing that is a number."""
    return any(map(str.isalpha, "".join(row))) and not any(map(_reads, row))


def heading(rows: list[tuple[str, ...]]) -> tuple[bool, bool]:
    """Whether the first row is a heading, and whether that should be asked.

    Words are. Whole numbers in a row are how pandas names columns, and may be the first point all the same: that is
    asked. So is a row of words and numbers, which is like the others where rows carry a label.
    """
    first = rows[0]
    words = [cell for cell in first if not _reads(cell)]
    whole = [int(cell) for cell in first if cell.isascii() and cell.isdigit()]
    runs = len(whole) > 1 and len(whole) + len(words) == len(first) and {*np.diff(whole).tolist()} == {1}
    if not any(first) or is_words(first) or (runs and words == [first[0]] == [""]):  # the last with pandas' own index
        return True, False
    if runs and whole[0] == 0:
        return True, True
    if len(first) > 2 and words:
        return runs, True
    return False, runs and not all(cell.isdigit() for row in rows[1:] for cell in row)
