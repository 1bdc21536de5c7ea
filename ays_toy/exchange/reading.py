"""Schedules that somebody brings, read from what other tools write and people paste; `fitting.py` takes it from there.

One reader for pages, links and command line. What can be meant in one way only is read, with a word where that is not
plain to see; what cannot be a schedule is refused in one sentence that says what to change.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ays_toy.checks import QUOTED, quoted
from ays_toy.sampling.schedules import LONGEST

MAX_TEXT = 400_000  # characters; our own JSON of the most steps has 300,000
FEW = 3  # numbers, from which a list can be told to be something else than noise levels
TIMESTEPS = 900, 1000  # where the first of a list of timesteps lies
PLAIN = "give the noise levels alone, from high to low, such as 14.6, 3.9, 0.5, 0.03"

# No two parts of it can take the same digits, or a long word that is no number would take quadratic time.
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", re.ASCII)
_NAME = re.compile(r"""["']?sigmas?["']?\s*[:=]\s*(?=\S)""", re.IGNORECASE)
_SCALAR = re.compile(r"(?:np\.|numpy\.)?float\d+\(([^()]*)\)")
_ARRAY = re.compile(r"(?:\w+\.)?(?:array|tensor)\((\[[^\]]*\])(?:,[^()]*)?\)")
_BRACKETS = {"[": "]", "(": ")"}


@dataclass(frozen=True)
class Brought:
    """What a text holds: levels that descend, above zero but for a final one, and a sentence for each that was done."""

    levels: tuple[float, ...]
    notes: tuple[str, ...] = ()


def read_schedule(text: str | bytes) -> Brought:
    """The schedule in a text: a list with or without brackets, JSON, ComfyUI's numbers, or a table of rows (CSV).

    A final zero is kept, since what it stands for depends on the range (`fit_range`). A list that ascends is turned.
    Raises ValueError, in a sentence that says what to change.
    """
    found = _text(text)
    return _ordered(_of_json(found) if found.startswith("{") else _of_text(found))


def read_link(text: str, most: int) -> tuple[float, ...]:
    """The levels of a schedule, or of a part of one, between commas as links hold them; at most that many."""
    return _ordered(numbers(text, most)).levels


def numbers(text: str, most: int) -> list[float]:
    """Numbers between commas, in any order; ValueError for what is none, and for more than `most`."""
    words = text.split(",")
    if len(words) > most:
        raise ValueError(f"The list has {len(words):,} numbers: give at most {most}.")
    return [_number(word) for word in words]


# --- text ----------------------------------------------------------------------------------------------------------


def _text(data: str | bytes) -> str:
    """As text without a byte-order mark; bytes may be UTF-8, or UTF-16 where a mark says so."""
    if len(data) > MAX_TEXT:
        raise ValueError(f"The text has {len(data):,} characters, where a schedule has some hundreds: {PLAIN}.")
    if isinstance(data, bytes):
        marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            data = data.decode("utf-16" if marked else "utf-8")
        except UnicodeDecodeError:
            data = "\0"
    if "\0" in data:
        raise ValueError("This is not text: give a schedule as text in UTF-8, a list, JSON or CSV.")
    return data.lstrip("\ufeff").strip()


def _number(word: str) -> float:
    if not _NUMBER.fullmatch(word):
        if word.strip(".…") == "" and len(word.replace("…", "...")) >= 3:
            raise ValueError(f"The list is shortened by {quoted(word)}: print it in full.")
        raise ValueError(f"There is {quoted(word)} where a number should be: {PLAIN}.")
    return _finite(float(word))


def _finite(value: float) -> float:
    if np.isinf(value):
        raise ValueError(f"A number is larger than any noise level can be: {PLAIN}.")
    return value


def _of_text(text: str) -> list[float]:
    """The numbers of a list or a table."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or "[" in lines[0] or lines[0].startswith("("):
        return _flat(text)
    lines[0] = lines[0].lstrip("# ")
    mark = next((mark for mark in ";\t," if mark in lines[-1]), None)
    names, *rows = (_cells(line, mark) for line in lines)
    if any(map(str.isalpha, lines[0])) and not any(_is_number(cell) for cell in names):
        table = len(names) > 1 and (len(names) == len(rows[0]) or any(map(_is_sigma, names)))
        return _column(names, rows) if table else _flat("\n".join(lines[1:]))
    if all(len(row) == 2 for row in (names, *rows)) and _counts([names, *rows], 0):
        return [_cell(row[1]) for row in (names, *rows)]
    return _flat("\n".join(lines))


def _cells(line: str, mark: str | None) -> list[str]:
    return line.split() if mark is None else [cell.strip(" \t\"'") for cell in line.split(mark)]


def _is_number(word: str) -> bool:
    return bool(_NUMBER.fullmatch(word) or _DECIMAL_COMMA.fullmatch(word))


def _is_sigma(name: str) -> bool:
    return "sigma" in name.lower() or "σ" in name


def _cell(word: str) -> float:
    return _number(word.replace(",", ".") if _DECIMAL_COMMA.fullmatch(word) else word)


def _counts(rows: Sequence[Sequence[str]], *starts: int) -> bool:
    """Whether the first column only counts the rows, from one of the starts."""
    return any(all(row[0] == f"{k}" for k, row in enumerate(rows, start)) for start in starts)


def _column(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """The column of noise levels: the one so named, or the second of two where the first counts."""
    for k, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(f"Row {k + 2} has {len(row)} columns and row 2 has {len(rows[0])}: mend or remove it.")
    named = [k for k, name in enumerate(names) if _is_sigma(name)]
    if len(named) > 1:
        named = [k for k in named if re.fullmatch("sigmas?|σ", names[k].lower())]
    elif not named and len(rows[0]) == 2 and _counts(rows, 0, 1):
        named = [1]
    if len(named) != 1 or len(names) != len(rows[0]):
        raise ValueError('The table has several columns: keep the one of noise levels, or have it named "sigma".')
    return [_cell(row[named[0]]) for row in rows]


def _flat(text: str) -> list[float]:
    """The numbers of a list, in brackets or not, as Python, NumPy and torch print it, too."""
    text = _SCALAR.sub(r"\1", _NAME.sub("", text, count=1) if _NAME.match(text) else text)
    if array := _ARRAY.fullmatch(text):
        text = array[1]
    if text[:1] in _BRACKETS:
        if text[-1] != _BRACKETS[text[0]]:
            raise ValueError("The list's bracket is not closed: paste the whole list.")
        text = text[1:-1]
    if any(mark in text for mark in "[]()"):
        raise ValueError("There are lists within the list: give one list of noise levels.")
    semicolons = ";" in text or "\t" in text
    words = [word for word in re.split(r"[;\s]+" if semicolons else r"[,\s]+", text) if word]
    return [_cell(word.strip(",") if semicolons else word) for word in words]


# --- JSON ----------------------------------------------------------------------------------------------------------


def _of_json(text: str) -> list[float]:
    """The numbers of an object's "sigmas", followed by zero where its "final_zero" says so."""
    try:
        record = json.loads(text, parse_int=float)
    except (ValueError, RecursionError):
        raise ValueError('This JSON is not whole: give an object with "sigmas", or the list of levels alone.') from None
    if "sigmas" not in record:
        kind = "timesteps" if "timesteps" in record else "something else"
        raise ValueError(f'The JSON has no "sigmas" but {kind}: name the list of noise levels so.')
    values = record["sigmas"]
    if not isinstance(values, list):
        raise ValueError('The "sigmas" of the JSON must be a list of noise levels, from high to low.')
    for value in values:
        if not isinstance(value, float) or np.isnan(value):
            shown = "a list" if isinstance(value, list | dict) else json.dumps(value)
            shown = shown if len(shown) <= QUOTED else f"{shown[:QUOTED]}…"
            raise ValueError(f"There is {shown} among the sigmas where a number should be: {PLAIN}.")
    levels = [_finite(value) for value in values]
    zero = record.get("final_zero", False)
    if not isinstance(zero, bool):
        raise ValueError('The "final_zero" of the JSON must be true or false: whether a zero follows the levels.')
    return [*levels, 0.0] if zero and levels and levels[-1] > 0 else levels


# --- order ---------------------------------------------------------------------------------------------------------


def _ordered(found: list[float]) -> Brought:
    """The levels from high to low; ValueError where they are in neither order, negative, or no noise levels."""
    if not found:
        raise ValueError(f"There is nothing to read: {PLAIN}.")
    if len(found) < 2:
        raise ValueError(f"One number is no schedule: {PLAIN}.")
    if len(found) > LONGEST + 2:
        raise ValueError(f"The list has {len(found):,} numbers: give at most {LONGEST + 1:,} noise levels.")
    negative = next((value for value in found if value < 0), None)
    if negative is not None:
        raise ValueError(f"Noise levels must be above zero: mend or remove {negative:g}.")
    if whole(found) and len(found) >= FEW and TIMESTEPS[0] <= max(found) <= TIMESTEPS[1]:
        raise ValueError(
            f"These look like timesteps, whole numbers from {found[0]:g} to {found[-1]:g}: give the noise levels "
            "(sigmas) that belong to them."
        )
    notes = []
    if found[0] < found[-1]:
        found = found[::-1]
        notes.append("The list went from low to high noise and was turned.")
    for high, low in pairwise(found):
        if high == 0:
            raise ValueError("A zero stands amid the list: only the last level may be zero.")
        if low == high:
            raise ValueError(f"The noise level {low:g} is given twice: remove one of them.")
        if low > high:
            turned = "before" if notes else "after"
            raise ValueError(f"Noise levels must descend, but {low:g} comes {turned} {high:g}: sort them.")
    return Brought(tuple(found), tuple(notes))


def whole(levels: Sequence[float]) -> bool:
    """Whether all are whole numbers, as timesteps are."""
    return all(level == int(level) for level in levels)
