"""A figure in numbers, made once it is asked for: for who does not see it, or has no pointer to ask it."""

from collections.abc import Callable, Iterable

import streamlit as st

from ays_toy.ui import terms

LABEL, KEY = "The figure in numbers", "figure in numbers"


@st.fragment
def show(lines: Callable[[], Iterable[str]]) -> None:
    """Offer what a figure shows as lines of words and numbers."""
    box = st.expander(LABEL, icon=":material/format_list_numbered:", key=KEY, on_change="rerun")
    if box.open:
        words = "\n".join(f"- {line}" for line in lines())
        box.markdown(words, help=terms.about(words))
