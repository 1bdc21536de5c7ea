"""Samples that are still to come: after a moment a page is shown without them, and it runs once more when they have.

All else on the page, levels, prices and controls, is there meanwhile, however busy the server is.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import streamlit as st

from ays_toy.estimates import Measured
from ays_toy.ui import compute, running
from ays_toy.ui.background import POLL
from ays_toy.ui.lessons import course

COVERED = 0.5  # seconds that a page waits for pictures where the browser shows its own meanwhile
LOOK = 1.5  # seconds between looks at what is to come, on a busy server: each takes it some milliseconds
BARE: float = 1.5  # and where it has none: an idle server has made most by then


def after_a_moment(wanted: "Iterable[Future[Any]]", covered: bool = False) -> "list[Future[Any]]":
    """Which of these have not come after a moment; a lesson, which asks about them, waits for as long as it takes.

    Nobody waits in vain for what a busy server will not have in a moment.
    `covered` says whether the browser has pictures of its own for meanwhile.
    """
    every = list(wanted)
    moment = 0.0 if compute.busy() else COVERED if covered else BARE
    compute.come(every, math.inf if course.at_step() else moment)
    return [one for one in every if not one.done()]


def unmeasured(rows: Mapping[str, Measured], outcomes: compute.Outcomes) -> "list[Future[Any]]":
    """What rows of a table still wait for."""
    return [outcome for name, outcome in outcomes.items() if not rows[name].metrics]


def follow(
    missing: "Sequence[Future[Any]]", rest: "Iterable[Future[Any]]" = (), besides: Callable[[], bool] | None = None
) -> None:
    """Run the page once more when all have come that were `missing` for its pictures, or else all of the rest.

    Those may have come since the page went on without them: they are looked at again all the same. It runs again as
    well where what it waits for `besides` says so.
    """
    awaited = list(missing or rest)

    def more() -> bool:
        return bool(awaited and all(one.done() for one in awaited)) or bool(besides and besides())

    with st.container(key="coming"):
        every = LOOK if compute.busy() else POLL
        running.follow(partial(_mark, bool(missing)), more, False, bool(awaited or besides), every)


def _mark(to_come: bool) -> None:
    """Say in the part that looks for them that pictures are to come, for who wants to know whether the page is at rest.

    Streamlit takes it away when a run ends. A look that reaches the server just as the page's own run ends makes it
    drop the news of that end; but then the look has an end of its own, which takes away what was drawn there.
    """
    if to_come:
        st.container(key="to_come").space(1)
