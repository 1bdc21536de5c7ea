"""What a class does: one lesson that all follow, each at their own pace, or each with settings of their own.

A deed is a page's path and a value for one of its widgets, or None to come to the page. Values are what the widgets
show; what a page does not have is passed over.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.visitors import Widget

PATHS = ("explore", "trajectories", "optimize", "beat_ays", "data", "images")
AT = ("solver", "data", "steps", "shown", "power", "model", "metric", "add", "remove", "snap", "New noise")


@dataclass(frozen=True)
class Wish:
    """A page, and what to change on it: nothing, where `key` is empty, but to come there."""

    page: str
    key: str = ""
    value: Any = True


def lesson() -> Iterator[Wish]:
    """The path that a teacher leads a class along, over and over."""
    while True:
        yield from (
            Wish("explore", "steps", 5),
            Wish("explore", "steps", 12),
            Wish("explore", "solver", "DDIM"),
            Wish("explore", "data", "Checkerboard"),
            Wish("explore", "steps", 8),
            Wish("trajectories"),
            Wish("trajectories", "steps", 6),
            Wish("optimize"),
            Wish("optimize", "data", "Two moons"),
            Wish("beat_ays"),
            Wish("beat_ays", "add"),
            Wish("beat_ays", "remove"),
            Wish("images"),
            Wish("images", "steps", 8),
            Wish("explore"),
            Wish("explore", "data", "Grid 8×8"),
            Wish("explore", "solver", "Stochastic-DDIM"),
        )


def wander(chance: random.Random) -> Iterator[Wish]:
    """Settings of one's own: changes on a page, now and then another; values are drawn when they are due."""
    page = "explore"
    while True:
        yield Wish(page)
        for _ in range(chance.randint(3, 6)):
            yield Wish(page, chance.choices(AT, (4, 4, 8, 2, 2, 2, 2, 2, 1, 1, 2))[0], None)
        page = chance.choices(PATHS, (6, 3, 3, 3, 1, 1))[0]


def value_for(one: Widget, chance: random.Random) -> Any:
    """A value of chance for a widget."""
    if one.kind == "slider" and not one.options:
        return chance.choice((4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 25, 30))
    if one.kind == "multiselect":
        return chance.sample(one.options, chance.randint(2, min(4, len(one.options))))
    return chance.choice(one.options) if one.options else True
