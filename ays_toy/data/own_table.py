"""A user's text file of columns: how it is written is found, and what cannot be found is a choice with a proposal."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ays_toy.data import delimited
from ays_toy.data.datasets import LARGEST, MAX_POINTS, from_points
from ays_toy.data.texts import decoded

LEAST_POINTS = 10
ROW_BYTES = 200  # two numbers of all their digits, with room for quotes and spaces
MAX_LINE, SHOWN = 4000, 20  # characters of one row that are looked at, and those of a cell that are quoted back
WEIGHTED = 5000  # points that weights are rounded to, unless there are more rows


@dataclass(frozen=True)
class Columns:
    """Which columns are x and y and, if any, the weights of the points; whether the first row names them."""

    x: int = 0
    y: int = 1
    weights: int | None = None
    header: bool = False


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of cells with their numbers in the file; a first row that may be a heading is among them."""

    rows: tuple[tuple[int, tuple[str, ...]], ...]
    separator: str
    header: bool  # whether the first row is taken for a heading
    asks_header: bool  # whether it might be one or not, as the 0, 1 that pandas writes

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.rows[0][1])

    @property
    def asks(self) -> bool:
        """Whether there is anything to choose."""
        return self.width > 2 or self.asks_header

    @property
    def about(self) -> str:
        """How the file was read, in a sentence or two."""
        said = f"{len(self.rows):,} rows of {self.width} columns, {delimited.SEPARATED[self.separator]}."
        whole = self.separator == "," and self.width in (3, 4) and not self._fractions
        return said + (" Should the commas be decimal, save it with semicolons between columns." if whole else "")

    def names(self, header: bool) -> tuple[str, ...]:
        """The columns by the words of the heading, where there is one that tells them apart, else by number."""
        words = [word[:SHOWN] for word in self.rows[0][1]] if header else [""] * self.width
        return tuple(
            word if word and words.count(word) == 1 else f"Column {k}" for k, word in enumerate(words, start=1)
        )

    @cached_property
    def numbers(self) -> np.ndarray:
        """All cells as numbers [rows, columns], NaN where they are none that can be used."""
        values = np.array([[delimited.number(cell) for cell in cells] for _, cells in self.rows], dtype=np.float64)
        return np.where(np.abs(values) <= LARGEST, values, np.nan)

    def numeric(self, header: bool) -> list[int]:
        """The columns that hold numbers in most of their rows."""
        known = np.isfinite(self.numbers[header:])
        return np.flatnonzero(2 * known.sum(axis=0) > len(known)).tolist()

    @property
    def proposed(self) -> Columns:
        """Columns named x and y, else the first two that hold numbers and do not merely count the rows."""
        columns = list(range(self.width)) if self.width == 2 else self.numeric(self.header)
        named = {word.strip().lower(): k for k, word in enumerate(self.rows[0][1])} if self.header else {}
        if named.get("x") in columns and named.get("y") in columns:
            return Columns(named["x"], named["y"], header=self.header)
        places = [k for k in columns if self.width == 2 or not self._counts(k)]
        if len(places) < 2:
            places = columns
        if len(places) < 2:
            raise ValueError(
                f"The file has {self.width} columns, read as {delimited.SEPARATED[self.separator]}, and fewer than two "
                "hold numbers: give two columns of numbers."
            )
        return Columns(places[0], places[1], header=self.header)

    def _counts(self, column: int) -> bool:
        """Whether a column numbers the rows, from 0 or from 1."""
        values = self.numbers[self.header :, column]
        return bool(values[0] in (0, 1) and (np.diff(values) == 1).all())

    @property
    def _fractions(self) -> bool:
        values = self.numbers[self.header :]
        return bool((values[np.isfinite(values)] % 1).any())


