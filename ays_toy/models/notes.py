"""What may be noted about a saved file, kind by kind: checked where it is read, so that who shows it can trust it."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ays_toy.checks import quoted, real_number, whole_number

LONGEST = 10_000  # characters; the longest is the name of data that a drawing is
Check = Callable[[Any, str], Any]


def _text(value: Any, what: str) -> None:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"{what} must be text of at most {LONGEST:,} characters, not {quoted(value)}.")
    value.encode()  # half of a surrogate pair, which JSON lets pass, can be sent to no browser


def _count(value: Any, what: str) -> None:
    _number(value, what)
    whole_number(value, what, 0, 10**12)


def _number(value: Any, what: str) -> None:
    if type(value) not in (int, float):
        raise ValueError(f"{what} must be a number, not {quoted(value)}.")
    if value == value:  # NaN is what was never measured
        real_number(value, what, -1e300, 1e300)


MODEL: Mapping[str, Check] = {"data": _text, "excess": _number, "step": _count}
POINTS: Mapping[str, Check] = {"points": _count, "title": _text, "source": _text}


def check_notes(about: Mapping[str, Any], kind: Mapping[str, Check]) -> None:
    """Raise ValueError for a note that cannot be right; any may be missing, and those of other names are not judged."""
    for name, value in about.items():
        if name in kind:
            kind[name](value, f"The note {name!r}")


def check_types(config: Any) -> None:
    """Raise ValueError unless a configuration's numbers are of the types that it declares, as those of JSON may not be.

    16.0 equals 16, and yet no layer can be so wide.
    """
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            check_types(value)
        elif type(value) is not field.type and not (field.type is float and type(value) is int):
            raise ValueError(f"{field.name} must be {field.type}, not {quoted(value)}.")
