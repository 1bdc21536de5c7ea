"""What a user can get wrong, checked once and answered in one sentence that says what to change."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

SIGMA_MIN, SIGMA_MAX = 0.002, 80.0  # EDM's range, for data of standard deviation 0.5
SIGMA_DATA = 0.5
QUOTED = 60  # characters of a wrong value that are quoted back

T = TypeVar("T")


def quoted(value: Any) -> str:
    """A wrong value as a sentence shows it: no longer than a line."""
    text = repr(value)
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"


def expanded(path: str | Path) -> Path:
    """Return a path with its ~ resolved; ValueError where there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = Path(path).parts[0]
        raise ValueError(f"There is no user whose folder {quoted(user)} would be: give the whole path.") from None


def is_folder(path: Path) -> bool:
    """Whether there is a folder at a path that may be too long, unreadable, or none at all."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """The same of a file."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def lookup(registry: Mapping[str, T], name: str, what: str) -> T:
    """Return `registry[name]`; ValueError listing the known names otherwise."""
    try:
        return registry[name]
    except (KeyError, TypeError):
        raise ValueError(f"Unknown {what} {quoted(name)}: choose one of {', '.join(registry)}.") from None


def whole_number(value: Any, what: str, low: int, high: int | None = None) -> int:
    """Return `value` as an int in [low, high]; ValueError otherwise."""
    bound = f"a whole number of at least {low}" if high is None else f"a whole number from {low} to {high}"
    try:
        number = int(value)
        exact = number == value and not isinstance(value, bool)
    except (TypeError, ValueError, OverflowError):
        exact = False
    if not exact or number < low or (high is not None and number > high):
        raise ValueError(f"{what} must be {bound}, not {quoted(value)}.")
    return number


def real_number(value: Any, what: str, low: float, high: float) -> float:
    """Return `value` as a finite float in [low, high]; ValueError otherwise."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = np.nan
    if not low <= number <= high:  # NaN fails every comparison
        raise ValueError(f"{what} must be a number from {low:g} to {high:g}, not {quoted(value)}.")
    return number


def positive(value: Any, what: str) -> float:
    """Return `value` as a finite float above zero; ValueError otherwise."""
    return real_number(value, what, np.nextafter(0.0, 1.0), np.finfo(np.float64).max)


def sigma_range(sigma_min: Any, sigma_max: Any) -> tuple[float, float]:
    """Return the range as floats; ValueError unless 0 < sigma_min < sigma_max, both finite."""
    low, high = positive(sigma_min, "sigma_min"), positive(sigma_max, "sigma_max")
    if low >= high:
        raise ValueError(f"sigma_min ({low:g}) must be below sigma_max ({high:g}): swap or separate the two.")
    return low, high


def points(values: Any, what: str = "data", least: int = 1) -> np.ndarray:
    """Return `values` as a finite float64 array [N, 2] with N >= least; ValueError otherwise."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"The {what} must be numbers: two columns, one point a row.") from None
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"The {what} must have two columns, one point a row; its shape is {array.shape}.")
    if len(array) < least:
        raise ValueError(f"The {what} must have at least {least} points; it has {len(array)}.")
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if bad.size:
        raise ValueError(f"The {what} must be finite: remove or mend row {bad[0] + 1} (the first of {bad.size}).")
    return array