def open_table(data: bytes, limit: int = MAX_POINTS) -> Table:
    """A text file of at least two columns, between them commas, semicolons, tabs or spaces.

    Empty rows do not count. Raises ValueError for what is no text, for more than `limit` rows, and naming the row, for
    one that is too long or has another number of columns.
    """
    if len(data) > limit * ROW_BYTES:
        raise ValueError(
            f"The file has {len(data) / 1e6:,.1f} MB, where {limit:,} points take {limit * ROW_BYTES / 1e6:g} at most: "
            f"keep two columns and a random part of at most {limit:,} rows."
        )
    lines = list(delimited.rows_of(_text(data), limit + 2))
    if not lines:
        raise too_few(0)
    for number, line in lines:
        if len(line) > MAX_LINE:
            raise ValueError(f"Row {number} has {len(line):,} characters: give two numbers a row.")
    separator = delimited.separator_of([line for _, line in lines[: delimited.LOOKED_AT]])
    rows = [(number, cells) for number, line in lines if any(cells := delimited.cells(line, separator))]
    if not rows:
        raise too_few(0)
    width = Counter(len(row) for _, row in rows).most_common(1)[0][0]
    if len(rows[0][1]) != width and delimited.is_words(rows[0][1]):
        # R writes no heading over the names of rows; one that was not meant for columns names none of them.
        named = ("", *rows[0][1]) if len(rows[0][1]) == width - 1 > 1 else ("",) * width
        rows[0] = rows[0][0], named
    for number, row in rows:
        if len(row) != width:
            other = f"and most rows {width}: mend or remove it"
            raise _wrong_width(number, len(row), separator, other)
    if width < 2:
        first = rows[min(len(rows) - 1, delimited.is_words(rows[0][1]))][0]
        raise _wrong_width(first, width, separator, "give two numbers")
    header, asks = delimited.heading([row for _, row in rows])
    if len(rows) - (header or asks) > limit:
        raise too_many(limit)
    return Table(tuple(rows), separator, header, asks)


def points(table: Table, columns: Columns | None = None, limit: int = MAX_POINTS) -> np.ndarray:
    """The points [N, 2] that columns of a table are, the proposed ones unless others are chosen.

    With weights, points are repeated as `weighted` does. Raises ValueError naming the row at fault, for fewer than 10
    points, more than `limit`, and where all are equal.
    """
    chosen = columns or table.proposed
    for column in (chosen.x, chosen.y, chosen.weights or 0):
        if not 0 <= column < table.width:
            raise ValueError(f"There is no column {column + 1} among {table.width}: choose another.")
    if chosen.x == chosen.y:
        raise ValueError("One column cannot be x and y at once: choose two.")
    array = _values(table, [chosen.x, chosen.y], chosen.header)
    if len(array) > limit:
        raise too_many(limit)
    if len(array) < LEAST_POINTS:
        raise too_few(len(array))
    if chosen.weights is not None:
        array = weighted(array, _values(table, [chosen.weights], chosen.header)[:, 0], limit)
    from_points(array)  # refuses points that are all equal
    return array


def weighted(array: np.ndarray, weights: np.ndarray, limit: int) -> np.ndarray:
    """Points [M, 2], each of those [N, 2] as often as its weight says, up to one.

    Whole weights that add up to no more than `limit` are met exactly; M is 5,000 otherwise, or N where it is more.
    Raises ValueError for weights below 0, or all of them 0.
    """
    if weights.min() < 0 or not weights.max() > 0:
        raise ValueError("Weights must be 0 or more, and some above 0: choose another column for them, or none.")
    exact = not (weights % 1).any() and LEAST_POINTS <= weights.sum() <= limit
    count = int(weights.sum()) if exact else max(min(WEIGHTED, limit), len(array))
    edges = np.cumsum(weights / weights.max())
    edges *= count / edges[-1]
    which = np.searchsorted(edges, np.arange(count) + 0.5)  # one point falls into each part of the weight
    return array[np.minimum(which, np.flatnonzero(weights)[-1])]


def too_few(count: int) -> ValueError:
    """What to say of too few points."""
    return ValueError(f"At least {LEAST_POINTS} points are needed and the file has {count}: add rows.")


def too_many(limit: int) -> ValueError:
    """What to say of too many points."""
    return ValueError(f"At most {limit:,} points can be used and the file has more: keep a random part of its rows.")


def _text(data: bytes) -> str:
    try:
        return decoded(data)
    except UnicodeError:
        raise ValueError("The file is not text in UTF-8: save it as CSV (UTF-8), two columns of numbers.") from None


def _wrong_width(number: int, width: int, separator: str, otherwise: str) -> ValueError:
    columns = f"{width} column{'s' * (width != 1)}"
    joint = " " if otherwise.startswith("and") else ": "
    return ValueError(f"Row {number} has {columns}, read as {delimited.SEPARATED[separator]}{joint}{otherwise}.")


def _values(table: Table, columns: list[int], header: bool) -> np.ndarray:
    """The numbers in columns [N, columns]; ValueError naming the first row that holds something else."""
    found = table.numbers[int(header) :][:, columns]
    wrong = np.argwhere(~np.isfinite(found))
    if wrong.size:
        row, place = wrong[0]
        number, row_cells = table.rows[int(header) + row]
        cell = row_cells[columns[place]]
        shown = repr(cell) if len(cell) <= SHOWN else repr(f"{cell[:SHOWN]}…")
        raise ValueError(
            f"Row {number} holds {shown} where a number of at most {LARGEST:g} is needed: mend or remove the row."
        )
    return found
