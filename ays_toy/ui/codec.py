"""State in the URL: a frozen dataclass to query parameters and back, every value checked on its way in.

Each field of a state class is made by `param`, which knows how to read it. A page joins by declaring such a class.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from ays_toy import checks

S = TypeVar("S")
N = TypeVar("N", int, float)
MAX_DIGITS = 20  # of a whole number
NONE = "none"  # an empty choice; an empty parameter would not survive in a link
MAX_LENGTH = 1600  # of one parameter; nothing we write is longer, drawings included


class Partly(ValueError):
    """Says what of a value was not usable; the rest of it is, and is taken."""

    def __init__(self, words: str, value: Any) -> None:
        super().__init__(words)
        self.value = value


def param(default: Any, read: Callable[[str], Any]) -> Any:
    """A dataclass field whose value `read` makes from its text, or raises ValueError saying what to change."""
    return dataclasses.field(default=default, metadata={"read": read})


def to_query(state: Any, besides: Collection[str] = ()) -> dict[str, str]:
    """The fields that differ from their defaults, as text: short links, and defaults may improve later.

    Those named `besides` are there at their defaults too.
    """
    changed = {}
    for field in dataclasses.fields(state):
        value = getattr(state, field.name)
        if value != field.default or (field.name in besides and value is not None):
            changed[field.name] = ",".join(map(_text, value)) or NONE if isinstance(value, tuple) else f"{value}"
    return changed


def _text(part: str | float) -> str:
    if isinstance(part, str):
        return part
    short = f"{part:g}"
    return short if float(short) == part else repr(part)


def from_query(cls: type[S], query: Mapping[str, str], whose: str = "The link's ") -> tuple[S, list[str]]:
    """Read a state from query parameters -> (state, one sentence for every value that was not usable).

    A value that is missing, or refused, leaves its field at the default and the others as they are. Parameters that
    are no field of the class are left to other pages.
    """
    values: dict[str, Any] = {}
    problems = []
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        text = query.get(field.name)
        if text is None:
            continue
        try:
            if len(text) > MAX_LENGTH:
                raise ValueError(f"it has {len(text):,} characters, where at most {MAX_LENGTH:,} make sense.")
            values[field.name] = field.metadata["read"](text)
        except Partly as error:
            values[field.name] = error.value
            problems.append(f"{whose}“{field.name}” was taken in part: {error}")
        except ValueError as error:
            problems.append(f"{whose}“{field.name}” was left at its default: {error}")
    return cls(**values), problems


def choice(options: Mapping[str, Any], what: str) -> Callable[[str], str]:
    """Read one of the options' names."""

    def read(text: str) -> str:
        checks.lookup(options, text, what)
        return text

    return read


def checked(check: Callable[[str], Any]) -> Callable[[str], str]:
    """Read a text that the library's own check accepts; for names that are not all known beforehand."""

    def read(text: str) -> str:
        check(text)
        return text

    return read


def choices(options: Mapping[str, Any], what: str, most: int) -> Callable[[str], tuple[str, ...]]:
    """Read up to `most` different option names, separated by commas."""
    one = choice(options, what)

    def read(text: str) -> tuple[str, ...]:
        names = () if text == NONE else tuple(dict.fromkeys(one(part) for part in text.split(",")))
        if len(names) > most:
            raise ValueError(f"Choose at most {most} of {what}, not {len(names)}.")
        return names

    return read


def whole(what: str, low: int, high: int) -> Callable[[str], int]:
    """Read a whole number in [low, high]."""

    def read(text: str) -> int:
        try:
            if len(text) > MAX_DIGITS:
                raise ValueError
            number = int(text)
        except ValueError:
            shown = text if len(text) <= MAX_DIGITS else f"{text[:MAX_DIGITS]}…"
            raise ValueError(f"{what} must be a whole number from {low} to {high}, not {shown!r}.") from None
        return checks.whole_number(number, what, low, high)

    return read


def one_of(values: tuple[N, ...], what: str) -> Callable[[str], N]:
    """Read a number that is among the values; it comes back as the type it has there."""

    def read(text: str) -> N:
        number = checks.real_number(text, what, min(values), max(values))
        if number not in values:
            raise ValueError(f"{what} must be one of {', '.join(f'{v:g}' for v in values)}, not {checks.quoted(text)}.")
        return next(value for value in values if value == number)

    return read


def number(what: str, low: float, high: float) -> Callable[[str], float]:
    """Read a number in [low, high]."""
    return lambda text: checks.real_number(text, what, low, high)
