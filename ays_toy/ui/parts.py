"""Parts of a page that run by themselves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

P = ParamSpec("P")


@contextmanager
def _sent_whole() -> Iterator[None]:
    """What is drawn here is sent, and not the word that the browser has it since an earlier run.

    Where a part runs again before its last run was sent, Streamlit drops that run, but for such words: they do not say
    of which part they are. They then lead to places that were never made, and the page stops for good.
    """
    context = get_script_run_ctx()
    if context is None:
        yield
        return
    known, context.cached_message_hashes = context.cached_message_hashes, frozenset()
    try:
        yield
    finally:
        context.cached_message_hashes = known


def part(
    draw: Callable[P, None], *, every: float | None = None, then: Callable[[], None] = lambda: None
) -> Callable[P, None]:
    """A part of the page that runs without the rest, every so many seconds or when something in it is used.

    What asks for the whole page anew is done `then`, or all of that would be sent whole as well.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        with _sent_whole():
            draw(*args, **kwargs)
        then()

    return st.fragment(drawn, run_every=every)
